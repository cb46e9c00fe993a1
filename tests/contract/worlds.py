"""The worlds in which the contract is tried: each messenger with people around it who write, look and press.

A world speaks the test's language; how its platform does things stays inside it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bot.messengers.contract import FileRefused
from bot.messengers.slack.messenger import SlackMessenger
from bot.messengers.slack.settings import SlackSettings
from bot.messengers.telegram.messenger import TelegramMessenger
from bot.messengers.telegram.settings import TelegramSettings
from bot.messengers.web.messenger import WebMessenger
from bot.messengers.web.settings import WebLimits, WebSettings
from domain.events import Edited, Event, Pressed, RawEvent, Wrote
from storage.database import Database
from storage.journal import JournalRow
from tests.carrying import Carrying
from tests.fakes.slack import Shown as SlackShown
from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.web.conftest import Browser, House


@dataclass
class Seen:
    """A message as people see it."""

    ref: str
    text: str
    reply_to: str | None = None
    buttons: list[str] = field(default_factory=list)
    bold: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    reaction: str | None = None


class Files:
    """Files of another messenger, by reference."""

    def __init__(self) -> None:
        self.bytes: dict[str, bytes] = {}
        self.carry = Carrying(self._open).carry

    @contextlib.asynccontextmanager
    async def _open(self, messenger: str, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The stream, as the program would hand it over."""
        if messenger != "elsewhere" or ref not in self.bytes:
            raise FileRefused("refused.file_gone")

        async def stream() -> AsyncIterator[bytes]:
            yield self.bytes[ref][:7]
            yield self.bytes[ref][7:]

        yield stream()


class World(Protocol):
    """What the suite needs of a messenger's surroundings."""

    messenger: Any
    customer: str
    desk: str
    files: Files

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def customer_writes(self, text: str, reply_to: str | None = None) -> None: ...

    async def customer_sends_file(self, data: bytes, name: str) -> None: ...

    async def customer_edits(self, ref: str, text: str) -> None: ...

    async def agent_writes(self, text: str, thread: str, reply_to: str | None = None) -> None: ...

    async def agent_presses(self, ref: str, label: str, thread: str) -> None: ...

    async def events(self, count: int) -> list[Event]: ...

    async def at_customer(self) -> list[Seen]: ...

    async def in_thread(self, thread: str) -> list[Seen]: ...

    async def title(self, thread: str) -> tuple[str, bool]: ...

    async def lose_thread(self, thread: str) -> bool:
        """Delete a thread behind the bot's back; False where people can't."""
        ...


class TelegramWorld:
    """Telegram, by its fake server."""

    def __init__(self) -> None:
        self.fake = TelegramFake(privacy=False)
        self.files = Files()
        self.raws: list[RawEvent] = []
        self._task: asyncio.Task[None] | None = None
        self._heard = asyncio.Condition()

    async def start(self) -> None:
        await self.fake.start()
        self.anna, self.ivan = self.fake.people.user("Anna"), self.fake.people.user("Ivan")
        self.customer = str(self.anna)
        self.desk = str(self.fake.people.group("How-to", [self.ivan], forum=True))
        settings = TelegramSettings(self.fake.token, api_base=self.fake.url, poll_seconds=1)
        self.messenger = TelegramMessenger(settings, self.files.carry)
        await self.messenger.connect()
        self._task = asyncio.create_task(self.messenger.receive(self._accept))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.messenger.close()
        await self.fake.stop()

    async def _accept(self, events: Sequence[RawEvent]) -> None:
        self.raws += events
        async with self._heard:
            self._heard.notify_all()

    async def events(self, count: int) -> list[Event]:
        async with asyncio.timeout(60), self._heard:
            await self._heard.wait_for(lambda: len(self._told()) >= count)
        return self._told()

    def _told(self) -> list[Event]:
        converted = [self.messenger.convert(raw.parsed) for raw in self.raws]
        return [
            e
            for e in converted
            if isinstance(e, Edited | Pressed) or (isinstance(e, Wrote) and not e.is_service)
        ]

    async def customer_writes(self, text: str, reply_to: str | None = None) -> None:
        self.fake.people.writes(self.anna, text, reply_to=int(reply_to) if reply_to else None)

    async def customer_sends_file(self, data: bytes, name: str) -> None:
        self.fake.people.sends(self.anna, "document", content=data.decode(), name=name)

    async def customer_edits(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.anna, int(ref), text)

    async def agent_writes(self, text: str, thread: str, reply_to: str | None = None) -> None:
        reply = int(reply_to) if reply_to else None
        self.fake.people.writes(self.ivan, text, chat=int(self.desk), thread=int(thread), reply_to=reply)

    async def agent_presses(self, ref: str, label: str, thread: str) -> None:
        self.fake.people.presses(self.ivan, int(ref), label, chat=int(self.desk))

    async def at_customer(self) -> list[Seen]:
        return [self._seen(m) for m in self.fake.control.shows(self.anna)]

    async def in_thread(self, thread: str) -> list[Seen]:
        return [self._seen(m) for m in self.fake.control.shows(int(self.desk), int(thread))]

    def _seen(self, m: Any) -> Seen:
        reply = str(m.reply_to) if m.reply_to and m.reply_to != m.thread else None
        labels = [label for row in m.buttons for label in row]
        files = [self.fake.control.file(m.file)] if m.file else []
        return Seen(str(m.id), m.text, reply, labels, m.has("bold"), files, m.bot_reaction)

    async def title(self, thread: str) -> tuple[str, bool]:
        found = next(t for t in self.fake.control.topics(int(self.desk)) if str(t["id"]) == thread)
        return found["name"], found["closed"]

    async def lose_thread(self, thread: str) -> bool:
        self.fake.people.deletes_topic(int(self.desk), int(thread))
        return True


