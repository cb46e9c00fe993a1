"""Who takes part in a soak, what they wrote, and the Bot API server they write at, in a process of its own."""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import aiohttp

from tests.fakes.telegram import Remote, Shown

Side = Literal["q", "a"]
"""The two directions of a ticket: questions into the desk, answers to the customer."""

TOKEN = re.compile(r"[qa]C\d{3}-\d{4}\.")
"""By this every message is told from all others."""

_ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def server() -> AsyncIterator[tuple[Remote, str, str]]:
    """A Bot API server as a process; its verbs, address and token."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.telegram", "--port", "0", cwd=_ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url, token = (await process.stdout.readline()).decode().split()
        async with aiohttp.ClientSession() as session:
            remote = Remote(session, url)
            await remote.option(name="privacy", value=False)
            yield remote, url, token
    finally:
        process.kill()
        await process.wait()


@dataclass(slots=True)
class Said:
    """One thing somebody wrote. `final` is what it says in the end; `answers`: the token it answers."""

    token: str
    message: int
    final: str
    kind: str = "text"
    answers: str = ""


@dataclass(slots=True)
class Talk:
    """One customer's ticket as the people in it know it."""

    customer: int
    name: str
    topic: int | None = None
    said: dict[Side, list[Said]] = field(default_factory=lambda: {"q": [], "a": []})


class Scene:
    """A desk with two agents, and customers who come one after another."""

    def __init__(self, remote: Remote, chance: random.Random) -> None:
        self.remote = remote
        self.chance = chance
        self.talks: list[Talk] = []
        self.desk = 0
        self.agents: list[int] = []

    async def prepare(self) -> None:
        """The desk and its agents."""
        self.agents = [await self.remote.user(name=name) for name in ("Ivan", "Olga")]
        self.desk = await self.remote.group(title="Desk", members=self.agents, forum=True)

    async def somebody_comes(self) -> None:
        """A new customer writes for the first time."""
        name = f"C{len(self.talks):03}"
        talk = Talk(await self.remote.user(name=name), name)
        self.talks.append(talk)
        await self.writes(talk, "q")

    async def something_happens(self) -> None:
        """One of the people writes, sends an album, answers or edits a message."""
        talk = self.chance.choice(self.talks)
        side: Side = "q" if talk.topic is None or self.chance.random() < 0.5 else "a"
        deed = self.chance.random()
        if deed < 0.1 and talk.said[side]:
            await self._edits(talk, side)
        elif deed < 0.2:
            await self._sends_album(talk, side)
        else:
            await self.writes(talk, side, answering=deed < 0.35)

    async def look_for_topics(self) -> None:
        """Agents learn of new threads."""
        if all(talk.topic is not None for talk in self.talks):
            return
        names = {t["name"].split(" · ")[0]: t["id"] for t in await self.remote.topics(chat=self.desk)}
        for talk in self.talks:
            talk.topic = talk.topic or names.get(talk.name)

    @property
    def count(self) -> int:
        """How many messages people wrote; an album is one."""
        return sum(len(said) for talk in self.talks for said in talk.said.values())

    async def shown(self, talk: Talk, side: Side) -> list[Shown]:
        """What the bot put where this direction of the talk arrives."""
        if side == "a":
            found = await self.remote.shows(chat=talk.customer)
        else:
            found = await self.remote.shows(chat=self.desk, thread=talk.topic) if talk.topic else []
        return [message for message in found if message.by_bot]

    def _where(self, talk: Talk, side: Side) -> dict[str, int]:
        if side == "q":
            return {"user": talk.customer}
        return {"user": self.chance.choice(self.agents), "chat": self.desk, "thread": talk.topic or 0}

    def _token(self, talk: Talk, side: Side) -> str:
        return f"{side}{talk.name}-{len(talk.said[side]):04}."

    async def writes(self, talk: Talk, side: Side, *, answering: bool = False) -> None:
        """Somebody writes a text."""
        token = self._token(talk, side)
        target = await self._answerable(talk, side) if answering else None
        answered = target.id if target else None
        message = await self.remote.writes(**self._where(talk, side), text=token, reply_to=answered)
        answers = TOKEN.findall(target.text)[0] if target else ""
        talk.said[side].append(Said(token, message, token, answers=answers))

    async def _answerable(self, talk: Talk, side: Side) -> Shown | None:
        """Something the other side wrote, as it is seen here (answers to colleagues go nowhere, by the rules)."""
        copies = [m for m in await self.shown(talk, "a" if side == "q" else "q") if TOKEN.search(m.text)]
        return self.chance.choice(copies) if copies else None

    async def _sends_album(self, talk: Talk, side: Side) -> None:
        token = self._token(talk, side)
        items = [{"kind": "photo", "caption": token}, {"kind": "photo"}]
        messages = await self.remote.album(**self._where(talk, side), items=items)
        talk.said[side].append(Said(token, messages[0], token, "album"))

    async def _edits(self, talk: Talk, side: Side) -> None:
        said = self.chance.choice(talk.said[side][-5:])
        where = self._where(talk, side) | {"user": await self._author(talk, side, said)}
        where.pop("thread", None)
        said.final = f"{said.token} changed {self.chance.randrange(1000)}"
        await self.remote.edits(**where, message=said.message, text=said.final)

    async def _author(self, talk: Talk, side: Side, said: Said) -> int:
        return talk.customer if side == "q" else self.agents[0]
