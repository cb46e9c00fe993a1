"""Customers and desks of every messenger, as a soak needs them: what they write, where, and what they see of the bot."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import Program


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot where it is looked for."""

    text: str
    thread: str | None = None
    card: bool = False


class Customer(Protocol):
    """One customer."""

    edits: bool

    async def writes(self, text: str, *, file: bool = False) -> str:
        """Gives what names the message."""

    async def changes(self, ref: str, text: str) -> None: ...

    async def sees(self) -> list[Seen]: ...


class Desk(Protocol):
    """One desk with its agents."""

    messenger: str

    async def writes(self, thread: str, text: str, *, file: bool = False) -> str: ...

    async def changes(self, ref: str, text: str) -> None: ...

    async def sees(self) -> list[Seen]: ...

    def threads(self) -> Iterable[str]: ...


class TelegramCustomer:
    edits = True

    def __init__(self, fake: TelegramFake, name: str) -> None:
        self.fake, self.me = fake, fake.people.user(name)

    async def writes(self, text: str, *, file: bool = False) -> str:
        if file:
            return str(self.fake.people.sends(self.me, "document", caption=text, content=text, name="a.txt"))
        return str(self.fake.people.writes(self.me, text))

    async def changes(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.me, int(ref), text)

    async def sees(self) -> list[Seen]:
        return [Seen(m.text) for m in self.fake.control.shows(self.me) if m.by_bot]


class SlackCustomer:
    edits = True

    def __init__(self, fake: SlackFake, name: str) -> None:
        self.fake, self.me = fake, fake.people.user(name)

    async def writes(self, text: str, *, file: bool = False) -> str:
        if file:
            return self.fake.people.sends(self.me, [("a.txt", text.encode(), "text/plain")], text)
        return self.fake.people.writes(self.me, text)

    async def changes(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.me, ref, text)

    async def sees(self) -> list[Seen]:
        return [Seen(m.text) for m in self.fake.people.of_app(self.me)]


class WebCustomer:
    """A browser: what it writes waits in it, in order and each under a key of its own, until the program took it."""

    edits = False

    def __init__(self, program: Program, name: str) -> None:
        self.program, self.name = program, name
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.waiting: list[tuple[str, str]] = []
        self.written = 0
        self.task: asyncio.Task[None] | None = None

    async def writes(self, text: str, *, file: bool = False) -> str:
        self.written += 1
        self.waiting.append((f"key-{self.name}-{self.written:06}", text))
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._post())
        return ""

    async def changes(self, ref: str, text: str) -> None:
        raise NotImplementedError

    async def _post(self) -> None:
        while self.waiting:
            key, text = self.waiting[0]
            taken = False
            with contextlib.suppress(aiohttp.ClientError, OSError, AssertionError, TimeoutError):
                async with self.session.get(f"{self.program.url}/"):
                    pass  # who they are is known from then on
                headers = {"Origin": self.program.url}
                url = f"{self.program.url}/web/c/messages"
                async with self.session.post(url, json={"key": key, "text": text}, headers=headers) as answer:
                    taken = answer.status == 200
            if taken:
                self.waiting.pop(0)
            else:
                await asyncio.sleep(0.2)  # a browser tries again

    async def sees(self) -> list[Seen]:
        found: list[Seen] = []
        before = ""
        while True:
            url = f"{self.program.url}/web/c/messages{before}"
            async with self.session.get(url) as answer:
                assert answer.status == 200, answer.status
                page: Any = await answer.json()
            found = [Seen(m["text"]) for m in page["messages"] if not m["by"] and "text" in m] + found
            if not page["more"]:
                return found
            before = f"?before={page['messages'][0]['id']}"

    async def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
        await self.session.close()


class TelegramDesk:
    messenger = "telegram"

    def __init__(self, fake: TelegramFake) -> None:
        self.fake, self.agent = fake, fake.people.user("Ivan")
        self.chat = fake.people.group("Desk", [self.agent], forum=True)

    async def writes(self, thread: str, text: str, *, file: bool = False) -> str:
        people, topic = self.fake.people, int(thread)
        if file:
            given = {"caption": text, "content": text, "name": "b.txt"}
            return str(people.sends(self.agent, "document", self.chat, topic, **given))  # type: ignore[arg-type]
        return str(people.writes(self.agent, text, chat=self.chat, thread=topic))

    async def changes(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.agent, int(ref), text, chat=self.chat)

    async def sees(self) -> list[Seen]:
        shown = [m for m in self.fake.control.shows(self.chat) if m.by_bot]
        return [Seen(m.text, str(m.thread), bool(m.buttons)) for m in shown]

    def threads(self) -> Iterable[str]:
        return (str(topic["id"]) for topic in self.fake.control.topics(self.chat))


class SlackDesk:
    messenger = "slack"

    def __init__(self, fake: SlackFake) -> None:
        self.fake, self.agent = fake, fake.people.user("Olga")
        self.chat = fake.people.channel("bugs", [self.agent])

    async def writes(self, thread: str, text: str, *, file: bool = False) -> str:
        if file:
            files = [("b.txt", text.encode(), "text/plain")]
            return self.fake.people.sends(self.agent, files, text, self.chat, thread_ts=thread)
        return self.fake.people.writes(self.agent, text, self.chat, thread)

    async def changes(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.agent, ref, text, self.chat)

    async def sees(self) -> list[Seen]:
        shown = self.fake.people.of_app(self.chat)
        return [Seen(m.text, m.thread or m.ts, bool(m.buttons)) for m in shown]

    def threads(self) -> Iterable[str]:
        return (m.ts for m in self.fake.people.of_app(self.chat) if m.thread is None)
