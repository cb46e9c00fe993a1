"""Two processes at once on the same tables: what may be once is once, and nothing that was said is overlooked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.cards import press_data
from domain.events import ChatSeen, Edited, Event, PersonSeen, Pressed, RawEvent, Wrote
from domain.messages import Content
from domain.policy import Address, Policy
from domain.requests import OpenThread, Refused, Send, Sent
from domain.richtext import plain
from domain.work import Effects, Work
from handlers import claiming, delivered, letters, settling_in, timed
from storage import chats, journal, leases
from storage.database import Database
from storage.query import DRIVER, Query, Row
from storage.side_by_side import SideBySide
from storage.webchat import messages as web_messages
from storage.webchat import records
from tests import postgres
from tests.handlers.office import CAPS, DESKS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
POLICY = Policy(
    tuple(replace(d, address=Address("m", f"-{i + 1}")) for i, d in enumerate(DESKS)),
    capabilities={"m": CAPS},
    accounts={"m": "bot"},
    locale="en",
)
DESK = ChatSeen("-1", "group", "Desk", threaded=True)
_numbers = count(1)


@pytest.fixture(autouse=True)
async def _settled(one: Database) -> None:
    await one.run(settling_in.settle_in, POLICY, NOW)


def said(who: str, words: str, chat: ChatSeen | None = None, thread: str | None = None) -> Wrote:
    where = chat or ChatSeen(who, "private")
    content = Content(text=plain(words), copyable=True)
    return Wrote(where, PersonSeen(who, who.title(), who), str(next(_numbers)), content, NOW, thread)


async def handled(db: Database, event: Event, lane: str = "") -> Effects | None:
    """Keep and handle one event, as a process does."""
    raw = RawEvent(f"k{next(_numbers)}", lane or f"lane{next(_numbers)}", 0, "{}")
    (row,) = await db.run(journal.append, "m", "bot", [raw], 0)
    return await db.run(claiming.handle, POLICY, NOW, "m", [row.id], [event])


def number(conn: Connection, sql: str) -> int:
    return int(conn.execute(text(sql)).scalar() or 0)


async def sent(db: Database, work: Work, take: Callable[[Work], Sent | Refused] | None = None) -> Work | None:
    """The work's request was made; gives what the lane has next."""
    requested = work.request
    refs: tuple[str, ...] = ("t1",) if isinstance(requested, OpenThread) else (f"b{next(_numbers)}",)
    if isinstance(requested, Send):
        refs = tuple(f"b{next(_numbers)}" for _ in requested.contents)
    outcome = take(work) if take else Sent(refs)
    return (await db.run(delivered.settle, POLICY, NOW, work, outcome)).next


async def ticket_with_thread(db: Database) -> None:
    effects = await handled(db, said("anna", "first"))
    assert effects is not None
    work: Work | None = effects.works[0]
    while work is not None:
        work = await sent(db, work)


async def test_two_first_messages_at_once_open_one_ticket(one: Database, other: Database) -> None:
    for n in range(5):
        who = f"anna{n}"
        await asyncio.gather(handled(one, said(who, "a")), handled(other, said(who, "b")))
    assert await one.read(number, "SELECT count(*) FROM tickets") == 5
    assert await one.read(number, "SELECT count(*) FROM customers") == 5
    assert await one.read(number, "SELECT count(*) FROM messages") == 10
    assert await one.read(number, "SELECT count(*) FROM letters WHERE kind = 'copy'") == 10


async def test_of_two_who_take_a_ticket_one_has_it_and_the_other_hears_so(
    one: Database, other: Database
) -> None:
    await ticket_with_thread(one)
    card = await one.read(
        lambda conn: conn.execute(text("SELECT card_ref FROM places WHERE root = 't1'")).scalar()
    )

    def press(who: str) -> Pressed:
        return Pressed(
            DESK, PersonSeen(who, who.title(), who), str(card), press_data(1, "take"), who, NOW, "t1"
        )

    effects = await asyncio.gather(handled(one, press("ivan")), handled(other, press("olga")))
    assert await one.read(number, "SELECT count(*) FROM events WHERE what = 'taken'") == 1
    answers = [a.text for e in effects if e for a in e.answers]
    assert len(answers) == 2
    assert answers[0] != answers[1]


