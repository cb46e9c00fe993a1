"""`okno move-database`: everything comes along, both ways, or nothing does."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from bot.lock import Lock
from bot.relocation import move
from domain.events import ChatSeen, PersonSeen
from storage import chats, facts, leases, moving, people
from storage.database import Database, DatabaseUnusable
from storage.schema import metadata
from storage.webchat import files
from storage.webchat import people as web_people
from tests import postgres


@pytest.fixture
def server() -> str:
    return postgres.written(postgres.new_database("okno_move"))


@pytest.fixture
def file(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'okno.db'}"


def counted(conn: Connection) -> dict[str, int]:
    return {
        t.name: conn.execute(select(func.count()).select_from(t)).scalar() or 0
        for t in metadata.sorted_tables
        if t.name != "leases"
    }


def something(conn: Connection) -> None:
    for n in range(1200):  # more than one page
        chats.see(conn, "telegram", "1", ChatSeen(f"c{n}", "private", f"name \x00 {n}"))
    people.see(conn, "telegram", "1", PersonSeen("p", "Анна"), 5)
    facts.put(conn, "colour", "green")
    web_people.customer(conn, "c:1", "Anna", "en", "UTC", 1)
    file = files.begin(conn, "token", None, "a.bin", 1)
    for number in range(45):
        files.add_chunk(conn, file, number, bytes([number]) * 1000)
    files.complete(conn, file, "application/octet-stream", 45_000, 0, 0)


async def filled(url: str) -> dict[str, int]:
    database = await Database.open(url)
    await database.run(something)
    found = await database.read(counted)
    await database.close()
    return found


async def test_there_and_back(file: str, server: str, tmp_path: Path) -> None:
    before = await filled(file)
    said = await move(file, server)
    assert said.startswith(f"{sum(before.values())} rows")
    there = await Database.open(server)
    assert await there.read(counted) == before
    assert await there.read(facts.get, "colour") == "green"
    assert await there.read(files.chunk, 1, 44) == bytes([44]) * 1000
    assert (await there.run(chats.see, "telegram", "1", ChatSeen("new", "private"))).id == 1201
    found = await there.run(chats.find, "telegram", "1", "c7")
    assert found is not None
    assert found.title == "name \ufffd 7"
    await there.close()
    back = f"sqlite+aiosqlite:///{tmp_path / 'back.db'}"
    await move(server, back)
    again = await Database.open(back)
    assert (await again.read(counted))["chats"] == 1201
    await again.close()


async def test_it_refuses_a_target_that_is_not_empty_and_a_database_in_use(
    file: str, server: str, tmp_path: Path
) -> None:
    await filled(file)
    lock = Lock.hold(tmp_path / "okno.db")
    with pytest.raises(DatabaseUnusable, match="in use by another Okno"):
        await move(file, server)
    lock.release()
    await move(file, server)
    with pytest.raises(DatabaseUnusable, match=r"isn't empty: \w+ has rows; nothing was moved"):
        await move(file, server)
    there = await Database.open(server)
    await there.run(leases.beat, "somebody", [], [])
    await there.close()
    with pytest.raises(DatabaseUnusable, match="in use by 1 running Okno: stop it first"):
        await move(server, f"sqlite+aiosqlite:///{tmp_path / 'back.db'}")
    assert not (tmp_path / "back.db").exists()


async def test_no_okno_begins_anything_while_it_moves(file: str, server: str, tmp_path: Path) -> None:
    await filled(file)
    await move(file, server)
    late = await Database.open(server)
    begins: list[asyncio.Future[leases.Beat]] = []
    begun: list[bool] = []

    def moved(table: str, done: int, of: int) -> None:
        if not begins:
            begins.append(asyncio.ensure_future(late.run(leases.beat, "late", [], [])))
        begun.append(begins[0].done())

    await moving.move(server, f"sqlite+aiosqlite:///{tmp_path / 'back.db'}", moved)
    assert not any(begun)
    await begins[0]
    await late.close()


async def test_it_refuses_what_cannot_be_moved(file: str, server: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="nothing to move"):
        await move(file, server)
    with pytest.raises(DatabaseUnusable, match="same database"):
        await move(file, file)
    await filled(file)
    nowhere = server.replace("okno_move", "not_there")
    with pytest.raises(DatabaseUnusable, match="PostgreSQL can't be used"):
        await move(file, nowhere)
    with sqlite3.connect(tmp_path / "okno.db") as conn:
        conn.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(DatabaseUnusable, match="older schema"):
        await asyncio.wait_for(move(file, server), 20)
