"""Tickets and who did what to them when."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, case, func, insert, literal_column, select

from storage.query import KEPT, Changing, Query, Row, inserting, p
from storage.schema import customers, events, people, tickets

_OPEN = tickets.c.state != literal_column("'closed'")
_BY_ID = Query(select(tickets).where(tickets.c.id == p("id")).with_for_update(), keep=KEPT)
_CURRENT = Query(
    select(tickets).where(tickets.c.customer_place_id == p("place_id"), _OPEN).with_for_update(), keep=KEPT
)
_LATEST = Query(  # the customer is named because their tickets are indexed
    select(tickets)
    .where(tickets.c.customer_id == p("customer_id"), tickets.c.customer_place_id == p("place_id"))
    .order_by(tickets.c.id.desc())
    .limit(1)
    .with_for_update()
)
_OF_CUSTOMER = Query(
    select(tickets)
    .where(tickets.c.customer_id == p("customer_id"))
    .order_by(tickets.c.id.desc())
    .limit(p("limit"))
)
_ADD = inserting(
    tickets,
    "customer_id",
    "customer_place_id",
    "desk",
    "state",
    "subject",
    "unanswered_since",
    "created_at",
    "touched_at",
)
_LINE = (
    select(
        tickets,
        customers.c.name.label("customer"),
        people.c.name.label("assignee"),
    )
    .join(customers, customers.c.id == tickets.c.customer_id)
    .outerjoin(people, people.c.id == tickets.c.assignee_id)
)
_OF_DESK = Query(
    _LINE.where(tickets.c.desk == p("desk"), _OPEN)
    .order_by(
        case((tickets.c.state == literal_column("'agent'"), 0), else_=1),
        tickets.c.unanswered_since,
        tickets.c.id,
    )
    .limit(p("limit"))
)
_OF_ASSIGNEE = Query(
    _LINE.where(tickets.c.assignee_id == p("person_id"), _OPEN)
    .order_by(tickets.c.unanswered_since, tickets.c.id)
    .limit(p("limit"))
)
_ALL_OPEN = Query(select(tickets.c.id).where(tickets.c.desk == p("desk"), _OPEN).order_by(tickets.c.id))
_WAITING = Query(
    select(tickets.c.id)
    .where(tickets.c.desk == p("desk"), tickets.c.state == literal_column("'agent'"), _OPEN)
    .limit(1)
)
_WAKING = Query(
    select(tickets)
    .where(tickets.c.state == literal_column("'snoozed'"), tickets.c.snoozed_until <= p("now"))
    .order_by(tickets.c.snoozed_until)
    .limit(100)
    .with_for_update(skip_locked=True)
)
_BY_ASSIGNEE = Query(
    select(people.c.messenger, people.c.native, func.count().label("count"))
    .select_from(tickets.join(people, people.c.id == tickets.c.assignee_id))
    .where(_OPEN)
    .group_by(people.c.messenger, people.c.native)
)
_IDLE = Query(
    select(tickets)
    .where(tickets.c.state == literal_column("'customer'"), tickets.c.touched_at <= p("before"))
    .order_by(tickets.c.touched_at)
    .limit(p("limit"))
    .with_for_update(skip_locked=True)
)
_UNANSWERED = Query(
    _LINE.where(
        tickets.c.desk == p("desk"),
        tickets.c.state == literal_column("'agent'"),
        tickets.c.unanswered_since < p("before"),
    )
    .order_by(tickets.c.unanswered_since)
    .limit(p("limit"))
)
_HANDED_OUT = Query(
    select(tickets)
    .where(
        tickets.c.desk == p("desk"),
        tickets.c.state == literal_column("'agent'"),
        tickets.c.assigned_at <= p("before"),
    )
    .order_by(tickets.c.assigned_at)
    .limit(p("limit"))
    .with_for_update(skip_locked=True)
)
_RECORD = Query(insert(events).values({c: p(c) for c in ("ticket_id", "person_id", "what", "detail", "at")}))
_HISTORY = Query(select(events).where(events.c.ticket_id == p("ticket_id")).order_by(events.c.id))

change = Changing(tickets)


def by_id(conn: Connection, ticket_id: int) -> Row | None:
    """The ticket, locked for this transaction where the database locks rows."""
    return _BY_ID.row(conn, id=ticket_id)


def get(conn: Connection, ticket_id: int) -> Row:
    """The ticket that must be there."""
    row = _BY_ID.row(conn, id=ticket_id)
    if row is None:
        raise LookupError(f"no ticket {ticket_id}")
    return row


def current(conn: Connection, customer_place_id: int) -> Row | None:
    """The open ticket of a customer's chat: there is one at most."""
    return _CURRENT.row(conn, place_id=customer_place_id)


