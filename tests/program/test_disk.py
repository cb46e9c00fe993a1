"""The database can't be written: receiving stops, says so, and goes on by itself; nothing is acknowledged or lost."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.disk import Limited, small_disk
from tests.program.running import Program, running, until
from tests.program.sides import WebCustomer, browsing
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


async def readiness(program: Program) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{program.url}/readyz") as answer:
        return {"status": answer.status, **await answer.json()}


async def cannot_post(customer: WebCustomer, text: str) -> int:
    """A browser's post, with the key it will come again with; the status it gets."""
    page = customer.page
    body, headers = {"key": "key-while-full", "text": text}, {"Origin": page.program.url}
    async with page.session.post(f"{page.program.url}/web/c/messages", json=body, headers=headers) as answer:
        return answer.status


@asynccontextmanager
async def conversation(folder: Path, fake: TelegramFake) -> AsyncIterator[tuple[Program, Any, int, int]]:
    """A program with a desk in Telegram and customers there and in the browser."""
    anna, ivan = fake.people.user("Anna"), fake.people.user("Ivan")
    desk = fake.people.group("Desk", [ivan], forum=True)
    settings = telegram(fake, howto=desk) | {"OKNO_LOCALE": "en"}
    async with running(folder, **settings) as program, browsing(program) as (web, _):
        fake.people.writes(anna, "before")
        await until(lambda: "before" in shown(fake, desk))
        yield program, web, anna, desk


def shown(fake: TelegramFake, chat: int) -> list[str]:
    return [m.text for m in fake.control.shows(chat)]


async def stops_and_resumes(
    fake: TelegramFake, program: Program, web: Any, anna: int, desk: int, free: Any
) -> None:
    """What is promised from the moment on in which nothing can be written; `free` ends that."""
    fake.people.writes(anna, "meanwhile 1")
    await until(lambda: "can't be written" in program.printed, what="a word in the log")
    fake.people.writes(anna, "meanwhile 2")
    said = await until(lambda: not_ready(program), what="the state in /readyz")
    assert said["status"] == 503
    assert said["database"]["error"]
    assert await cannot_post(web, "from the browser") >= 500
    assert fake.control.pending(), "nothing is acknowledged that isn't kept"
    assert not {"meanwhile 1", "meanwhile 2"} & set(shown(fake, desk))
    free()
    await until(lambda: shown(fake, desk).count("meanwhile 2"), what="what was written meanwhile")
    assert [t for t in shown(fake, desk) if "meanwhile" in t] == ["meanwhile 1", "meanwhile 2"]
    await until(lambda: ready(program), what="the state in /readyz")
    assert await cannot_post(web, "from the browser") == 200
    await until(lambda: shown(fake, desk).count("from the browser"))
    await until(lambda: not fake.control.pending())


async def not_ready(program: Program) -> dict[str, Any]:
    said = await readiness(program)
    return {} if said["database"]["writable"] else said


async def ready(program: Program) -> bool:
    return bool((await readiness(program))["status"] == 200)


@pytest.mark.parametrize("how", ["a full file system", "refused writes"])
async def test_a_full_disk(how: str, tmp_path: Path):
    async with (
        small_disk(tmp_path) as disk,
        TelegramFake(privacy=False) as fake,
        conversation(tmp_path, fake) as (program, web, anna, desk),
    ):
        if how == "refused writes":
            disk = Limited(disk.folder)
        disk.fill(program)
        await stops_and_resumes(fake, program, web, anna, desk, lambda: disk.free(program))


async def test_a_locked_file(tmp_path: Path):
    async with (
        TelegramFake(privacy=False) as fake,
        conversation(tmp_path, fake) as (program, web, anna, desk),
    ):
        with closing(sqlite3.connect(tmp_path / "okno.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await stops_and_resumes(fake, program, web, anna, desk, lambda: other.execute("ROLLBACK"))


async def test_killed_on_a_full_disk_and_started_there(tmp_path: Path):
    """It starts where it can, or ends with one line; with room again everything arrives."""
    async with (
        small_disk(tmp_path) as disk,
        TelegramFake(privacy=False) as fake,
        conversation(tmp_path, fake) as (program, _, anna, desk),
    ):
        disk.fill(program)
        fake.people.writes(anna, "meanwhile")
        await until(lambda: "can't be written" in program.printed)
        await program.kill()
        disk.fill(program)
        try:
            await program.start()
        except AssertionError:
            lines = program.printed.strip().splitlines()
            assert len(lines) == 1, program.printed
            assert "full" in lines[0] or "No space" in lines[0], lines
        disk.free(program)
        if program.process is None or program.process.returncode is not None:
            await program.start()
        await until(lambda: shown(fake, desk).count("meanwhile"))
