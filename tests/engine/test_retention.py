"""Old text and files go bit by bit, and the file of the database shrinks; what is newer or under way stays."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth_data
from bot import retention
from domain.policy import Policy
from storage import Connection, outbox
from storage.database import Database
from storage.webchat import files

NOW = datetime(2026, 1, 12, 11, 0, tzinfo=UTC)
AT = round(NOW.timestamp() * 1000)
HALF = timedelta(days=182)
SIZE = growth_data.Size(customers=300, tickets=1200, open=20)


def ask(conn: Connection, sql: str) -> Any:
    return conn.exec_driver_sql(sql).scalar()


def hold(conn: Connection, letter: int) -> None:
    outbox.change(conn, letter, state="waiting")


def size_of(path: Path) -> int:
    return path.stat().st_size


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    path = tmp_path / "okno.db"
    growth_data.build(path, SIZE, growth_data.Telegram("1", "-1"), AT)
    return path


async def told(db: Database, sql: str) -> Any:
    return await db.read(ask, sql)


async def test_old_text_goes_and_newer_stays(grown: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "AIR", 0)
    db = await Database.open(f"sqlite+aiosqlite:///{grown}")
    before = AT - round(HALF.total_seconds() * 1000)
    young = await told(db, f"SELECT count(*) FROM messages WHERE written_at >= {before}")
    assert 0 < young < SIZE.messages
    first = await told(db, "SELECT min(id) FROM letters")
    await db.run(hold, first)
    await retention.forget(db, Policy((), keep_messages=HALF), now=lambda: NOW)
    assert await told(db, "SELECT count(*) FROM messages") == young + 1
    assert await told(db, f"SELECT count(*) FROM messages WHERE written_at < {before}") == 1
    assert await told(db, f"SELECT id FROM letters WHERE created_at < {before}") == first
    assert await told(db, f"SELECT count(*) FROM web_messages WHERE sent_at < {before}") == 0
    assert await told(db, "SELECT count(*) FROM tickets") == SIZE.tickets
    assert await told(db, f"SELECT count(*) FROM tickets WHERE closed_at < {before} AND subject <> ''") == 0
    assert await told(db, f"SELECT count(*) FROM tickets WHERE closed_at >= {before} AND subject = ''") == 0
    assert (
        await told(
            db,
            "SELECT count(*) FROM links l LEFT JOIN messages m ON m.id = l.message_id WHERE l.message_id IS NOT NULL AND m.id IS NULL",
        )
        == 0
    )
    assert await told(db, "PRAGMA integrity_check") == "ok"
    await db.close()


async def test_the_room_is_given_back_in_small_units(grown: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "AIR", 0)
    monkeypatch.setattr("storage.sqlite.SPARE", 10)
    db = await Database.open(f"sqlite+aiosqlite:///{grown}")
    size, longest = size_of(grown), 0.0
    run = db.run

    async def timed(fn: Any, *args: Any, **kwargs: Any) -> Any:
        def unit(conn: Connection) -> Any:
            nonlocal longest
            began = time.thread_time()
            done = fn(conn, *args, **kwargs)
            longest = max(longest, time.thread_time() - began)
            return done

        return await run(unit)

    monkeypatch.setattr(db, "run", timed)
    await retention.forget(db, Policy((), keep_messages=timedelta(days=1)), now=lambda: NOW)
    await db.close()
    assert size_of(grown) < size / 2
    assert longest < 0.2  # seconds of the writer's own time


async def test_files_go_when_they_are_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "AIR", 0)
    db = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'okno.db'}")
    for token, age in (("old", timedelta(days=40)), ("new", timedelta(days=1))):
        number = await db.run(files.begin, token, None, token, round((NOW - age).timestamp() * 1000))
        for piece in range(50):
            await db.run(files.add_chunk, number, piece, b"x" * 1000)
        await db.run(files.complete, number, "text/plain", 50_000, 0, 0)
    await retention.forget(db, Policy((), keep_files=timedelta(days=30)), now=lambda: NOW)
    assert await db.read(files.find, "old") is None
    assert await db.read(files.find, "new") is not None
    assert await told(db, "SELECT count(*) FROM web_file_chunks") == 50
    await db.close()


async def test_without_a_setting_everything_is_kept(grown: Path):
    db = await Database.open(f"sqlite+aiosqlite:///{grown}")
    await retention.forget(db, Policy(()), now=lambda: NOW)
    assert await told(db, "SELECT count(*) FROM messages") == SIZE.messages
    await db.close()
