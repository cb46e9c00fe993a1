"""Leases: one owner, tokens that grow, nothing written down under an old one."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection, text

from bot.leasing import MARGIN, Leases
from domain.events import ChatSeen, RawEvent
from storage import attempts, chats, claims, journal, leases
from storage.database import Database
from tests.program.running import until


def expire(conn: Connection) -> None:
    """As if nobody had renewed anything for long."""
    conn.execute(text("UPDATE leases SET until = 1"))
    conn.execute(text("UPDATE chats SET lease_until = 1"))


async def test_a_name_has_one_owner_until_it_expires(one: Database, other: Database) -> None:
    mine = await one.run(leases.beat, "one", ["receive:m"], [])
    assert mine.names["receive:m"] == 1
    assert "receive:m" not in (await other.run(leases.beat, "other", ["receive:m"], [])).names
    assert (await one.run(leases.beat, "one", ["receive:m"], [])).names["receive:m"] == 1
    await one.run(expire)
    theirs = await other.run(leases.beat, "other", ["receive:m"], [])
    assert theirs.names["receive:m"] == 2
    with pytest.raises(LookupError, match="not one's any more"):
        await one.run(leases.expect, "receive:m", "one", 1, LookupError("not one's any more"))
    await one.run(leases.expect, "receive:m", "other", 2, LookupError())
    await other.run(leases.drop_names, "other")
    assert (await one.run(leases.beat, "one", ["receive:m"], [])).names["receive:m"] == 3


async def test_processes_are_counted_while_they_live(one: Database, other: Database) -> None:
    assert (await one.run(leases.beat, "one", [], [])).processes == 1
    assert (await other.run(leases.beat, "other", [], [])).processes == 2
    await one.run(expire)
    assert (await one.run(leases.beat, "one", [], [])).processes == 1


async def test_a_chat_taken_over_lets_nobody_settle_under_the_old_token(
    one: Database, other: Database
) -> None:
    chat = (await one.run(chats.see, "m", "1", ChatSeen("c", "group"))).id
    assert await one.run(leases.take_chat, "one", chat) == (1, True)
    assert await other.run(leases.take_chat, "other", chat) is None
    assert await one.run(leases.take_chat, "one", chat) == (1, True)  # what is ours stays as it is
    before = leases.Fence(chat, "one", 1)
    assert await one.run(leases.passes, before, 0, None, 1000, 3)
    await one.run(expire)
    assert await other.run(leases.take_chat, "other", chat) == (2, False)
    assert not await one.run(leases.passes, before, 0, None, 2000, 5)
    assert await one.run(attempts.of_chat, chat, 0) == [1000] * 3
    assert (await one.run(leases.beat, "one", [], [chat])).chats == set()
    await other.run(leases.drop_chats, "other", [(chat, 1)])  # an old token lets go of nothing
    assert await one.run(leases.take_chat, "one", chat) is None
    await other.run(leases.drop_chats, "other", [(chat, 2)])
    assert await one.run(leases.take_chat, "one", chat) == (3, True)


async def test_an_event_is_claimed_once_and_in_its_lanes_order(one: Database, other: Database) -> None:
    events = [RawEvent(f"k{n}", "lane", n, "{}") for n in range(20)]
    rows = await one.run(journal.append, "m", "1", events, 1)
    assert not await one.run(claims.claim, [rows[1].id], None)
    order: list[int] = []

    async def work(db: Database) -> None:
        while len(order) < len(rows):
            head = rows[min(len(order), len(rows) - 1)]
            if await db.run(claims.claim, [head.id], None):
                order.append(head.id)

    await asyncio.gather(work(one), work(other), work(one), work(other))
    assert order == [row.id for row in rows]
    assert await one.run(claims.of_lane, "m", "1", "lane", 10) == []


async def test_what_two_do_alone_one_does(one: Database, other: Database) -> None:
    entered, release = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(conn: Connection) -> bool:
        alone = leases.alone(conn, leases.SWEEPING)
        loop.call_soon_threadsafe(entered.set)
        conn.execute(text("SELECT pg_sleep(0.3)"))
        return alone

    holding = asyncio.create_task(one.run(hold))
    await entered.wait()
    assert not await other.run(leases.alone, leases.SWEEPING)
    assert await holding
    assert await other.run(leases.alone, leases.SWEEPING)
    release.set()


def test_what_is_held_ends_a_moment_before_the_database_says_so() -> None:
    async def main() -> None:
        now = 100.0
        held = Leases(lambda: now)
        held.took(7, 3, 100.0)
        held.renewed({"receive:m": 1}, [7], 100.0)
        now = 100.0 + leases.LASTS - MARGIN - 0.01
        fence = held.fence(7)
        assert fence == (7, held.owner, 3)
        assert held.token("receive:m") == 1
        now += 0.02
        assert held.fence(7) is None
        assert held.token("receive:m") is None
        assert held.renewed({}, [], now) == [7]

    asyncio.run(main())


async def test_work_that_needs_a_name_begins_when_it_comes_and_breaks_off_when_it_goes() -> None:
    now, done = 0.0, []
    held = Leases(lambda: now)

    async def work() -> None:
        done.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            done.append("ended")

    task = asyncio.create_task(held.while_held("n", work))
    await asyncio.sleep(0)
    assert done == []
    assert held.wanted == {"n"}
    held.renewed({"n": 1}, [], now)
    await until(lambda: done == ["begun"])
    held.renewed({}, [], now)
    await until(lambda: done == ["begun", "ended"])
    task.cancel()
