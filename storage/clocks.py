"""Clocks of customers' questions, what was given for them, and the messages to the leads about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, literal_column, select

from domain.moments import to_ms
from storage.query import Changing, Query, Row, inserting, p
from storage.schema import clocks, ping_clocks, pings, places, reminders, tickets

_RUNNING = clocks.c.over == literal_column("0")
_CURRENT = Query(
    select(clocks).where(clocks.c.ticket_id == p("ticket_id")).order_by(clocks.c.id.desc()).limit(1)
)
_BY_ID = Query(select(clocks).where(clocks.c.id == p("id")))
_DUE = Query(
    select(clocks.c.id)
    .where(_RUNNING, clocks.c.wake_at <= p("now"))
    .order_by(clocks.c.wake_at)
    .limit(p("limit"))
)
_HOLD_DUE = Query(
    select(tickets.c.id)
    .join(clocks, clocks.c.ticket_id == tickets.c.id)
    .where(_RUNNING, clocks.c.wake_at <= p("now"))
    .order_by(tickets.c.id)
    .limit(p("limit"))
    .with_for_update(of=tickets)
)
_AFTER = Query(
    select(clocks.c.id).where(_RUNNING, clocks.c.id > p("id")).order_by(clocks.c.id).limit(p("limit"))
)
_OF_DESK = Query(
    select(clocks.c.id)
    .join(tickets, tickets.c.id == clocks.c.ticket_id)
    .where(_RUNNING, tickets.c.desk == p("desk"))
    .order_by(clocks.c.started_at)
    .limit(p("limit"))
)
_OF_CUSTOMER = Query(
    select(clocks.c.id)
    .join(tickets, tickets.c.id == clocks.c.ticket_id)
    .where(_RUNNING, tickets.c.customer_id == p("customer_id"))
)
_COLUMNS = (
    "ticket_id",
    "kind",
    "started_at",
    "target",
    "since",
    "used",
    "due_at",
    "held_at",
    "held_used",
    "ended_at",
    "outcome",
    "reminders",
    "reminded",
    "pings",
    "pinged",
    "breaches",
    "quiet_until",
    "wake_at",
    "over",
)
_ADD = inserting(clocks, *_COLUMNS)
_GIVE = Query(insert(reminders).values({c: p(c) for c in ("clock_id", "kind", "number", "at")}))
_GIVEN = Query(
    select(reminders.c.at).where(
        reminders.c.clock_id == p("clock_id"),
        reminders.c.kind == p("kind"),
        reminders.c.number == p("number"),
    )
)
_ADD_PING = inserting(pings, "place_id", "created_at")
_ADD_MEMBER = Query(insert(ping_clocks).values({c: p(c) for c in ("ping_id", "clock_id")}))
_PING = Query(select(pings).where(pings.c.id == p("id")))
_PING_MEMBERS = Query(
    select(clocks)
    .join(ping_clocks, ping_clocks.c.clock_id == clocks.c.id)
    .where(ping_clocks.c.ping_id == p("id"))
    .order_by(clocks.c.id)
)
_PINGS_OF = Query(
    select(pings)
    .join(ping_clocks, ping_clocks.c.ping_id == pings.c.id)
    .where(ping_clocks.c.clock_id == p("clock_id"))
    .order_by(pings.c.id)
    .with_for_update(of=pings)
)
_PING_BY_REF = Query(
    select(pings)
    .join(places, places.c.id == pings.c.place_id)
    .where(places.c.chat_id == p("chat_id"), pings.c.ref == p("ref"))
)

change = Changing(clocks)
change_ping = Changing(pings)


def ms(at: datetime | None) -> int | None:
    """The time as the tables keep it, of clocks as of messages: an answer is found to be the one that holds."""
    return None if at is None else to_ms(at)


def moment(stored: int | None) -> datetime | None:
    """The time as the rules want it."""
    return None if stored is None else datetime.fromtimestamp(stored / 1000, UTC)


def span(stored: int) -> timedelta:
    """Working time as the rules want it."""
    return timedelta(milliseconds=stored)


def latest(conn: Connection, ticket_id: int) -> Row | None:
    """The ticket's newest clock, over or not."""
    return _CURRENT.row(conn, ticket_id=ticket_id)


def by_id(conn: Connection, clock_id: int) -> Row:
    """The clock with that number."""
    row = _BY_ID.row(conn, id=clock_id)
    if row is None:
        raise LookupError(f"no clock {clock_id}")
    return row


def add(conn: Connection, ticket_id: int, values: dict[str, object]) -> int:
    """Remember a new clock of a ticket; its values as `storage.clocks` columns."""
    return int(_ADD.value(conn, ticket_id=ticket_id, **values))


def due(conn: Connection, now_ms: int, limit: int) -> list[int]:
    """Clocks that ask for something by now, the longest overdue first."""
    return [row.id for row in _DUE.rows(conn, now=now_ms, limit=limit)]


def hold_due(conn: Connection, now_ms: int, limit: int) -> None:
    """Lock the tickets of such clocks, where the database locks rows: what is read of them afterwards holds."""
    if conn.dialect.name != "sqlite":
        _HOLD_DUE.rows(conn, now=now_ms, limit=limit)


def after(conn: Connection, clock_id: int, limit: int) -> list[int]:
    """Clocks that aren't over, by number, after that one."""
    return [row.id for row in _AFTER.rows(conn, id=clock_id, limit=limit)]


def of_desk(conn: Connection, desk: str, limit: int) -> list[int]:
    """Clocks of a desk that aren't over, the longest wait first."""
    return [row.id for row in _OF_DESK.rows(conn, desk=desk, limit=limit)]


def of_customer(conn: Connection, customer_id: int) -> list[int]:
    """Clocks of a customer's tickets that aren't over."""
    return [row.id for row in _OF_CUSTOMER.rows(conn, customer_id=customer_id)]


def give(conn: Connection, clock_id: int, kind: str, number: int, now_ms: int) -> bool:
    """Write down that this was given; False when it was already."""
    if _GIVEN.value(conn, clock_id=clock_id, kind=kind, number=number) is not None:
        return False
    _GIVE.run(conn, clock_id=clock_id, kind=kind, number=number, at=now_ms)
    return True


def add_ping(conn: Connection, place_id: int, clock_ids: list[int], now_ms: int) -> int:
    """Remember a message about these clocks' breaches."""
    ping_id = int(_ADD_PING.value(conn, place_id=place_id, created_at=now_ms))
    for clock_id in clock_ids:
        _ADD_MEMBER.run(conn, ping_id=ping_id, clock_id=clock_id)
    return ping_id


def ping(conn: Connection, ping_id: int) -> Row:
    """The ping with that number."""
    row = _PING.row(conn, id=ping_id)
    if row is None:
        raise LookupError(f"no ping {ping_id}")
    return row


def ping_members(conn: Connection, ping_id: int) -> list[Row]:
    """The clocks a ping is about."""
    return _PING_MEMBERS.rows(conn, id=ping_id)


def pings_of(conn: Connection, clock_id: int) -> list[Row]:
    """The pings about a clock, oldest first."""
    return _PINGS_OF.rows(conn, clock_id=clock_id)


def ping_by_ref(conn: Connection, chat_id: int, ref: str) -> Row | None:
    """The ping that is this message."""
    return _PING_BY_REF.row(conn, chat_id=chat_id, ref=ref)
