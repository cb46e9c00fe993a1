"""Tickets by where their threads are: reads for whoever shows a desk as a list."""

from __future__ import annotations

from sqlalchemy import Connection, Select, and_, func, select

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


_IN_THREAD = Query(_placed().where(places.c.root == p("root")))
_waiting_longest = func.coalesce(tickets.c.unanswered_since, tickets.c.touched_at)
_FILTERED = {
    "mine": Query(
        _placed()
        .where(and_(people.c.native == p("person"), tickets.c.state != "closed"))
        .order_by(_waiting_longest)
        .limit(p("limit"))
    ),
    "unanswered": Query(
        _placed().where(tickets.c.state == "agent").order_by(_waiting_longest).limit(p("limit"))
    ),
    "snoozed": Query(
        _placed().where(tickets.c.state == "snoozed").order_by(tickets.c.snoozed_until).limit(p("limit"))
    ),
}


def in_thread(conn: Connection, messenger: str, native: str, root: str) -> Row | None:
    """The ticket whose thread this is now; one that was moved elsewhere isn't there."""
    return _IN_THREAD.row(conn, messenger=messenger, native=native, root=root)


def filtered(conn: Connection, messenger: str, native: str, which: str, person: str, limit: int) -> list[Row]:
    """Open tickets of a desk that are `mine`, `unanswered` or `snoozed`, the most pressing first."""
    extra = {"person": person} if which == "mine" else {}
    return _FILTERED[which].rows(conn, messenger=messenger, native=native, limit=limit, **extra)
