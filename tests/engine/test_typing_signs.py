"""Who types is passed on at once or not at all: bounded, and harmless whatever goes wrong."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from bot.messengers.contract import Heard, Messenger
from bot.typing_signs import AT_ONCE, EVERY, TypingSigns
from domain.policy import Policy
from storage import other_side
from storage.database import Database, DatabaseBusy


class Pages:
    """A messenger that hears and shows."""

    name = "m"

    def __init__(self) -> None:
        self.shown: list[tuple[str, str | None]] = []
        self.heard: Heard = lambda _chat, _thread: None
        self.hangs: asyncio.Event | None = None
        self.fails = False

    def hears_typing(self, heard: Heard) -> None:
        self.heard = heard

    async def show_typing(self, chat: str, thread: str | None) -> None:
        if self.hangs is not None:
            await self.hangs.wait()
        if self.fails:
            raise RuntimeError
        self.shown.append((chat, thread))


class Reader:
    """Answers what the database would: every private chat has a thread, every thread a customer."""

    busy = False

    async def read(self, question: Any, *given: str) -> Any:
        if self.busy:
            raise DatabaseBusy
        if question is other_side.thread_of:
            return SimpleNamespace(messenger="m", native="desk", root=f"t-{given[2]}", threaded=1)
        return SimpleNamespace(messenger="m", native=given[3].removeprefix("t-"))


class Scene:
    def __init__(self) -> None:
        self.now = 100.0
        self.pages, self.reader = Pages(), Reader()
        policy = Policy(desks=(), accounts={"m": "bot"})
        self.signs = TypingSigns(cast("Database", self.reader), policy, lambda: self.now)
        self.signs.attach(cast("Messenger", self.pages))

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


async def test_it_shows_on_the_other_side():
    scene = Scene()
    scene.pages.heard("anna", None)
    scene.pages.heard("desk", "t-boris")
    await scene.settle()
    assert scene.pages.shown == [("desk", "t-anna"), ("boris", None)]


async def test_not_more_often_than_it_lasts():
    scene = Scene()
    for _ in range(10):
        scene.pages.heard("anna", None)
        scene.now += EVERY / 4
        await scene.settle()
    assert len(scene.pages.shown) == 3


async def test_what_hangs_or_fails_holds_up_nothing():
    scene = Scene()
    scene.pages.hangs = asyncio.Event()
    for number in range(AT_ONCE * 2):
        scene.pages.heard(f"customer{number}", None)
    await scene.settle()
    scene.pages.hangs.set()
    await scene.settle()
    assert len(scene.pages.shown) == AT_ONCE
    scene.pages.fails = True
    scene.pages.heard("anna", None)
    await scene.settle()
    scene.pages.fails, scene.reader.busy = False, True
    scene.pages.heard("boris", None)
    await scene.settle()
    scene.reader.busy = False
    scene.pages.heard("clara", None)
    await scene.settle()
    assert scene.pages.shown[-1] == ("desk", "t-clara")
    await scene.signs.stop()