async def test_messages_of_many_in_one_thread_keep_numbers_of_their_own(
    one: Database, other: Database
) -> None:
    await ticket_with_thread(one)
    await asyncio.gather(
        *(handled(db, said("anna", f"{n}")) for n in range(10) for db in (one, other)),
        *(handled(db, said("ivan", f"{n}", DESK, "t1")) for n in range(5) for db in (one, other)),
    )
    assert await one.read(number, "SELECT count(*) FROM messages") == 31
    assert await one.read(number, "SELECT count(*) FROM letters WHERE kind = 'copy'") == 31
    assert await one.read(number, "SELECT count(*) FROM tickets") == 1


async def test_an_edit_is_not_overlooked_by_a_copy_that_arrives_at_that_moment(
    one: Database, other: Database
) -> None:
    await ticket_with_thread(one)
    place = await one.read(number, "SELECT id FROM places WHERE root = 't1'")
    chat = await one.read(number, "SELECT chat_id FROM places WHERE root = 't1'")
    await one.run(leases.take_chat, "one", chat)
    for n in range(8):
        wrote = said("anna", f"text {n}")
        await handled(other, wrote)
        work = await one.run(letters.head, POLICY, place, "letters")
        assert work is not None
        edit = Edited(
            wrote.chat, wrote.author, wrote.ref, Content(text=plain(f"changed {n}"), copyable=True), NOW
        )
        await asyncio.gather(settled_fenced(one, chat, work), handled(other, edit))
        following = await one.run(letters.head, POLICY, place, "letters")
        assert following is not None, "the edit follows the copy"
        await sent(one, following)
        shown = await one.read(
            number, "SELECT max(revision) FROM links WHERE message_id = (SELECT max(id) FROM messages)"
        )
        assert shown == 2


async def settled_fenced(db: Database, chat: int, work: Work) -> None:
    """As delivery does where several processes send: the fence first, under which the ticket is locked."""

    def unit(conn: Connection) -> Any:
        assert leases.passes(conn, leases.Fence(chat, "one", 1), work.place_id, work.letter_id, 0, 1)
        return delivered.settle(conn, POLICY, NOW, work, Sent((f"b{next(_numbers)}",)))

    await db.run(unit)


async def test_a_reminder_is_given_once(one: Database, other: Database) -> None:
    await asyncio.gather(*(handled(one, said(f"c{n}", "help")) for n in range(10)))
    late = NOW.replace(hour=11)
    await asyncio.gather(*(db.run(timed.sweep, POLICY, late) for _ in range(3) for db in (one, other)))
    given = await one.read(number, "SELECT count(*) FROM reminders")
    distinct = await one.read(
        number, "SELECT count(*) FROM (SELECT DISTINCT clock_id, kind FROM reminders) AS d"
    )
    assert given == distinct > 0


async def test_numbers_of_a_web_chat_have_no_gap_and_no_double(one: Database, other: Database) -> None:
    def draft(key: str) -> records.Draft:
        return records.Draft(chat="howto", kind="group", key=key, contents=(Content(text=plain(key)),))

    await one.run(web_messages.store, draft("first"), 1)
    await asyncio.gather(
        *(
            db.run(web_messages.store, draft(f"{name}{n}"), 1)
            for n in range(15)
            for name, db in (("one", one), ("other", other), ("same", one), ("same", other))
        )
    )
    seqs = await one.read(
        lambda conn: list(conn.execute(text("SELECT seq FROM web_messages ORDER BY seq")).scalars())
    )
    assert seqs == list(range(1, 47))


async def test_what_another_process_has_changed_is_known_with_the_next_event(
    one: Database, other: Database
) -> None:
    await ticket_with_thread(one)
    for n, name in enumerate(("Anna", "Anna Smith", "Anna Jones")):
        by = (one, other)[n % 2]
        renamed = PersonSeen("anna", name, "anna")
        event = replace(said("anna", f"as {name}"), author=renamed)
        await handled(by, event)
        for db in (one, other):
            await handled(db, replace(said("anna", "again"), author=renamed))
        assert await one.read(number, f"SELECT count(*) FROM customers WHERE name = '{name}'") == 1


