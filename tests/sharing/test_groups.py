"""Units of one process on PostgreSQL: side by side in one transaction, and yet as if one came after the other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from storage import facts
from storage.database import Database, DatabaseBusy
from storage.others import Others
from storage.query import DRIVER, Query
from storage.schema import facts as facts_table
from storage.side_by_side import SideBySide

FACT = Query(facts_table.select())


def driver_of(conn: Connection) -> SideBySide:
    driver: SideBySide = conn.__dict__[DRIVER]
    return driver


def about(ticket: int, then: Callable[[Connection], Any]) -> Callable[[Connection], Any]:
    """A unit about a ticket, as the handlers' are."""

    def unit(conn: Connection) -> Any:
        driver_of(conn).first("SELECT 1", ())
        driver_of(conn).hold([ticket])
        return then(conn)

    return unit


async def together(db: Database, *units: Callable[[Connection], Any]) -> list[Any]:
    """Run them as one group; what came of each, an error as its result."""
    release, entered = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(_: Connection) -> None:
        loop.call_soon_threadsafe(entered.set)
        release.wait(10)

    holding = asyncio.create_task(db.run(wait))
    await entered.wait()
    running = [asyncio.create_task(db.run(unit)) for unit in units]
    await asyncio.sleep(0)
    release.set()
    _, *came = await asyncio.gather(holding, *running, return_exceptions=True)
    return came


def steps(log: list[str], name: str) -> Callable[[Connection], None]:
    """Something in three steps, of which each is noted."""

    def unit(conn: Connection) -> None:
        for n in range(3):
            log.append(f"{name}{n}")
            facts.put(conn, name, str(n))

    return unit


async def test_units_about_different_tickets_share_a_transaction_and_go_on_together(one: Database) -> None:
    log: list[str] = []

    def noted(name: str) -> Callable[[Connection], str]:
        def unit(conn: Connection) -> str:
            steps(log, name)(conn)
            return transaction(conn)

        return unit

    numbers = await together(one, *(about(n, noted(name)) for n, name in enumerate("abcd")))
    assert len(set(numbers)) == 1
    assert log[:4] == ["a0", "b0", "c0", "d0"]


def transaction(conn: Connection) -> str:
    found: str = driver_of(conn).execute("SELECT pg_current_xact_id()::text", ()).fetchone()[0]
    return found


async def test_units_about_one_ticket_come_one_after_the_other(one: Database) -> None:
    log: list[str] = []
    await together(one, about(1, steps(log, "a")), about(2, steps(log, "b")), about(1, steps(log, "c")))
    assert [x for x in log if x[0] != "b"] == ["a0", "a1", "a2", "c0", "c1", "c2"]


async def test_a_unit_that_says_nothing_of_itself_has_the_transaction_to_itself(one: Database) -> None:
    log: list[str] = []
    await together(
        one, about(1, steps(log, "a")), steps(log, "x"), about(2, steps(log, "b")), steps(log, "y")
    )
    told = "".join(log)  # up to its first statement a unit touches nothing
    assert "x1x2" in told
    assert "y1y2" in told


async def test_what_no_query_knows_of_may_be_asked_in_the_middle(one: Database) -> None:
    def asks(conn: Connection) -> int:
        facts.put(conn, "n", "1")
        found = conn.execute(text("SELECT 40 + 2")).scalar()
        facts.put(conn, "n", "2")
        return int(found or 0)

    assert await together(one, about(1, asks), about(2, asks), asks, about(3, asks)) == [42] * 4


async def test_a_unit_that_fails_fails_alone(one: Database) -> None:
    def fails(conn: Connection) -> None:
        facts.put(conn, "half", "done")
        raise ValueError("its own fault")

    def wrong(conn: Connection) -> None:
        facts.put(conn, "other half", "done")
        driver_of(conn).execute("SELECT 1 / 0", ())

    log: list[str] = []
    came = await together(
        one, about(1, steps(log, "a")), about(2, fails), about(3, wrong), steps(log, "b"), fails, wrong
    )
    assert came[0] is came[3] is None
    assert [isinstance(error, ValueError) for error in came] == [False, True, False, False, True, False]
    assert all("division by zero" in str(came[n]) for n in (2, 5))
    assert await one.read(facts.get, "a") == await one.read(facts.get, "b") == "2"
    assert await one.read(facts.get, "half") is await one.read(facts.get, "other half") is None


async def test_an_error_that_a_unit_swallows_commits_no_half(one: Database) -> None:
    def sloppy(conn: Connection) -> None:
        facts.put(conn, "before", "1")
        try:
            driver_of(conn).execute("SELECT 1 / 0", ())
        except Exception:  # noqa: BLE001 (that is the point)
            return

    log: list[str] = []
    came = await together(one, about(1, steps(log, "a")), about(2, sloppy))
    assert came[0] is None
    assert isinstance(came[1], DatabaseBusy)
    assert await one.read(facts.get, "before") is None


async def test_a_row_that_another_process_has_in_hand_holds_up_its_unit_alone(
    one: Database, other: Database
) -> None:
    await one.run(facts.put, "contended", "0")
    release, entered = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def keeps(conn: Connection) -> None:
        facts.put(conn, "contended", "1")
        loop.call_soon_threadsafe(entered.set)
        release.wait(10)

    keeping = asyncio.create_task(other.run(keeps))
    await entered.wait()
    late = asyncio.create_task(one.run(facts.put, "contended", "2"))
    log: list[str] = []
    await together(one, about(1, steps(log, "a")), about(2, steps(log, "b")))
    assert not late.done()
    release.set()
    await asyncio.gather(keeping, late)
    assert await one.read(facts.get, "contended") == "2"


