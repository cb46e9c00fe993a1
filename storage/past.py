"""What was known of a messenger's chats before a gap, so that it can read what was written meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, literal_column, select

from storage.query import Query, p
from storage.schema import chats, desks, journal, places, tickets

if TYPE_CHECKING:
    from sqlalchemy import Connection

RECENT = 500
"""So many of the customers' chats are named, those first where something happened last."""

_HERE = (chats.c.messenger == p("messenger"), chats.c.account == p("account"))
_NEWEST = Query(
    select(func.max(journal.c.received_at)).where(
        journal.c.messenger == p("messenger"), journal.c.account == p("account")
    )
)
_DESKS = Query(select(chats.c.native).join_from(desks, chats, chats.c.id == desks.c.chat_id).where(*_HERE))
_THREADS = Query(
    select(chats.c.native, places.c.root)
    .join_from(tickets, places, places.c.id == tickets.c.desk_place_id)
    .join(chats, chats.c.id == places.c.chat_id)
    .where(tickets.c.state != literal_column("'closed'"), places.c.root.is_not(None), *_HERE)
)
_CONVERSATIONS = Query(
    select(chats.c.native, places.c.root)
    .join_from(tickets, places, places.c.id == tickets.c.customer_place_id)
    .join(chats, chats.c.id == places.c.chat_id)
    .where(tickets.c.state != literal_column("'closed'"), places.c.root.is_not(None), *_HERE)
)
_RECENT = (
    select(tickets.c.customer_place_id, tickets.c.touched_at)
    .order_by(tickets.c.id.desc())
    .limit(RECENT * 10)
    .subquery()
)
_PRIVATE = Query(
    select(chats.c.native)
    .join_from(_RECENT, places, places.c.id == _RECENT.c.customer_place_id)
    .join(chats, chats.c.id == places.c.chat_id)
    .where(*_HERE)
    .group_by(chats.c.native)
    .order_by(func.max(_RECENT.c.touched_at).desc())
    .limit(RECENT)
)


def newest(conn: Connection, messenger: str, account: str) -> int | None:
    """When something last came from the messenger, in milliseconds; None when nothing is known of it."""
    return _NEWEST.value(conn, messenger=messenger, account=account)  # type: ignore[no-any-return]


def threads(conn: Connection, messenger: str, account: str) -> dict[str, tuple[str, ...]]:
    """Desks with the threads of their open tickets, then the chats of customers, those shared with several of them
    with the threads of their open tickets; by the messenger's own ids.
    """
    key = {"messenger": messenger, "account": account}
    found: dict[str, list[str]] = {row.native: [] for row in _DESKS.rows(conn, **key)}
    for row in (*_THREADS.rows(conn, **key), *_CONVERSATIONS.rows(conn, **key)):
        found.setdefault(row.native, []).append(row.root)
    for row in _PRIVATE.rows(conn, **key):
        found.setdefault(row.native, [])
    return {native: tuple(roots) for native, roots in found.items()}
