"""Units of work: grouped, alone when one fails, never half, never lost to a cancelled caller."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from storage import Connection, facts, migrate
from storage.database import Database, DatabaseBusy, DatabaseUnusable
from storage.sqlite import GIVEN_BACK, SPARE


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(url_of(tmp_path / "okno.db"))
    yield database
    await database.close()


def pragma(conn: Connection, name: str) -> Any:
    return conn.exec_driver_sql(f"PRAGMA {name}").scalar()


async def test_what_the_writer_needs_is_in_force(db: Database) -> None:
    def ask(conn: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum", "busy_timeout")
        return {name: pragma(conn, name) for name in names}

    assert await db.run(ask) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "auto_vacuum": 2,
        "busy_timeout": 5000,
    }


async def blocked(db: Database) -> tuple[threading.Event, asyncio.Task[None]]:
    """Hold the writer in a unit, so that what follows is queued and taken as one group."""
    release, entered = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(_conn: Connection) -> None:
        loop.call_soon_threadsafe(entered.set)
        release.wait(10)

    holding = asyncio.create_task(db.run(wait))
    await entered.wait()
    return release, holding


async def test_queued_units_share_one_transaction_in_their_order(db: Database) -> None:
    begun: list[object] = []

    def note(conn: Connection, number: int) -> int:
        begun.append(conn.get_transaction())
        return number

    release, holding = await blocked(db)
    tasks = [asyncio.create_task(db.run(note, n)) for n in range(40)]
    await asyncio.sleep(0)
    assert db.waiting == 40
    release.set()
    assert await asyncio.gather(*tasks) == list(range(40))
    await holding
    assert all(transaction is begun[0] for transaction in begun)


async def test_a_failing_unit_fails_alone(db: Database) -> None:
    def fail(conn: Connection) -> None:
        facts.put(conn, "half", "done")
        raise ValueError("its own fault")

    release, holding = await blocked(db)
    first = asyncio.create_task(db.run(facts.put, "first", "1"))
    bad = asyncio.create_task(db.run(fail))
    last = asyncio.create_task(db.run(facts.put, "last", "1"))
    await asyncio.sleep(0)
    assert db.waiting == 3
    release.set()
    await asyncio.gather(holding, first, last)
    with pytest.raises(ValueError, match="its own fault"):
        await bad
    assert await db.read(facts.get, "first") == await db.read(facts.get, "last") == "1"
    assert await db.read(facts.get, "half") is None


async def test_a_cancelled_caller_does_not_cancel_its_unit(db: Database) -> None:
    release, holding = await blocked(db)
    task = asyncio.create_task(db.run(facts.put, "kept", "yes"))
    await asyncio.sleep(0)
    assert db.waiting == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    await holding
    assert await db.run(facts.get, "kept") == "yes"


async def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    database = await Database.open(url_of(tmp_path / "okno.db"))
    tasks = [asyncio.create_task(database.run(facts.put, f"n{n}", "x")) for n in range(200)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*tasks)
    with pytest.raises(DatabaseBusy):
        await database.run(facts.get, "n1")
    with sqlite3.connect(tmp_path / "okno.db") as conn:
        assert conn.execute("SELECT count(*) FROM facts").fetchone() == (200,)


async def test_a_full_disk_is_told_apart_and_passes(db: Database) -> None:
    def limit(conn: Connection, pages: int) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await db.run(limit, 1)  # no page more than it has
    with pytest.raises(DatabaseBusy):
        await db.run(facts.put, "big", "x" * 1_000_000)
    await db.run(limit, 1_000_000)
    await db.run(facts.put, "big", "x" * 1_000_000)


async def test_an_error_swallowed_inside_a_unit_commits_no_half(db: Database) -> None:
    def sloppy(conn: Connection) -> None:
        facts.put(conn, "before", "1")
        conn.exec_driver_sql("ROLLBACK")
        facts.put(conn, "after", "1")

    with pytest.raises(DatabaseBusy):
        await db.run(sloppy)
    assert await db.run(facts.get, "before") is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "not an address"),
        ("mysql://x/y", "not supported"),
        ("sqlite+aiosqlite://", "names no file"),
        ("sqlite+aiosqlite:////nowhere/at/all/okno.db", "no folder"),
    ],
)
async def test_wrong_addresses_are_named(url: str, says: str) -> None:
    with pytest.raises(DatabaseUnusable, match=says) as raised:
        await Database.open(url)
    assert "\n" not in str(raised.value)


async def test_files_that_are_no_database_of_okno_are_named(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("hello " * 1000)
    with pytest.raises(DatabaseUnusable, match="not an SQLite database"):
        await Database.open(url_of(text))
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as conn:
        conn.execute("CREATE TABLE theirs (x)")
    with pytest.raises(DatabaseUnusable, match="another program"):
        await Database.open(url_of(foreign))


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "okno.db"
    await (await Database.open(url_of(path))).close()
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseUnusable, match="newer Okno"):
        await Database.open(url_of(path))


async def test_an_older_database_is_copied_before_it_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "okno.db"
    database = await Database.open(url_of(path))
    await database.run(facts.put, "kept", "yes")
    await database.close()
    monkeypatch.setattr(migrate, "HEAD", "0099")
    upgraded: list[str] = []
    monkeypatch.setattr(migrate, "upgrade", upgraded.append)
    database = await Database.open(url_of(path))
    await database.close()
    assert len(upgraded) == 1
    copy = tmp_path / f"okno.db.before-{migrate.known_revisions()[-1]}"
    with sqlite3.connect(copy) as conn:
        assert conn.execute("SELECT value FROM facts WHERE name = 'kept'").fetchone() == ("yes",)


async def test_deleted_pages_are_given_back(db: Database) -> None:
    await db.run(facts.put, "big", "x" * 4096 * (SPARE + 2 * GIVEN_BACK))
    before = await db.run(pragma, "page_count")
    await db.run(facts.drop, "big")
    assert await db.shrink()  # there is more to give back
    assert await db.run(pragma, "page_count") == before - GIVEN_BACK


def tables(conn: Connection) -> set[str]:
    """Every table and index as the database remembers them, whatever order its parts were written in."""
    rows = conn.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").scalars()
    return {" ".join(sorted(re.split(r",?\s+", sql))) for sql in rows}


def test_migrations_and_schema_agree() -> None:
    """When this fails, the tables have changed: `python -m storage.draft_migration "what changes"`."""
    made, migrated = create_engine("sqlite://"), create_engine("sqlite://")
    with made.begin() as conn:
        migrate.create(conn)
        wanted = tables(conn)
    with migrated.begin() as conn:
        migrate.migrate(conn)
        assert tables(conn) == wanted
        assert migrate.current(conn) == migrate.HEAD
    for engine in (made, migrated):
        engine.dispose()
