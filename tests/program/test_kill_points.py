"""kill -9 at the moments that chance seldom meets: opening a topic, migrating, before the offset, inside an album, while
stopping.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from storage import migrate
from storage.writer import engine_for
from tests.fakes.telegram import TelegramFake
from tests.program.running import Program, running, until
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(privacy=False) as fake:
        yield fake


def desk_of(fake: TelegramFake) -> tuple[int, int, int]:
    """Anna, Ivan, and Ivan's desk."""
    anna, ivan = fake.people.user("Anna"), fake.people.user("Ivan")
    return anna, ivan, fake.people.group("Desk", [ivan], forum=True)


def copies(fake: TelegramFake, desk: int) -> list[str]:
    return [m.text for m in fake.control.shows(desk) if m.by_bot and not m.buttons]


def nothing_waits(folder: Path) -> bool:
    """Whether all that is to be sent is known to be sent."""
    with closing(sqlite3.connect(f"file:{folder / 'okno.db'}?mode=ro", uri=True)) as database:
        return database.execute("SELECT 1 FROM letters WHERE state = 'waiting'").fetchone() is None


@pytest.mark.parametrize("trouble", ["delay", "delay_after", "drop_after"])
async def test_while_it_opens_a_topic(trouble: str, fake: TelegramFake, tmp_path: Path):
    anna, _, desk = desk_of(fake)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.control.fault(trouble, "createForumTopic", seconds=1.0)  # type: ignore[arg-type]
        fake.people.writes(anna, "help")
        await until(lambda: not fake.control.troubles.faults, what="the request")
        await program.kill()
        await program.start()
        await until(lambda: copies(fake, desk) == ["help"])
    assert len(fake.control.topics(desk)) == 1


async def test_between_the_journal_and_the_offset(fake: TelegramFake, tmp_path: Path):
    anna, _, desk = desk_of(fake)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.people.writes(anna, "first")
        await until(lambda: "first" in copies(fake, desk))
        fake.people.writes(anna, "help")
        fake.control.fault("delay", "getUpdates", times=None, seconds=30.0)  # what would confirm it
        await until(lambda: "help" in copies(fake, desk))
        await until(lambda: nothing_waits(tmp_path))  # else what was being sent may come twice
        await program.kill()
        assert fake.control.pending(), "Telegram was told nothing"
        fake.control.clear_faults()
        await program.start()
        await until(lambda: not fake.control.pending())
        fake.people.writes(anna, "last")
        await until(lambda: "last" in copies(fake, desk))
    assert copies(fake, desk) == ["first", "help", "last"]


async def test_at_the_end_of_an_album(fake: TelegramFake, tmp_path: Path):
    anna, _, desk = desk_of(fake)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.people.album(anna, [{"kind": "photo", "caption": "one"}, {"kind": "photo"}, {"kind": "photo"}])
        await until(lambda: not fake.control.pending(), what="its acknowledgement")
        await program.kill()
        await program.start()
        shown = await until(
            lambda: (
                [m for m in fake.control.shows(desk) if m.kind == "photo"][2:]
                and [m for m in fake.control.shows(desk) if m.kind == "photo"]
            )
        )
    assert len(shown) == 3
    assert len({m.album for m in shown}) == 1
    assert shown[0].album


async def test_while_it_stops(fake: TelegramFake, tmp_path: Path):
    anna, _, desk = desk_of(fake)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.people.writes(anna, "first")
        await until(lambda: "first" in copies(fake, desk))
        for number in range(20):
            fake.people.writes(anna, f"m{number:02}")
        program.signal(signal.SIGTERM)
        await asyncio.sleep(0.05)  # in the middle of stopping
        await program.kill()
        await program.start()
        await until(lambda: "m19" in copies(fake, desk)[-1])
    lines = [line for text in copies(fake, desk) for line in text.split("\n")]
    assert list(dict.fromkeys(lines)) == ["first", *(f"m{n:02}" for n in range(20))]
    assert len(lines) <= 22


async def test_while_it_migrates(fake: TelegramFake, tmp_path: Path):
    """Killed ever later on an old database, until a start gets through; nothing is left half done."""
    anna, _, desk = desk_of(fake)
    old = tmp_path / "okno.db"
    engine = engine_for(old)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
    engine.dispose()
    program = Program(tmp_path, **telegram(fake, howto=desk))
    for moment in (0.6, 0.9, 1.2, 1.5, 1.8):
        program.process = None
        starting = asyncio.create_task(program.start())
        await until(lambda: program.process is not None)
        await asyncio.sleep(moment)  # into the start
        await program.kill()
        await asyncio.gather(starting, return_exceptions=True)
    fake.people.writes(anna, "help")
    async with running(tmp_path, **telegram(fake, howto=desk)):
        await until(lambda: copies(fake, desk) == ["help"])
    with engine_for(old).connect() as conn:
        assert migrate.current(conn) == migrate.HEAD
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
