"""The other side of the benchmark: a Bot API server with customers in it, in a process of its own.

Reads one JSON command a line, answers one JSON line. Time is taken here alone: from the moment a customer's message
is there for the bot to fetch until the request arrives that puts it into the desk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from bot.messengers.telegram.library import api
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram_requests import Call

PATIENCE = 60.0


class TimedFake(TelegramFake):
    """Notes when each customer's message is put into the desk."""

    def __init__(self, port: int) -> None:
        super().__init__(port=port)
        self.arrived: dict[tuple[int, int], float] = {}
        self.texts: dict[str, tuple[int, int]] = {}
        self.expected = 0
        self.done = asyncio.Event()

    async def _perform(self, call: Call) -> Any:
        keys: list[tuple[int, int]] = []
        method = call.method
        if isinstance(method, api.CopyMessage):
            keys = [(int(method.from_chat_id), method.message_id)]
        elif isinstance(method, api.SendMessage):  # joined or re-sent: known by its lines
            keys = [self.texts[line] for line in method.text.splitlines() if line in self.texts]
        now = time.perf_counter()
        for key in keys:
            self.arrived.setdefault(key, now)
        if keys and len(self.arrived) >= self.expected:
            self.done.set()
        return await super()._perform(call)

    def forget(self) -> None:
        """Begin a new round."""
        self.arrived.clear()
        self.texts.clear()
        self.done.clear()
        self.control.log.clear()

    def write(self, customer: int, text: str) -> tuple[int, int]:
        """A customer writes; what it is known by."""
        key = (customer, self.people.writes(customer, text))
        self.texts[text] = key
        return key


class Rounds:
    """What the benchmark asks for."""

    def __init__(self, fake: TimedFake, customers: int) -> None:
        self.fake = fake
        staff = fake.people.user("Ivan")
        self.desk = fake.people.group("Desk", [staff], forum=True)
        self.customers = [fake.people.user(f"Customer {n}") for n in range(customers)]
        self._number = 0

    def _text(self) -> str:
        self._number += 1
        return f"message {self._number}: what a customer may write, of an ordinary length"

    async def burst(self, count: int) -> dict[str, Any]:
        """Everybody writes at once, in turns; how long until all of it is in the desk."""
        fake = self.fake
        fake.forget()
        fake.expected = count
        started = time.perf_counter()
        for n in range(count):
            fake.write(self.customers[n % len(self.customers)], self._text())
            if n % 20 == 19:
                await asyncio.sleep(0)
        await self._all()
        ended = max(fake.arrived.values())
        return {"seconds": ended - started, "arrived": len(fake.arrived)}

    async def singly(self, count: int) -> dict[str, Any]:
        """One message at a time; how long each takes."""
        fake, taken = self.fake, []
        for n in range(count):
            fake.forget()
            fake.expected = 1
            started = time.perf_counter()
            key = fake.write(self.customers[n % len(self.customers)], self._text())
            await self._all()
            taken.append(fake.arrived[key] - started)
            await asyncio.sleep(0.003)  # let the bot finish what follows, and poll again
        return {"taken": taken}

    async def _all(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.fake.done.wait()


async def main(customers: int) -> None:
    """Serve until stdin ends."""
    async with TimedFake(0) as fake:
        rounds = Rounds(fake, customers)
        said: dict[str, Any] = {"url": fake.url, "token": fake.token, "desk": rounds.desk}
        said["customers"] = rounds.customers
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while True:
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
            line = await reader.readline()
            if not line:
                return
            name, count = json.loads(line)
            said = await getattr(rounds, name)(count)


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("--customers", type=int, default=50)
    asyncio.run(main(given.parse_args().customers))
