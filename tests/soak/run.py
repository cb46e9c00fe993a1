"""One soak: people write, the program is killed again and again, and in the end everything is looked for."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.telegram import Remote
from tests.program.running import Program, running
from tests.soak.scene import Scene, server
from tests.soak.verdict import Verdict, judge

LIMITS = '{chat = "1000/1s", chat_burst = 1000, group = "60/1s", total = "1000/1s"}'
"""Wide, but for the desk: what gathers there while the program is down is partly joined."""

_SENDS = (
    "copyMessage",
    "copyMessages",
    "sendMessage",
    "createForumTopic",
    "editMessageText",
    "setMessageReaction",
)


@dataclass(slots=True)
class Report:
    """What a soak did and found."""

    seed: int
    seconds: float
    customers: int = 0
    crashes: int = 0
    inside_a_send: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    settled_within: float = 0.0
    database: str = ""
    printed: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Every promise that was broken."""
        spoilt = [] if self.database == "ok" else [f"database: {self.database}"]
        return self.verdict.faults(self.crashes) + spoilt


async def soak(
    folder: Path,
    seconds: float,
    seed: int,
    *,
    customers: int = 12,
    a_second: float = 30.0,
    database: str = "",
    processes: int = 1,
) -> Report:
    """Let people write for so many seconds while crashes happen; then wait until nothing is missing, and judge.

    `database` is the address of one in PostgreSQL; so many `processes` share it, one of which is killed at a time.
    """
    chance = random.Random(seed)
    report = Report(seed, seconds, customers)
    async with server() as (remote, url, token):
        scene = Scene(remote, chance)
        await scene.prepare()
        settings = {
            "OKNO_TELEGRAM__TOKEN": token,
            "OKNO_TELEGRAM__API_BASE": url,
            "OKNO_TELEGRAM__LIMITS": LIMITS,
            "OKNO_DESKS__HOWTO__CHAT": f"telegram:{scene.desk}",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,
            "OKNO_LIMITS__CUSTOMER_MESSAGES": "100000/1m",
        }
        if database:
            settings["OKNO_STORAGE__URL"] = database
        async with AsyncExitStack() as stack:
            programs = [
                await stack.enter_async_context(running(_folder(folder, n), **settings))
                for n in range(processes)
            ]
            end = time.monotonic() + seconds
            async with _people(scene, end, customers, a_second):
                while time.monotonic() < end:
                    await _crash(chance.choice(programs), remote, chance, report)
            await _calm(remote, scene, report)
            report.printed = [program.printed[-3000:] for program in programs]
            for program in programs:
                await program.stop()
    report.database = "ok" if database else integrity(_folder(folder, 0) / "okno.db")
    return report


def _folder(folder: Path, number: int) -> Path:
    found = folder / str(number)
    found.mkdir(exist_ok=True)
    return found


ALWAYS = (
    "{" + ", ".join(f'{day} = ["24h"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")) + "}"
)


@asynccontextmanager
async def _people(scene: Scene, end: float, customers: int, a_second: float) -> AsyncIterator[None]:
    """They write until the end, whatever happens to the program."""
    span = end - time.monotonic()

    async def write() -> None:
        started = time.monotonic()
        while (now := time.monotonic()) < end:
            if len(scene.talks) < customers * min(1.0, 0.2 + (now - started) / span):
                await scene.somebody_comes()
            await scene.look_for_topics()
            await scene.something_happens()
            await asyncio.sleep(scene.chance.expovariate(a_second))  # people's own pace

    task = asyncio.create_task(write())
    try:
        yield
        await task
    finally:
        task.cancel()


async def _crash(program: Program, remote: Remote, chance: random.Random, report: Report) -> None:
    """Kill the program at a moment of chance: anywhere, or while a request of its has happened or is about to."""
    await asyncio.sleep(chance.uniform(0.3, 2.5))  # at any moment
    if chance.random() < 0.6:
        trouble = chance.choice(("delay", "delay_after", "drop_after"))
        await remote.fault(trouble=trouble, method=chance.choice(_SENDS), times=2, seconds=0.5)
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        report.inside_a_send += 1
    await program.kill()
    report.crashes += 1
    await remote.clear_faults()
    await program.start()


async def _calm(remote: Remote, scene: Scene, report: Report, within: float = 60.0) -> None:
    """Wait until the chats hold everything that was written, or no more will come."""
    started = time.monotonic()
    while report.settled_within < within:
        await scene.look_for_topics()
        report.verdict = await judge(scene)
        report.settled_within = time.monotonic() - started
        if not (report.verdict.lost or report.verdict.outdated or await remote.pending()):
            return
        await asyncio.sleep(0.3)  # the program takes its time


def integrity(path: Path) -> str:
    """What SQLite says of the whole file."""
    with closing(sqlite3.connect(path)) as conn:
        return str(conn.execute("PRAGMA integrity_check").fetchone()[0])
