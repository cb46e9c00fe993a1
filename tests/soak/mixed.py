"""A soak over all messengers: customers in Telegram, Slack and browsers, desks in Telegram and Slack, and kill -9.

Every customer's ticket is in one desk; both directions of every pair of messengers are written in.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.fakes.slack import Fault, SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import Program, free_port, running
from tests.program.slack import slack
from tests.program.test_telegram import telegram
from tests.soak.people import (
    Customer,
    Desk,
    Seen,
    SlackCustomer,
    SlackDesk,
    TelegramCustomer,
    TelegramDesk,
    WebCustomer,
)
from tests.soak.run import ALWAYS, Report, integrity
from tests.soak.scene import TOKEN, Said, Side
from tests.soak.verdict import Verdict

_TELEGRAM = (
    "copyMessage",
    "sendMessage",
    "sendDocument",
    "createForumTopic",
    "editMessageText",
    "setMessageReaction",
)
_SLACK = (
    "chat.postMessage",
    "chat.update",
    "reactions.add",
    "files.completeUploadExternal",
    "conversations.replies",
)


@dataclass(slots=True, eq=False)
class Talk:
    """One customer's ticket."""

    name: str
    customer: Customer
    desk: Desk
    thread: str | None = None
    said: dict[Side, list[Said]] = field(default_factory=lambda: {"q": [], "a": []})
    editable: list[tuple[Side, str, Said]] = field(default_factory=list)