def latest(conn: Connection, customer_id: int, customer_place_id: int) -> Row | None:
    """The newest ticket of a customer in a chat of theirs, open or closed."""
    return _LATEST.row(conn, customer_id=customer_id, place_id=customer_place_id)


def of_customer(conn: Connection, customer_id: int, limit: int = 10) -> list[Row]:
    """The customer's tickets, newest first."""
    return _OF_CUSTOMER.rows(conn, customer_id=customer_id, limit=limit)


def create(
    conn: Connection, customer_id: int, customer_place_id: int, desk: str, subject: str, now_ms: int
) -> Row:
    """Open a ticket that waits for an agent."""
    ticket_id = _ADD.value(
        conn,
        customer_id=customer_id,
        customer_place_id=customer_place_id,
        desk=desk,
        state="agent",
        subject=subject,
        unanswered_since=now_ms,
        created_at=now_ms,
        touched_at=now_ms,
    )
    return get(conn, ticket_id)


def of_desk(conn: Connection, desk: str, limit: int) -> list[Row]:
    """Open tickets of a desk with names: those that wait for an agent first, oldest question first."""
    return _OF_DESK.rows(conn, desk=desk, limit=limit)


def of_assignee(conn: Connection, person_id: int, limit: int) -> list[Row]:
    """Open tickets that a person has, oldest question first."""
    return _OF_ASSIGNEE.rows(conn, person_id=person_id, limit=limit)


def all_open(conn: Connection, desk: str) -> list[int]:
    """Numbers of all open tickets of a desk."""
    return [row.id for row in _ALL_OPEN.rows(conn, desk=desk)]


def any_waiting(conn: Connection, desk: str) -> bool:
    """Whether somebody in this desk waits for an agent."""
    return _WAITING.value(conn, desk=desk) is not None


def waking(conn: Connection, now_ms: int) -> list[Row]:
    """Snoozed tickets whose time has come (some of them; ask again)."""
    return _WAKING.rows(conn, now=now_ms)


def record(
    conn: Connection, ticket_id: int, person_id: int | None, what: str, now_ms: int, detail: str = ""
) -> None:
    """Write down who did what."""
    _RECORD.run(conn, ticket_id=ticket_id, person_id=person_id, what=what, detail=detail, at=now_ms)


def history(conn: Connection, ticket_id: int) -> list[Row]:
    """What was done with the ticket, oldest first."""
    return _HISTORY.rows(conn, ticket_id=ticket_id)


def open_elsewhere(conn: Connection, desks: Sequence[str]) -> list[int]:
    """Numbers of open tickets in desks other than these."""
    return [row.id for row in conn.execute(select(tickets.c.id).where(_OPEN, tickets.c.desk.not_in(desks)))]


def open_by_assignee(conn: Connection) -> list[Row]:
    """How many open tickets each agent has."""
    return _BY_ASSIGNEE.rows(conn)


def idle(conn: Connection, before_ms: int, limit: int) -> list[Row]:
    """Tickets that have waited for their customer since before that time."""
    return _IDLE.rows(conn, before=before_ms, limit=limit)


def unanswered(conn: Connection, desk: str, before_ms: int, limit: int) -> list[Row]:
    """Tickets of a desk whose question was asked before that time and waits, oldest first, with names."""
    return _UNANSWERED.rows(conn, desk=desk, before=before_ms, limit=limit)


def handed_out(conn: Connection, desk: str, before_ms: int, limit: int) -> list[Row]:
    """Unanswered tickets of a desk that somebody has had since before that time."""
    return _HANDED_OUT.rows(conn, desk=desk, before=before_ms, limit=limit)
