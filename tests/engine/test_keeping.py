"""What both databases promise: units are committed or not, events are kept once, facts are made once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.events import RawEvent
from storage import Connection, facts, journal, tickets
from storage.backlog import backlog
from storage.database import Database, DatabaseBusy


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    yield database
    await database.close()


async def test_a_unit_that_fails_leaves_nothing(db: Database) -> None:
    def fail(conn: Connection) -> None:
        facts.put(conn, "half", "done")
        raise ValueError("its own fault")

    with pytest.raises(ValueError, match="its own fault"):
        await db.run(fail)
    assert await db.read(facts.get, "half") is None


async def test_closing_finishes_what_is_under_way(database_url: str) -> None:
    database = await Database.open(database_url)
    tasks = [asyncio.create_task(database.run(facts.put, f"n{n}", "x")) for n in range(100)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*tasks)
    again = await Database.open(database_url)
    assert await again.read(facts.get, "n99") == "x"
    await again.close()


async def test_a_broken_rule_of_the_tables_is_the_units_own_error(db: Database) -> None:
    def twice(conn: Connection) -> None:
        for _ in range(2):
            conn.exec_driver_sql("INSERT INTO facts (name, value) VALUES ('a', 'b')")

    with pytest.raises(Exception, match=r"(?i)unique") as raised:
        await db.run(twice)
    assert not isinstance(raised.value, DatabaseBusy)


async def test_readers_may_ask_what_writers_lock(db: Database) -> None:
    assert await db.read(tickets.by_id, 1) is None
    assert await db.read(tickets.current, 1) is None


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(DatabaseBusy):
        await db.read(facts.put, "colour", "red")
    assert await db.read(facts.get, "colour") is None


async def test_results_come_back_and_are_seen_by_readers(db: Database) -> None:
    await db.run(facts.put, "colour", "green")
    assert await db.run(facts.get, "colour") == "green"
    assert await db.read(facts.get, "colour") == "green"


def event(key: str, lane: str = "a", position: int = 0) -> RawEvent:
    return RawEvent(key=key, lane=lane, position=position, payload=f'{{"key":"{key}"}}', parsed={"key": key})


async def test_an_event_is_kept_once(db: Database) -> None:
    first = await db.run(journal.append, "telegram", "1", [event("x"), event("y"), event("x")], 1000)
    again = await db.run(journal.append, "telegram", "1", [event("y"), event("z")], 2000)
    other = await db.run(journal.append, "telegram", "2", [event("x")], 3000)
    assert [r.parsed["key"] for r in first] == ["x", "y"]
    assert [r.parsed["key"] for r in again] == ["z"]
    assert len(other) == 1
    rows = await db.read(journal.outstanding)
    assert [(r.payload, r.received_at) for r in rows] == [
        ('{"key":"x"}', 1000),
        ('{"key":"y"}', 1000),
        ('{"key":"z"}', 2000),
        ('{"key":"x"}', 3000),
    ]


async def test_large_batches_keep_their_order(db: Database) -> None:
    rows = await db.run(journal.append, "web", "", [event(f"k{n}", position=n) for n in range(203)], 1)
    assert [r.position for r in rows] == list(range(203))
    assert [r.id for r in rows] == sorted(r.id for r in rows)


async def test_handled_and_failed_events_are_no_longer_outstanding(db: Database) -> None:
    rows = await db.run(journal.append, "web", "", [event("a"), event("b"), event("c")], 5)
    await db.run(journal.mark_done, rows[0].id)
    await db.run(journal.mark_failed, rows[1].id, "what it was")
    assert [r.id for r in await db.read(journal.outstanding)] == [rows[2].id]
    assert await db.read(backlog, ["web"]) == (1, 5, 0, None, {})
    assert await db.read(backlog, ["telegram"]) == (0, None, 0, None, {"web": {"events": 1}})
    assert [f.reason for f in await db.read(journal.failures)] == ["what it was"]
    assert await db.run(journal.prune, 6) == 1
    assert await db.run(journal.append, "web", "", [event("b")], 7) == []


async def test_facts_are_made_once(db: Database) -> None:
    assert await db.run(facts.get_or_make, "code", lambda: "first") == "first"
    assert await db.run(facts.get_or_make, "code", lambda: "second") == "first"
    await db.run(facts.drop, "code")
    assert await db.run(facts.get, "code") is None