async def test_a_connection_that_is_lost_fails_what_was_under_way_and_is_made_anew(one: Database) -> None:
    def dies(conn: Connection) -> None:
        facts.put(conn, "half", "done")
        driver_of(conn).execute("SELECT pg_terminate_backend(pg_backend_pid())", ())

    log: list[str] = []
    came = await together(one, about(1, steps(log, "a")), about(2, dies))
    assert all(isinstance(error, DatabaseBusy) for error in came)
    await one.run(facts.put, "after", "1")
    assert await one.read(facts.get, "half") is None
    assert await one.read(facts.get, "after") == "1"


async def test_a_server_that_takes_no_commits_any_more_is_looked_for_anew(one: Database) -> None:
    def demotes(conn: Connection) -> None:
        driver_of(conn).execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", ())

    await one.run(demotes)
    with pytest.raises(DatabaseBusy, match="read-only"):
        await one.run(facts.put, "n", "1")
    await one.run(facts.put, "n", "2")
    assert await one.read(facts.get, "n") == "2"


async def test_a_connection_that_was_closed_meanwhile_is_made_anew_before_anything_fails(
    one: Database,
) -> None:
    await one.run(facts.put, "n", "1")
    idle = "datname = current_database() AND query LIKE '%COMMIT%' AND pid <> pg_backend_pid()"
    await one.read(number, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {idle}")
    await one.run(facts.put, "n", "2")
    assert await one.read(facts.get, "n") == "2"


def number(conn: Connection, sql: str) -> int:
    return int(conn.execute(text(sql)).scalar() or 0)


class Server:
    """Transactions of ours and of others, one thing that they change, and what a snapshot says of them."""

    def __init__(self) -> None:
        self.numbers = 100
        self.running: list[int] = []
        self.ended = self.numbers - 1
        self.value = 0

    def begin(self) -> int:
        number, self.numbers = self.numbers, self.numbers + 1
        self.running.append(number)
        return number

    def end(self, number: int, *, changes: bool) -> None:
        self.running.remove(number)
        self.ended = max(self.ended, number)
        self.value += changes

    def snapshot(self) -> str:
        upto = self.ended + 1
        seen = [n for n in self.running if n < upto]
        return f"{min(seen, default=upto)}:{upto}:{','.join(map(str, seen))}"


@given(
    st.lists(st.sampled_from(["ours", "look", "theirs begins", "theirs ends", "theirs fails"]), max_size=60)
)
def test_what_is_remembered_while_nobody_else_writes_is_true(happens: list[str]) -> None:
    """Whatever is still known after a look is what the database would answer at that moment."""
    server, others = Server(), Others()
    theirs: list[int] = []
    own: int | None = None
    for what in happens:
        if what == "ours":
            if own is None:
                own = server.begin()
            else:
                others.ours(str(own))
                server.end(own, changes=False)
                own = None
        elif what == "look":
            others.ours(None if own is None else str(own))
            if others.seen(server.snapshot()):
                known = others.memory.row(FACT)
                assert known.get("value", server.value) == server.value
                known["value"] = server.value
        elif what == "theirs begins":
            theirs.append(server.begin())
        elif theirs:
            server.end(theirs.pop(0), changes=what == "theirs ends")


def test_what_is_remembered_lasts_as_long_as_nobody_else_writes() -> None:
    server, others = Server(), Others()
    for _ in range(3):
        own = server.begin()
        others.ours(str(own))
        assert others.seen(server.snapshot())
        others.memory.row(FACT).setdefault("value", object())
        server.end(own, changes=False)
    known = others.memory.row(FACT)["value"]
    own = server.begin()
    others.ours(str(own))
    assert others.seen(server.snapshot())
    assert others.memory.row(FACT)["value"] is known
    server.end(server.begin(), changes=True)
    assert others.seen(server.snapshot())
    assert "value" not in others.memory.row(FACT)


async def test_units_that_wait_for_each_other_are_told_apart(one: Database) -> None:
    def both(first: int, second: int) -> Callable[[Connection], str]:
        def unit(conn: Connection) -> str:
            facts.get(conn, "n")
            driver_of(conn).hold([second])
            facts.put(conn, f"{first} {second}", "done")
            return "done"

        return about(first, unit)

    assert await together(one, both(1, 2), both(2, 1), both(3, 4)) == ["done"] * 3


async def test_many_units_about_few_tickets_are_all_done_in_their_order(one: Database) -> None:
    log: list[tuple[int, int]] = []

    def notes(ticket: int, n: int) -> Callable[[Connection], None]:
        def unit(conn: Connection) -> None:
            facts.put(conn, f"{ticket}", str(n))
            log.append((ticket, n))
            assert facts.get(conn, f"{ticket}") == str(n), "nobody else is about this ticket now"

        return about(ticket, unit)

    await asyncio.gather(*(one.run(notes(n % 3, n)) for n in range(200)))
    for ticket in range(3):
        numbers = [n for about_it, n in log if about_it == ticket]
        assert numbers == sorted(numbers)
        assert len(numbers) in (66, 67)
