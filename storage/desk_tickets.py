"""Tickets by where their threads are: reads for whoever shows a desk as a list."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Select, bindparam, func, literal_column, select

from storage.query import Query, Row, p
from storage.schema import chats, clocks, people, places, tickets

_latest = (
    select(func.max(clocks.c.id))
    .where(clocks.c.ticket_id == tickets.c.id)
    .correlate(tickets)
    .scalar_subquery()
)


def _placed() -> Select[*tuple[object, ...]]:
    return (
        select(
            places.c.root,
            tickets.c.state,
            tickets.c.snoozed_until,
            people.c.native.label("assignee"),
            people.c.name.label("assignee_name"),
            clocks.c.due_at,
            clocks.c.breaches,
            clocks.c.held_at,
            clocks.c.outcome,
        )
        .join(places, places.c.id == tickets.c.desk_place_id)
        .join(chats, chats.c.id == places.c.chat_id)
        .outerjoin(people, people.c.id == tickets.c.assignee_id)
        .outerjoin(clocks, clocks.c.id == _latest)
        .where(chats.c.messenger == p("messenger"), chats.c.native == p("native"))
    )


# from the thread to its ticket, not the other way round: places are indexed by chat and root
_IN_THREADS = _placed().where(
    places.c.root.in_(bindparam("roots", expanding=True)), tickets.c.id == places.c.ticket_id
)
_waiting_longest = func.coalesce(tickets.c.unanswered_since, tickets.c.touched_at)
_FILTERED = {
    "mine": Query(
        _placed()
        .where(people.c.native == p("person"), tickets.c.state != literal_column("'closed'"))
        .order_by(_waiting_longest)
        .limit(p("limit"))
    ),
    "unanswered": Query(
        _placed()
        .where(tickets.c.state == literal_column("'agent'"))
        .order_by(_waiting_longest)
        .limit(p("limit"))
    ),
    "snoozed": Query(
        _placed()
        .where(tickets.c.state == literal_column("'snoozed'"))
        .order_by(tickets.c.snoozed_until)
        .limit(p("limit"))
    ),
}


def in_threads(conn: Connection, messenger: str, native: str, roots: Sequence[str]) -> dict[str, Row]:
    """The tickets whose threads these are now, by thread; one that was moved elsewhere isn't there."""
    told = {"p_messenger": messenger, "p_native": native, "roots": list(roots)}
    return {row.root: row for row in conn.execute(_IN_THREADS, told)}


def filtered(conn: Connection, messenger: str, native: str, which: str, person: str, limit: int) -> list[Row]:
    """Open tickets of a desk that are `mine`, `unanswered` or `snoozed`, the most pressing first."""
    extra = {"person": person} if which == "mine" else {}
    return _FILTERED[which].rows(conn, messenger=messenger, native=native, limit=limit, **extra)
