"""Several real programs on one database: killed at random, stopped in the middle, cut off from their database."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from benchmarks.relay import free_port
from tests import postgres
from tests.fakes.telegram import Remote
from tests.program.running import PATIENCE, Program, running, until
from tests.soak.run import ALWAYS, soak
from tests.soak.scene import server

pytestmark = pytest.mark.program


async def test_three_processes_that_are_killed_at_random_lose_nothing(tmp_path: Path) -> None:
    url = postgres.written(postgres.empty_database())
    report = await soak(tmp_path, 10, 4, customers=6, a_second=15, database=url, processes=3)
    assert not report.faults, "\n".join(map(str, (report.faults, *report.printed)))
    assert report.crashes >= 1
    assert report.verdict.written > 20


@dataclass
class Site:
    """Programs that share a database, a desk with one agent, one customer."""

    remote: Remote
    programs: list[Program]
    desk: int
    customer: int
    agent: int
    url: str

    async def texts(self) -> list[str]:
        """What of the customer's is in the desk."""
        found: list[str] = []
        for topic in await self.remote.topics(chat=self.desk):
            shown = await self.remote.shows(chat=self.desk, thread=topic["id"])
            found += [line for m in shown if m.by_bot and not m.buttons for line in m.text.split("\n")]
        return found

    async def arrives(self, text: str, within: float = PATIENCE) -> None:
        await until(lambda: self._is_there(text), within, what=text)

    async def _is_there(self, text: str) -> bool:
        return text in await self.texts()

    async def settles(self) -> None:
        """Wait until what was sent is known to be sent: else it may be sent again by whoever takes over."""
        with postgres.connect(make_url(self.url)) as conn:
            await until(lambda: not conn.execute("SELECT 1 FROM letters WHERE state = 'waiting'").fetchall())

    def receiver(self) -> Program:
        """The program that receives."""
        found = [p for p in self.programs if "] receives " in p.printed.replace("info     ", "info")]
        return found[-1]


@asynccontextmanager
async def site(folder: Path, url: str, processes: int, *more: dict[str, str]) -> AsyncIterator[Site]:
    async with server() as (remote, base, token), AsyncExitStack() as stack:
        agent, customer = await remote.user(name="Ivan"), await remote.user(name="Anna")
        desk = await remote.group(title="Desk", members=[agent], forum=True)
        settings = {
            "OKNO_TELEGRAM__TOKEN": token,
            "OKNO_TELEGRAM__API_BASE": base,
            "OKNO_DESKS__HOWTO__CHAT": f"telegram:{desk}",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,
            "OKNO_STORAGE__URL": url,
            "OKNO_LOG__LEVEL": "info",
        }
        programs = []
        for number in range(processes):
            (folder / str(number)).mkdir()
            own = settings | (more[number] if more else {})
            programs.append(await stack.enter_async_context(running(folder / str(number), **own)))
        yield Site(remote, programs, desk, customer, agent, url)


async def test_another_takes_over_within_ten_seconds_from_one_that_is_stopped_and_that_one_does_no_harm(
    tmp_path: Path,
) -> None:
    url = postgres.written(postgres.empty_database())
    async with site(tmp_path, url, 2) as there:
        await there.remote.writes(user=there.customer, text="before")
        await there.arrives("before")
        await there.settles()
        stopped = there.receiver()
        stopped.signal(signal.SIGSTOP)  # it hangs, with everything in its hands
        began = time.monotonic()
        await there.remote.writes(user=there.customer, text="meanwhile")
        await there.arrives("meanwhile", 20)
        assert time.monotonic() - began < 10
        stopped.signal(signal.SIGCONT)
        for n in range(5):
            await there.remote.writes(user=there.customer, text=f"after {n}")
        await there.arrives("after 4")
        assert await there.texts() == ["before", "meanwhile", *(f"after {n}" for n in range(5))]


async def test_a_webhook_is_taken_by_whichever_process_it_reaches(tmp_path: Path) -> None:
    url, port = postgres.written(postgres.empty_database()), free_port()
    hook = {
        "OKNO_TELEGRAM__MODE": "webhook",
        "OKNO_TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram/webhook",
        "OKNO_TELEGRAM__WEBHOOK_SECRET": "a-secret-of-some-length",
    }
    async with site(tmp_path, url, 2, hook, hook | {"OKNO_WEB__PORT": str(port)}) as there:
        assert there.receiver() is there.programs[0], (
            "the one that sets the webhook isn't the one that it reaches"
        )
        for n in range(10):
            await there.remote.writes(user=there.customer, text=f"text {n}")
        await there.arrives("text 9")
        assert await there.texts() == [f"text {n}" for n in range(10)]


async def test_a_database_that_restarts_stops_receiving_for_a_while_and_loses_nothing(tmp_path: Path) -> None:
    cluster = postgres.new_folder()  # pytest's own folders are closed to the server's user
    postgres.make_cluster(cluster)
    database = postgres.start(cluster)
    url = postgres.written(database.address)
    postgres.make_tables(database.address)
    try:
        async with site(tmp_path, url, 2) as there:
            await there.remote.writes(user=there.customer, text="before")
            await there.arrives("before")
            database.stop()
            for n in range(5):
                await there.remote.writes(user=there.customer, text=f"meanwhile {n}")
            await asyncio.sleep(2)  # real programs meet a database that isn't there
            assert await there.texts() == ["before"]
            database = postgres.start(cluster)
            await there.remote.writes(user=there.customer, text="after")
            await there.arrives("after", 60)
            texts = await there.texts()
            assert list(dict.fromkeys(texts)) == ["before", *(f"meanwhile {n}" for n in range(5)), "after"]
            assert len(texts) <= 8, "one repeat at most"
    finally:
        database.stop()
