"""No statement looks through a whole table that grows with what people write: SQLite's own plans are asked."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

import storage
from storage import migrate
from storage.query import Query

GROWING = {
    "attempts",
    "chats",
    "clocks",
    "customers",
    "events",
    "journal",
    "letters",
    "links",
    "messages",
    "once",
    "people",
    "pings",
    "places",
    "tickets",
    "web_chats",
    "web_file_chunks",
    "web_files",
    "web_messages",
    "web_people",
    "web_reads",
    "web_threads",
}
OPEN_ONLY = {
    "ix_chats_parked",
    "ix_clocks_wake_at",
    "ix_journal_failed",
    "ix_journal_new",
    "ix_letters_waiting",
    "ix_messages_mark_due",
    "ix_people_admin",
    "ix_places_state_due",
    "ix_tickets_open",
    "ix_tickets_snoozed",
    "ix_tickets_unanswered",
    "ix_web_chats_groups",
    "ix_web_people_agents",
    "uq_clocks_running",
    "uq_tickets_current",
}
"""Partial indexes of what is open or waits: as long as the work at hand, not as what was ever said."""

BOUNDED = {"storage.past._PRIVATE", "storage.journal._PRUNE"}
"""Walk a table from its newest or oldest row and stop after some."""


def queries() -> Iterator[tuple[str, Query]]:
    for found in pkgutil.walk_packages(storage.__path__, "storage."):
        if "migrations" in found.name:
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            named = value.items() if isinstance(value, dict) else [("", value)]
            for key, query in named:
                if isinstance(query, Query):
                    yield f"{found.name}.{name}{key and f'[{key}]'}", query


def scans(plan: list[str]) -> Iterator[str]:
    """Tables that a plan goes through from end to end, but for partial indexes of what is open.

    The same is everything of a messenger's, on the way to what was said there.
    """
    said = any(re.match(r"SEARCH (letters|messages|links) ", step) for step in plan)
    for step in plan:
        if said and re.match(r"SEARCH chats USING .*\(messenger=\?(?: AND account=\?)?\)", step):
            yield step
        scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if scan and scan[1] in GROWING and scan[2] not in OPEN_ONLY:
            yield step


QUERIES = dict(queries())


def test_the_statements_are_found() -> None:
    assert len(QUERIES) > 200


@pytest.fixture(scope="module")
def plans() -> dict[str, list[str]]:
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        migrate.create(conn)
        driver = conn.connection.driver_connection
        assert driver is not None
        found = {}
        for name, query in QUERIES.items():
            compiled = query.statement.compile(dialect=engine.dialect)
            if name.endswith("_ELSEWHERE"):
                continue  # PostgreSQL's words
            values = [None] * len(compiled.positiontup or ())
            rows = driver.execute(f"EXPLAIN QUERY PLAN {compiled}", values)
            found[name] = [row[3] for row in rows]
    engine.dispose()
    return found


def test_nothing_that_grows_is_scanned(plans: dict[str, list[str]]) -> None:
    assert {
        name: found for name, plan in plans.items() if (found := [*scans(plan)])
    }.keys() - BOUNDED == set()


def test_a_scan_would_be_seen() -> None:
    assert [*scans(["SCAN tickets"])] == ["SCAN tickets"]
    assert [*scans(["SCAN messages USING INDEX ix_messages_album_id"])]
    everything = "SEARCH chats USING COVERING INDEX sqlite_autoindex_chats_1 (messenger=?)"
    assert [*scans([everything, "SEARCH letters USING INDEX ix_letters_waiting (place_id=?)"])]
    assert not [*scans([everything, "SEARCH places USING INTEGER PRIMARY KEY (rowid=?)"])]
    assert not [
        *scans(["SCAN tickets USING INDEX uq_tickets_current", "SEARCH people USING INTEGER PRIMARY KEY"])
    ]
