"""The data out and away, with the real program: erase, export, backup and what a restore gives."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.running import Program, running, until
from tests.program.sides import browsing
from tests.program.test_telegram import fake, telegram

__all__ = ["fake"]
pytestmark = pytest.mark.program


async def okno(program: Program, *words: str, said: str = "") -> tuple[int, str]:
    """A command beside the program; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        cwd=program.folder,
        env=program.environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate(said.encode())
    return process.returncode or 0, printed.decode()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("okno.db*"))


async def test_an_erased_customer_is_gone_from_desk_and_disk(fake: TelegramFake, tmp_path: Path):
    anna, ivan = fake.people.user("Annabelle", username="annaquux"), fake.people.user("Ivan")
    other = fake.people.user("Boris")
    desk = fake.people.group("How-to", [ivan], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.people.writes(anna, "needle one is my password")
        fake.people.writes(other, "something of somebody else")
        await until(lambda: len([m for m in fake.control.shows(desk) if m.by_bot]) == 4)
        topic = next(t for t in fake.control.topics(desk) if "Annabelle" in t["name"])
        fake.people.writes(ivan, "needle two is the answer", chat=desk, thread=topic["id"])
        await until(lambda: [m for m in fake.control.shows(anna) if "needle two" in m.text])
        code, printed = await okno(program, "erase", "Annabelle", said="n\n")
        assert code == 1
        assert "1 tickets, 1 of them open" in printed
        assert [m for m in fake.control.shows(desk) if "needle one" in m.text]
        code, printed = await okno(program, "erase", "@annaquux", "--yes")
        assert code == 0, printed
        assert "1 messages that agents wrote in desks on telegram" in printed
        assert "1 answers in the customer's own chat on telegram" in printed
        await until(lambda: not [m for m in fake.control.shows(desk) if "needle one" in m.text and m.by_bot])
        await until(lambda: not [t for t in fake.control.topics(desk) if "Annabelle" in t["name"]])
        assert [m for m in fake.control.shows(desk) if "somebody else" in m.text]
        assert (await okno(program, "erase", "Annabelle", "--yes"))[0] == 1
        fake.people.writes(anna, "I am new here")
        await until(lambda: [m for m in fake.control.shows(desk) if "I am new here" in m.text])
        assert await program.stop() == 0
    kept = bytes_of(tmp_path)
    assert b"something of somebody else" in kept
    assert b"needle one" not in kept
    assert b"needle two" not in kept


async def test_without_a_running_program_deletions_wait_for_the_next_start(
    fake: TelegramFake, tmp_path: Path
):
    anna = fake.people.user("Annabelle")
    desk = fake.people.group("How-to", [fake.people.user("Ivan")], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.people.writes(anna, "needle one")
        await until(lambda: [m for m in fake.control.shows(desk) if "needle one" in m.text])
        assert await program.stop() == 0
        code, printed = await okno(program, "erase", f"telegram:{anna}", "--yes")
        assert code == 0, printed
        assert "once Okno runs again" in printed
        assert b"needle one" not in bytes_of(tmp_path)
        await program.start()
        await until(lambda: not [m for m in fake.control.shows(desk) if "needle one" in m.text and m.by_bot])


async def test_a_customer_of_the_web_page_goes_with_their_files(tmp_path: Path):
    async with running(tmp_path) as program, browsing(program) as (customer, agent):
        await customer.says("needle in the page")
        await customer.sends("needle.txt", b"needle in a file" * 50_000)
        await until(lambda: agent.sees(), what="the desk")
        seen = await until(lambda: agent.sees())
        assert any("needle in the page" in text for text in seen)
        code, printed = await okno(program, "erase", "1", "--yes")
        assert code == 0, printed
        assert "1 files" in printed
        found = await agent.page.get("search?q=needle")
        assert found["found"] == []
        assert await program.stop() == 0
    assert b"needle" not in bytes_of(tmp_path)


async def test_several_customers_of_one_name_are_told_apart(fake: TelegramFake, tmp_path: Path):
    people = [fake.people.user("Anna"), fake.people.user("Anna")]
    desk = fake.people.group("How-to", [fake.people.user("Ivan")], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        for number, who in enumerate(people):
            fake.people.writes(who, f"question {number}")
        await until(lambda: len([m for m in fake.control.shows(desk) if "question" in m.text]) >= 2)
        code, printed = await okno(program, "erase", "anna", "--yes")
        assert code == 1
        assert [f"telegram:{who}" in printed for who in people] == [True, True]
        assert (await okno(program, "erase", "nobody at all", "--yes"))[0] == 1


async def test_everything_comes_out(tmp_path: Path):
    async with running(tmp_path) as program, browsing(program) as (customer, agent):
        await customer.says("Здравствуйте")
        await customer.sends("../../report?.txt", b"bytes of a file" * 30_000)
        await until(lambda: agent.sees(), what="the desk")
        await agent.says("an answer")
        code, printed = await okno(program, "export", "--out", "data")
        assert code == 0, printed
        assert (await okno(program, "export", "--out", "data"))[0] == 1
    out = tmp_path / "data"
    read = {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in out.glob("*.jsonl")
    }
    assert read["messages"][0]["content"]["text"] == "Здравствуйте"
    assert {m["role"] for m in read["messages"]} >= {"customer", "inside"} or read["tickets"]
    (file,) = read["files"]
    assert (out / file["path"]).read_bytes() == b"bytes of a file" * 30_000
    assert (out / file["path"]).parent == out / "files"
    (sent,) = [f for m in read["messages"] for f in m["content"].get("files", ())]
    assert sent["file"] == file["number"]
    assert "ref" not in sent
    assert read["tickets"][0]["customer"] == read["customers"][0]["number"]
    assert (out.stat().st_mode & 0o777, (out / "messages.jsonl").stat().st_mode & 0o777) == (0o700, 0o600)


async def test_a_backup_of_a_busy_program_can_be_restored(fake: TelegramFake, tmp_path: Path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    anna = fake.people.user("Anna")
    desk = fake.people.group("How-to", [fake.people.user("Ivan")], forum=True)
    settings = telegram(fake, howto=desk)
    async with running(here, **settings) as program:
        for number in range(30):
            fake.people.writes(anna, f"line {number:02}")
        await until(lambda: [m for m in fake.control.shows(desk) if "line 05" in m.text])
        code, printed = await okno(program, "backup", str(there / "okno.db"))
        assert code == 0, printed
        assert "checked" in printed
        assert (await okno(program, "backup", str(there / "okno.db")))[0] == 1
        assert (there / "okno.db").stat().st_mode & 0o777 == 0o600
        await until(lambda: [m for m in fake.control.shows(desk) if "line 29" in m.text])
        assert await program.stop() == 0
    async with running(there, **settings) as restored:
        fake.people.writes(anna, "after the restore")
        await until(lambda: [m for m in fake.control.shows(desk) if "after the restore" in m.text])
        assert len(fake.control.topics(desk)) == 1
        assert await restored.stop() == 0
