"""Files between messengers in the running program: bounded memory, order, crashes in the middle, what can't go."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import pytest

from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import Program, running, until
from tests.program.sides import SlackAgent, SlackCustomer, TelegramAgent, TelegramCustomer
from tests.program.slack import slack
from tests.program.test_telegram import telegram
from tests.samples import png

pytestmark = pytest.mark.program
MEGABYTE = 1024 * 1024
GROWTH = 40 * MEGABYTE
"""How much more memory the program may take while a file of 45 MB passes."""


def memory(program: Program) -> int:
    """The most memory the program has had, in bytes."""
    assert program.process is not None
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{program.process.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


async def test_a_large_file_takes_no_memory_and_nothing_overtakes_it(tmp_path: Path):
    async with SlackFake() as here, TelegramFake(privacy=False) as there:
        anna, ivan = SlackCustomer(here), TelegramAgent(there)
        desk = {"OKNO_DESKS__HOWTO__CHAT": f"telegram:{ivan.chat}"}
        async with running(tmp_path, **slack(here), **telegram(there), **desk) as program:
            await anna.says("before it")
            await until(lambda: any("before it" in m.text for m in there.control.shows(ivan.chat)))
            before = memory(program)
            await anna.sends("film.bin", b"x" * 45 * MEGABYTE)
            await anna.says("after it")
            await until(lambda: any("after it" in m.text for m in there.control.shows(ivan.chat)), within=120)
            shown = [m.text or m.kind for m in there.control.shows(ivan.chat)][-3:]
            assert shown == ["before it", "document", "after it"]
            assert memory(program) - before < GROWTH
            assert list((tmp_path / "okno-files").iterdir()) == []


async def test_killed_while_a_file_is_on_its_way_it_arrives_whole_and_in_order(tmp_path: Path):
    content = png(size=2 * MEGABYTE)
    async with SlackFake() as here, TelegramFake(privacy=False) as there:
        anna, ivan = SlackCustomer(here), TelegramAgent(there)
        desk = {"OKNO_DESKS__HOWTO__CHAT": f"telegram:{ivan.chat}"}
        async with running(tmp_path, **slack(here), **telegram(there), **desk) as program:
            await anna.says("before it")
            await until(lambda: any("before it" in m.text for m in there.control.shows(ivan.chat)))
            here.downloads.append("stalls")
            here.people.sends(anna.me, [("shot.png", content, "image/png")], "look")
            await until(lambda: not here.downloads)
            await anna.says("after it")
            spool = tmp_path / "okno-files"
            await until(lambda: list(spool.iterdir()))
            await program.kill()
            assert list(spool.iterdir())
            await program.start()
            await until(lambda: any("after it" in m.text for m in there.control.shows(ivan.chat)), within=90)
            last = there.control.shows(ivan.chat)[-3:]
            assert [m.text for m in last] == ["before it", "look", "after it"]
            assert there.world.files[last[1].file].content == content
            assert list(spool.iterdir()) == []


async def test_a_file_too_large_for_the_other_side_is_handed_out(tmp_path: Path):
    async with SlackFake() as here, TelegramFake(privacy=False) as there:
        anna, ivan = TelegramCustomer(there), SlackAgent(here)
        own = {
            "OKNO_DESKS__HOWTO__CHAT": f"slack:{ivan.chat}",
            "OKNO_FILES__ROOM": "1MB",
            "OKNO_FILES__PUBLIC_URL": "https://files.example.org",
            "OKNO_LOCALE": "en",
        }
        async with running(tmp_path, **slack(here), **telegram(there), **own) as program:
            await anna.says("question")
            await until(lambda: any("question" in m.text for m in here.people.of_app(ivan.chat)))
            card = [m for m in here.people.of_app(ivan.chat) if m.buttons][-1]
            content = b"z" * (MEGABYTE + 1)
            here.people.sends(
                ivan.me, [("big <b>.zip", content, "application/zip")], "here", ivan.chat, thread_ts=card.ts
            )

            def linked() -> str | None:
                found = [m.text for m in there.control.shows(anna.me) if "files.example.org" in m.text]
                return found[0] if found else None

            said = await until(linked)
            assert said.startswith("here\nbig <b>.zip (1 MB)\n")
            address = re.search(r"https://files\.example\.org(\S+)", said)
            assert address
            async with aiohttp.ClientSession() as session, session.get(program.url + address[1]) as answer:
                assert await answer.read() == content
                assert (
                    answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''big%20%3Cb%3E.zip"
                )
            await until(lambda: any("got a link instead" in m.text for m in here.people.of_app(ivan.chat)))