@dataclass(slots=True)
class Stage:
    """Both fakes, both desks, and everybody who writes."""

    telegram: TelegramFake
    slack: SlackFake
    chance: random.Random
    desks: dict[str, Desk] = field(default_factory=dict)
    talks: list[Talk] = field(default_factory=list)

    async def somebody_comes(self, program: Program) -> None:
        """A customer of the next pair of messengers writes for the first time; `/bug` brings them to Slack's desk."""
        number = len(self.talks)
        name = f"C{number:03}"
        customer: Customer
        if number % 3 == 0:
            customer = TelegramCustomer(self.telegram, name)
        elif number % 3 == 1:
            customer = SlackCustomer(self.slack, name)
        else:
            customer = WebCustomer(program, name)
        place = ("telegram", "slack")[number // 3 % 2]
        talk = Talk(name, customer, self.desks[place])
        self.talks.append(talk)
        word = "" if place == "telegram" else "!bug " if isinstance(customer, SlackCustomer) else "/bug "
        await self.writes(talk, "q", before=word)

    async def writes(self, talk: Talk, side: Side, *, before: str = "", file: bool = False) -> None:
        """The next message of one direction."""
        token = f"{side}{talk.name}-{len(talk.said[side]):04}."
        said = Said(token, 0, token)
        talk.said[side].append(said)
        if side == "q":
            ref = await talk.customer.writes(before + token, file=file)
        else:
            ref = await talk.desk.writes(talk.thread or "", token, file=file)
        if not file and not before and (side == "a" or talk.customer.edits):
            talk.editable.append((side, ref, said))

    async def something_happens(self) -> None:
        """Somebody writes, sends a file, answers, or changes what they wrote."""
        talk = self.chance.choice(self.talks)
        side: Side = "q" if talk.thread is None or self.chance.random() < 0.5 else "a"
        deed = self.chance.random()
        if deed < 0.1 and talk.editable:
            side, ref, said = self.chance.choice(talk.editable[-4:])
            said.final = f"{said.token} changed {self.chance.randrange(1000)}"
            await (talk.customer if side == "q" else talk.desk).changes(ref, said.final)
        else:
            await self.writes(talk, side, file=deed < 0.16 and not isinstance(talk.customer, WebCustomer))

    async def look_for_threads(self) -> None:
        """Agents learn of new threads."""
        for talk in self.talks:
            if talk.thread is None:
                there = [
                    m.thread
                    for m in await talk.desk.sees()
                    if talk.said["q"][0].token in m.text and not m.card
                ]
                talk.thread = next((thread for thread in there if thread), None)

    async def judge(self) -> Verdict:
        """Hold everything that was written against what the chats show."""
        verdict = Verdict(sum(len(said) for talk in self.talks for said in talk.said.values()))
        seen = {place: await desk.sees() for place, desk in self.desks.items()}
        for talk in self.talks:
            place = next(p for p, desk in self.desks.items() if desk is talk.desk)
            here = [m for m in seen[place] if m.thread == talk.thread and talk.thread]
            _compare(verdict, talk, "q", [m for m in here if not m.card])
            _compare(verdict, talk, "a", await talk.customer.sees())
            if (cards := sum(m.card for m in here)) > 1:
                verdict.repeats[f"{talk.name} card"] = cards - 1
        for place, desk in self.desks.items():
            known = [talk.thread for talk in self.talks if talk.desk is desk]
            strays = [t for t in desk.threads() if t not in known]
            if place == "slack":
                strays = _but_for_repeated_cards(verdict, seen[place], strays, self.talks)
            verdict.doubled += [f"{place}: thread {t} of nobody" for t in strays]
            verdict.doubled += [f"{place}: one thread of two: {t}" for t in set(known) if known.count(t) > 1]
        return verdict


def _but_for_repeated_cards(
    verdict: Verdict, seen: list[Seen], strays: list[str], talks: list[Talk]
) -> list[str]:
    """Slack's threads begin with their cards, which are messages: one may come twice at a crash, as others may, and nothing
    but the card stands in a thread of its own then.
    """
    left = []
    for stray in strays:
        here = [m for m in seen if m.thread == stray]
        of = next((talk for talk in talks if talk.thread and talk.name in here[0].text), None)
        if len(here) == 1 and here[0].card and of is not None:
            verdict.repeats[f"{of.name} card"] = verdict.repeats.get(f"{of.name} card", 0) + 1
        else:
            left.append(stray)
    return left


def _compare(verdict: Verdict, talk: Talk, side: Side, shown: list[Seen]) -> None:
    first: dict[str, int] = {}
    last: dict[str, str] = {}
    repeats = 0
    for number, message in enumerate(shown):
        tokens = TOKEN.findall(message.text)
        repeats += bool(tokens) and tokens[0] in first
        for token in tokens:
            first.setdefault(token, number)
            last[token] = message.text
    written = [said.token for said in talk.said[side]]
    where = f"{type(talk.customer).__name__} {talk.name} {type(talk.desk).__name__} {side}"
    verdict.lost += [f"{where} {token}" for token in written if token not in first]
    order = [token for token in first if token in written]
    if order != sorted(order) or len(order) != len(first):
        verdict.disordered.append(f"{where}: {' '.join(first)}")
    if repeats:
        verdict.repeats[where] = repeats
    verdict.outdated += [
        f"{where} {said.token} says {last[said.token]!r}, not {said.final!r}"
        for said in talk.said[side]
        if said.token in last and said.final not in last[said.token].split("\n")
    ]


async def soak(
    folder: Path, seconds: float, seed: int, *, customers: int = 12, a_second: float = 12.0
) -> Report:
    """Let people write for so many seconds while crashes happen; then wait until nothing is missing, and judge."""
    chance = random.Random(seed)
    report = Report(seed, seconds, customers)
    async with TelegramFake(privacy=False) as there, SlackFake(retries=1000) as here:
        stage = Stage(there, here, chance)
        desks = TelegramDesk(there), SlackDesk(here)
        stage.desks = {desk.messenger: desk for desk in desks}
        settings = {
            **telegram(there, howto=desks[0].chat),
            **slack(here, bugs=desks[1].chat),
            "OKNO_DESKS__BUGS__MIRROR": "all",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,
            "OKNO_LIMITS__CUSTOMER_MESSAGES": "100000/1m",
            "OKNO_WEB__PORT": str(free_port()),
        }
        async with running(folder, **settings) as program:
            end = time.monotonic() + seconds
            async with _people(stage, program, end, customers, a_second):
                while time.monotonic() < end:
                    await _crash(program, stage, report)
            await _calm(stage, report)
            await program.stop()
        for talk in stage.talks:
            if isinstance(talk.customer, WebCustomer):
                await talk.customer.close()
    report.database = integrity(folder / "okno.db")
    return report


@asynccontextmanager
async def _people(
    stage: Stage, program: Program, end: float, customers: int, a_second: float
) -> AsyncIterator[None]:
    """They write until the end, whatever happens to the program."""
    started = time.monotonic()

    async def write() -> None:
        while (now := time.monotonic()) < end:
            if len(stage.talks) < customers * min(1.0, 0.2 + (now - started) / (end - started)):
                await stage.somebody_comes(program)
            await stage.look_for_threads()
            await stage.something_happens()
            await asyncio.sleep(stage.chance.expovariate(a_second))  # people's own pace

    task = asyncio.create_task(write())
    try:
        yield
        await task
    finally:
        task.cancel()


async def _crash(program: Program, stage: Stage, report: Report) -> None:
    """Kill the program at a moment of chance: anywhere, or while a request of its has happened or is about to."""
    chance = stage.chance
    await asyncio.sleep(chance.uniform(0.5, 4.0))  # at any moment
    if chance.random() < 0.6:
        trouble: Literal["delay", "delay_after", "drop_after"]
        trouble = chance.choice(("delay", "delay_after", "drop_after"))
        stage.telegram.control.fault(trouble, chance.choice(_TELEGRAM), times=2, seconds=0.5)
        stage.slack.troubles.append(Fault(trouble, chance.choice(_SLACK), times=2, seconds=0.5))
        stage.slack.swallows_acks += chance.randrange(3)
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        report.inside_a_send += 1
    await program.kill()
    report.crashes += 1
    stage.telegram.control.clear_faults()
    stage.slack.troubles.clear()
    stage.slack.swallows_acks = 0
    await program.start()


async def _calm(stage: Stage, report: Report, within: float = 60.0) -> None:
    """Wait until the chats hold everything that was written, or no more will come."""
    started = time.monotonic()
    while report.settled_within < within:
        await stage.look_for_threads()
        report.verdict = await stage.judge()
        report.settled_within = time.monotonic() - started
        if not (report.verdict.lost or report.verdict.outdated or stage.telegram.control.pending()):
            return
        await asyncio.sleep(0.3)  # the program takes its time
