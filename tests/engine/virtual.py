"""A loop whose time jumps to the next timer when nothing is left to do: hours pass in a moment, exactly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, insert

from bot.health import Health
from bot.messengers.contract import Pacing
from bot.patience import Committer
from domain.events import Event, Ignored
from domain.policy import Capabilities
from domain.requests import Outcome, Send, Sent
from storage.database import Database, DatabaseBusy
from storage.schema import chats
from tests.databases import fresh

T = TypeVar("T")

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Never waits. A test in which nothing will ever happen again fails instead of hanging."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual_time = 1000.0
        selector = self._selector  # type: ignore[attr-defined]
        waiting = selector.select

        def select(timeout: float | None = None) -> Any:
            if timeout is None:
                raise AssertionError("everybody waits for something that never comes")
            self._virtual_time += max(timeout, 0.0)
            return waiting(0)

        selector.select = select

    def time(self) -> float:
        return self._virtual_time


class _Running:
    """The loop of the test, for units that a database runs in a thread of its own."""

    loop: VirtualLoop


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a virtual loop."""
    random.seed(7)  # the jitter of retries
    loop = _Running.loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        while tasks := asyncio.all_tasks(loop):
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.close()


def clock() -> datetime:
    """The wall clock that belongs to the running virtual loop."""
    return START + timedelta(seconds=now())


def now() -> float:
    """Seconds since the test began."""
    return _Running.loop.time() - 1000.0


class InlineDatabase(Database):
    """Runs units in the caller, after a moment; `busy` tells which of them fail to commit.

    Like the real one it keeps the order in which it is asked: timers of the very same moment would not.
    """

    def __init__(self, busy: Callable[[], bool] = lambda: False, takes: float = 0.001) -> None:
        self._busy = busy
        self._takes = takes
        self._units = fresh()
        self._units.run(_make_chats)
        self.units = 0
        self._asked = 0

    async def run(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self._asked += 1
        takes = self._takes + self._asked * 1e-9
        await asyncio.sleep(takes)
        if self._busy():
            raise DatabaseBusy("no room")
        self.units += 1
        result = self._units.run(lambda conn: fn(conn, *args, **kwargs))
        await asyncio.sleep(takes)  # committed, and on its way back
        return result

    async def close(self) -> None:
        self._units.close()


def _make_chats(conn: Connection) -> None:
    conn.execute(insert(chats), [{"id": number, "native": str(number)} for number in range(200)])


def committer(db: Database, health: Health) -> Committer:
    return Committer(db, health)


class FakeMessenger:
    """Sends what it is told with the outcome that `outcome` gives, after `takes` seconds."""

    name = "fake"
    account = "1"

    def __init__(self, pacing: Pacing | None = None, takes: float = 0.05) -> None:
        self.pacing = pacing or Pacing()
        self.capabilities = Capabilities(max_text=4096, max_caption=1024)
        self.takes: Callable[[Send], float] = lambda _: takes
        self.outcome: Callable[[Send], Outcome] = lambda _: Sent(("1",))
        self.settled: float | None = 0.0
        self.in_flight: set[tuple[str, str | None]] = set()
        self.looked_up: list[Event] = []

    async def connect(self) -> None: ...

    async def receive(self, accept: Any) -> None: ...

    def convert(self, payload: Any) -> Event:
        return Ignored(str(payload))

    async def lookup(self, event: Event) -> Event:
        return event

    async def send(self, request: Send) -> Outcome:
        place = (request.chat, request.thread)
        assert place not in self.in_flight, "two requests of one place at once"
        self.in_flight.add(place)
        try:
            await asyncio.sleep(self.takes(request))
            return self.outcome(request)
        finally:
            self.in_flight.discard(place)

    async def close(self) -> None: ...

    @property
    def settled_at(self) -> float | None:
        return self.settled
