"""The engine with the real database and handlers: how a messenger is taken in, and what it finds waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import engine as engines
from bot.engine import Engine
from bot.health import Health
from domain.events import ChatSeen, Event, PersonSeen, RawEvent, Wrote
from domain.messages import Content
from domain.policy import LEADS, Capabilities, Desk, Policy
from domain.requests import Outcome, Send, Sent
from domain.richtext import plain
from storage import chats, journal
from storage.backlog import backlog
from storage.database import Database
from tests.engine.virtual import START, FakeMessenger

POLICY = Policy(desks=(Desk("howto", "How-to", "❓", "all", default=True),))


class Speaking(FakeMessenger):
    """Customers' chats are called c…; what the bot sends is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = Capabilities(max_text=4096, max_caption=1024)
        self.settled = time.monotonic()
        self.sent: list[tuple[str, str]] = []
        self.failures = 0
        self.profiles: list[tuple[tuple[str, ...], str | None]] = []
        self.received = asyncio.Event()

    def convert(self, payload: Any) -> Event:
        chat = ChatSeen(payload["chat"], "private")
        content = Content(text=plain(payload["text"]))
        return Wrote(chat, PersonSeen(payload["chat"], "Anna"), payload["text"], content, START)

    async def send(self, request: Send) -> Outcome:
        self.sent.append((request.chat, request.contents[0].text.text))
        return Sent((f"r{len(self.sent)}",))

    async def receive(self, accept: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ValueError("a bug in the receive loop")
        await accept([raw("new")])
        self.received.set()
        await asyncio.Event().wait()

    async def show_profile(self, desks: Any, leads: str | None) -> None:
        self.profiles.append((tuple(desks), leads))


def raw(text: str, chat: str = "c1", position: int = 9) -> RawEvent:
    return RawEvent(text, chat, position, f'{{"chat":"{chat}","text":"{text}"}}')


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    yield database
    await database.close()


def make(db: Database, messenger: Speaking) -> Engine:
    accounts: dict[str, str] = {}
    policy = Policy(
        desks=POLICY.desks, capabilities={messenger.name: messenger.capabilities}, accounts=accounts
    )
    return Engine(db, policy, accounts, Health())


async def settled(db: Database, left: int = 0) -> None:
    """Until no more than so many events wait to be handled."""
    async with asyncio.timeout(60):
        while (await db.run(backlog, ["fake"])).events > left:
            pass


async def test_what_was_kept_is_handled_first_and_in_order(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "REPLAY", 3)
    kept = [raw(f"kept {n}", position=n) for n in range(8)]
    await db.run(journal.append, "fake", "1", kept, 1000)
    await db.run(journal.append, "fake", "another bot", [raw("not ours", "c9")], 1000)
    messenger = Speaking()
    engine = make(db, messenger)
    await engine.take_in(messenger)
    receiving = asyncio.create_task(engine.receive(messenger))
    await messenger.received.wait()
    await settled(db, left=1)
    stored = await db.read(
        lambda conn: (
            conn.exec_driver_sql("SELECT ref FROM messages WHERE role = 'customer' ORDER BY id")
            .scalars()
            .all()
        )
    )
    assert stored == [*(f"kept {n}" for n in range(8)), "new"]
    receiving.cancel()
    await engine.stop()
    assert [row.account for row in await db.read(journal.outstanding)] == ["another bot"]


async def test_a_receive_loop_that_fails_starts_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "full_jitter", lambda _tries: 0.0)
    messenger = Speaking()
    messenger.failures = 3
    engine = make(db, messenger)
    await engine.take_in(messenger)
    receiving = asyncio.create_task(engine.receive(messenger))
    async with asyncio.timeout(60):
        await messenger.received.wait()
    receiving.cancel()
    await settled(db)
    await engine.stop()


async def test_profiles_follow_the_bindings(db: Database) -> None:
    messenger = Speaking()
    engine = make(db, messenger)
    await engine.show_profiles([messenger])
    assert messenger.profiles == []  # not taken in yet
    await engine.take_in(messenger)
    await engine.show_profiles([messenger])
    await engine.show_profiles([messenger])
    assert messenger.profiles == [((), None)]

    def bind(conn: Any) -> None:
        for name, native in (("howto", "g1"), (LEADS, "g2")):
            chat = chats.see(conn, "fake", "1", ChatSeen(native, "group"))
            chats.bind(conn, name, chat.id, "a person", 0)

    await db.run(bind)
    await engine.show_profiles([messenger])
    assert messenger.profiles[1:] == [(("g1",), "g2")]
    await engine.stop()


async def test_profiles_are_shown_again_now_and_then(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PROFILES_AGAIN", 1e-9)
    messenger = Speaking()
    engine = make(db, messenger)
    await engine.take_in(messenger)
    await engine.show_profiles([messenger])
    await engine.show_profiles([messenger])
    assert len(messenger.profiles) == 2
    await engine.stop()
