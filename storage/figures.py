"""What the figures are made of: answered questions, and what was done with tickets, since a time.

Rows came in the order of their times, so the first of a time is found by halving: no index is needed, and years of
earlier rows cost nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal_column, select

from domain.figures import Deed, Wait
from domain.moments import to_ms
from storage.query import Query, p
from storage.schema import clocks, events, people, tickets

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST = 500_000
"""So many rows are read at most."""

_LAST = {
    "clocks": Query(select(func.max(clocks.c.id))),
    "events": Query(select(func.max(events.c.id))),
}
_FROM = {
    "clocks": Query(
        select(clocks.c.id, clocks.c.started_at.label("at"))
        .where(clocks.c.id >= p("id"))
        .order_by(clocks.c.id)
        .limit(1)
    ),
    "events": Query(
        select(events.c.id, events.c.at).where(events.c.id >= p("id")).order_by(events.c.id).limit(1)
    ),
}
_WAITS = Query(
    select(
        clocks.c.kind,
        clocks.c.started_at,
        clocks.c.used,
        clocks.c.target,
        tickets.c.desk,
        people.c.name,
    )
    .join(tickets, tickets.c.id == clocks.c.ticket_id)
    .outerjoin(people, people.c.id == clocks.c.answered_by)
    .where(
        clocks.c.id >= p("first"),
        clocks.c.started_at >= p("since"),
        clocks.c.outcome == literal_column("'answered'"),
    )
    .limit(MOST)
)
_DEEDS = Query(
    select(events.c.what, events.c.detail, events.c.at, tickets.c.desk, people.c.name)
    .join(tickets, tickets.c.id == events.c.ticket_id)
    .outerjoin(people, people.c.id == tickets.c.assignee_id)
    .where(
        events.c.id >= p("first"),
        events.c.at >= p("since"),
        events.c.what.in_([literal_column(f"'{what}'") for what in ("opened", "closed", "rated")]),
    )
    .limit(MOST)
)
_BY_STATE = Query(
    select(tickets.c.desk, tickets.c.state, func.count().label("count"))
    .where(tickets.c.state != literal_column("'closed'"))
    .group_by(tickets.c.desk, tickets.c.state)
)


def waits(conn: Connection, since: datetime) -> list[Wait]:
    """Questions that were asked since then and are answered."""
    first, since_ms = _first(conn, "clocks", since)
    return [
        Wait(
            "first" if row.kind == "first" else "next",
            _at(row.started_at),
            row.used / 1000,
            row.target / 1000,
            row.desk,
            row.name or "",
        )
        for row in _WAITS.rows(conn, first=first, since=since_ms)
    ]


def deeds(conn: Connection, since: datetime) -> list[Deed]:
    """Tickets that were opened, closed or rated since then."""
    first, since_ms = _first(conn, "events", since)
    return [
        Deed(row.what, _at(row.at), row.desk, row.name or "", _grade(row))
        for row in _DEEDS.rows(conn, first=first, since=since_ms)
    ]


def open_by_state(conn: Connection) -> list[tuple[str, str, int]]:
    """How many open tickets of each desk are in which state."""
    return [(row.desk, row.state, row.count) for row in _BY_STATE.rows(conn)]


def _first(conn: Connection, table: str, since: datetime) -> tuple[int, int]:
    """The first row of that time, by halving, and the time as the tables keep it."""
    since_ms = to_ms(since)
    low, high = 0, (_LAST[table].value(conn) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = _FROM[table].row(conn, id=middle)
        if row is None or row.at >= since_ms:
            high = middle
        else:
            low = row.id + 1
    # a few rows are not quite in order: clocks of other machines
    return max(low - 1000, 0), since_ms


def _grade(row: Any) -> int:
    return int(row.detail) if row.what == "rated" and row.detail.isdecimal() else 0


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