async def test_what_a_unit_has_changed_and_taken_back_is_not_remembered(one: Database) -> None:
    await ticket_with_thread(one)
    chat = await one.read(number, "SELECT id FROM chats WHERE native = 'anna'")
    event = said("anna", "more")
    (row,) = await one.run(journal.append, "m", "bot", [RawEvent("x", "x", 0, "{}")], 0)

    def fails(conn: Connection) -> None:
        claiming.handle(conn, POLICY, NOW, "m", [row.id], [event])
        chats.park(conn, chat, "never")
        assert chats.by_id(conn, chat).parked == "never"
        raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        await one.run(fails)

    def looks(conn: Connection) -> str:
        assert claiming.handle(conn, POLICY, NOW, "m", [row.id], [event]) is not None
        return str(chats.by_id(conn, chat).parked)

    assert await one.run(looks) == ""


@pytest.fixture(scope="module")
def quiet_server() -> Iterator[postgres.Server]:
    """Where nobody else writes, which would cost what is remembered."""
    cluster = postgres.new_folder()
    postgres.make_cluster(cluster)
    server = postgres.start(cluster)
    yield server
    server.stop()


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_remembered_is_what_the_tables_say(
    quiet_server: postgres.Server, seed: int
) -> None:
    """Two processes do this and that, one for a while and then the other; each compares what it knows with the tables."""
    address = postgres.new_database_on(quiet_server, "okno_remembers")
    postgres.make_tables(address)
    url = postgres.written(address)
    one, other = await Database.open(url), await Database.open(url)
    try:
        await _do_this_and_that(one, other, random.Random(seed))
    finally:
        await one.close()
        await other.close()


async def _do_this_and_that(one: Database, other: Database, chance: random.Random) -> None:
    compared = 0
    await ticket_with_thread(one)
    by, refs, names = one, [], ["Anna", "Anna Smith"]
    for n in range(60):
        by = chance.choice((one, other)) if n % 10 == 0 else by
        match chance.randrange(7):
            case 0 | 1:
                wrote = replace(said("anna", f"{n}"), author=PersonSeen("anna", chance.choice(names), "anna"))
                refs.append(wrote.ref)
                await handled(by, wrote)
            case 2:
                await handled(by, said(f"new{n}", "help"))
            case 3:
                await handled(by, said("ivan", f"{n}", DESK, "t1"))
            case 4 if refs:
                changed = Content(text=plain(f"changed {n}"), copyable=True)
                author = PersonSeen("anna", names[0], "anna")
                await handled(
                    by, Edited(ChatSeen("anna", "private"), author, chance.choice(refs), changed, NOW)
                )
            case 5:
                await by.run(timed.sweep, POLICY, NOW.replace(hour=10 + n // 10))
            case _:
                place = await by.read(number, "SELECT id FROM places WHERE root = 't1'")
                work = await by.run(letters.head, POLICY, place, "letters")
                if work is not None:
                    await sent(by, work)
        compared += await by.run(_compared)
    assert compared > 100


def _compared(conn: Connection) -> int:
    """Ask the tables for everything that is remembered; how much that is."""
    driver: SideBySide = conn.__dict__[DRIVER]
    driver.first("SELECT 1", ())
    driver.hold(())
    if driver.shared is None:
        return 0
    known: list[tuple[Query, Any, list[Row]]] = []
    known += [(q, values, [row]) for q, rows in driver.shared._rows.items() for values, row in rows.items()]
    known += [
        (q, values, list(a)) for q, lists in driver.shared._lists.items() for values, a in lists.items()
    ]
    for query, values, remembered in known:
        now = driver.execute(query._sql, values).fetchall()
        assert [tuple(row) for row in now] == [tuple(row) for row in remembered], str(query.statement)
    return len(known)