class WebWorld:
    """The built-in messenger, by its pages' requests."""

    desk = "howto"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = Files()

    async def start(self) -> None:
        self.database = await Database.open(f"sqlite+aiosqlite:///{self.folder}/okno.db")
        self.house = House(self.database, WebSettings(), WebLimits(), _facts())
        self.house.messenger = WebMessenger(
            WebSettings(), self.house.store, self.files.carry, _facts(), WebLimits()
        )
        self.messenger = self.house.messenger
        await self.house.start()
        self.anna: Browser = await self.house.customer()
        self.ivan: Browser = await self.house.agent()
        first = await self.anna.say("(first)")
        self.customer = first["by"]
        self._before = len(self.house.rows)

    async def stop(self) -> None:
        await self.messenger.close()
        await self.house.stack.aclose()
        await self.database.close()

    async def events(self, count: int) -> list[Event]:
        rows: list[JournalRow] = self.house.rows[self._before :]
        found = [self.messenger.convert(row.parsed) for row in rows]
        assert len(found) >= count, found
        return found

    async def customer_writes(self, text: str, reply_to: str | None = None) -> None:
        await self.anna.say(text, **({"reply_to": reply_to} if reply_to else {}))

    async def customer_sends_file(self, data: bytes, name: str) -> None:
        uploaded = await self.anna.upload(name, data)
        await self.anna.say("", files=[uploaded["token"]])

    async def customer_edits(self, ref: str, text: str) -> None:
        await self.anna.post("edit", {"ref": ref, "text": text})

    async def agent_writes(self, text: str, thread: str, reply_to: str | None = None) -> None:
        more = {"reply_to": reply_to} if reply_to else {}
        await self.ivan.say(text, chat=self.desk, thread=thread, **more)

    async def agent_presses(self, ref: str, label: str, thread: str) -> None:
        message = next(m for m in await self._thread(thread) if m["id"] == ref)
        data = next(b["data"] for row in message["buttons"] for b in row if b["label"] == label)
        body = {"chat": self.desk, "thread": thread, "ref": ref, "data": data, "key": "press-0001"}
        await self.ivan.post("press", body)

    async def at_customer(self) -> list[Seen]:
        return [self._seen(m) for m in (await self.anna.get("state"))["messages"][1:] if "deleted" not in m]

    async def in_thread(self, thread: str) -> list[Seen]:
        return [self._seen(m) for m in await self._thread(thread) if "deleted" not in m]

    async def _thread(self, thread: str) -> list[dict[str, Any]]:
        found = await self.ivan.get(f"messages?chat={self.desk}&thread={thread}")
        return list(found["messages"])

    def _seen(self, m: dict[str, Any]) -> Seen:
        bold = [m["text"][s[1] : s[1] + s[2]] for s in m.get("spans", ()) if s[0] == "bold"]
        labels = [b["label"] for row in m.get("buttons", ()) for b in row]
        reacted = next((r["emoji"] for r in m.get("reactions", ()) if r["by"] == ""), None)
        files = [f["url"] for f in m.get("files", ())]
        reply = m["reply"]["id"] if m.get("reply") else None
        mark = "👌" if m.get("mark") == "delivered" else None
        return Seen(m["id"], m["text"], reply, labels, bold, files, reacted or mark)

    async def title(self, thread: str) -> tuple[str, bool]:
        lists = [await self.ivan.get(f"threads?chat={self.desk}&closed={closed}") for closed in (0, 1)]
        found = next(t for listed in lists for t in listed["threads"] if t["id"] == thread)
        return found["title"], found["closed"]

    async def lose_thread(self, thread: str) -> bool:
        return False


class SlackWorld:
    """Slack, by its fake server."""

    def __init__(self) -> None:
        self.fake = SlackFake()
        self.files = Files()
        self.raws: list[RawEvent] = []
        self._task: asyncio.Task[None] | None = None
        self._heard = asyncio.Condition()

    async def start(self) -> None:
        await self.fake.start()
        people = self.fake.people
        self.anna, self.ivan = people.user("Anna"), people.user("Ivan")
        self.customer = people.dm(self.anna)
        self.desk = people.channel("howto", [self.ivan])
        settings = SlackSettings(self.fake.bot_token, self.fake.app_token, api_base=self.fake.api_base)
        self.messenger = SlackMessenger(settings, self.files.carry)
        await self.messenger.connect()
        self._task = asyncio.create_task(self.messenger.receive(self._accept))
        await self.fake.connected()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.messenger.close()
        await self.fake.stop()

    async def _accept(self, events: Sequence[RawEvent]) -> None:
        self.raws += events
        async with self._heard:
            self._heard.notify_all()

    async def events(self, count: int) -> list[Event]:
        async with asyncio.timeout(60), self._heard:
            await self._heard.wait_for(lambda: len(self._told()) >= count)
        return self._told()

    def _told(self) -> list[Event]:
        converted = [
            self.messenger.convert(raw.parsed) for raw in sorted(self.raws, key=lambda r: r.position)
        ]
        return [e for e in converted if isinstance(e, Edited | Pressed | Wrote)]

    async def customer_writes(self, text: str, reply_to: str | None = None) -> None:
        self.fake.people.writes(self.anna, text)

    async def customer_sends_file(self, data: bytes, name: str) -> None:
        self.fake.people.sends(self.anna, [(name, data, "text/plain")])

    async def customer_edits(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.anna, ref, text)

    async def agent_writes(self, text: str, thread: str, reply_to: str | None = None) -> None:
        self.fake.people.writes(self.ivan, text, self.desk, thread)

    async def agent_presses(self, ref: str, label: str, thread: str) -> None:
        self.fake.people.presses(self.ivan, ref, label, self.desk)

    async def at_customer(self) -> list[Seen]:
        shown = [m for m in self.fake.people.shows(self.customer) if m.user != self.anna]
        return [seen for m in shown for seen in self._seen(m)]

    async def in_thread(self, thread: str) -> list[Seen]:
        return [seen for m in self.fake.people.shows(self.desk, thread) for seen in self._seen(m)]

    def _seen(self, m: SlackShown) -> list[Seen]:
        """A message with several files is as many of Okno's."""
        mark = "👌" if m.marked else None
        whole = Seen(m.ts, m.text, m.thread, m.buttons, m.bold, [f.name for f in m.files[:1]], mark)
        return [whole, *(Seen(f"{m.ts}#{n}", "", files=[f.name]) for n, f in enumerate(m.files[1:], 1))]

    async def title(self, thread: str) -> tuple[str, bool]:
        raise NotImplementedError("threads have no titles")

    async def lose_thread(self, thread: str) -> bool:
        del self.fake.world.channels[self.desk].messages[thread]
        return True


WORLDS: dict[str, Callable[[Path], World]] = {
    "telegram": lambda _: TelegramWorld(),
    "web": WebWorld,
    "slack": lambda _: SlackWorld(),
}
"""How each messenger's world is made, given a folder of its own."""


def _facts() -> Any:
    from bot.messengers.web.facts import PageFacts

    return PageFacts()
