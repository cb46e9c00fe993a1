"""Whom it concerns that somebody types: from a customer's chat to their ticket's thread, and back. For readers."""

from __future__ import annotations

from sqlalchemy import Connection, literal_column, select

from storage.query import Query, Row, p
from storage.schema import chats, places, tickets

_theirs, _desks = chats.alias("theirs"), chats.alias("desks")
_customers, _threads = places.alias("customers"), places.alias("threads")
_OPEN = tickets.c.state != literal_column("'closed'")
_BOTH = (
    tickets.join(_customers, _customers.c.id == tickets.c.customer_place_id)
    .join(_theirs, _theirs.c.id == _customers.c.chat_id)
    .join(_threads, _threads.c.id == tickets.c.desk_place_id)
    .join(_desks, _desks.c.id == _threads.c.chat_id)
)
_THREAD_OF = Query(
    select(_desks.c.messenger, _desks.c.native, _threads.c.root, _desks.c.threaded)
    .select_from(_BOTH)
    .where(
        _theirs.c.messenger == p("messenger"),
        _theirs.c.account == p("account"),
        _theirs.c.native == p("native"),
        _OPEN,
    )
    .order_by(tickets.c.id.desc())
    .limit(1)
)
_CUSTOMER_OF = Query(
    select(_theirs.c.messenger, _theirs.c.native)
    .select_from(_BOTH)
    .where(
        _desks.c.messenger == p("messenger"),
        _desks.c.account == p("account"),
        _desks.c.native == p("native"),
        _threads.c.root == p("root"),
        _OPEN,
    )
    .limit(1)
)


def thread_of(conn: Connection, messenger: str, account: str, native: str) -> Row | None:
    """Where the desk reads what the customer of a private chat writes; None while no ticket of theirs is open."""
    return _THREAD_OF.row(conn, messenger=messenger, account=account, native=native)


def customer_of(conn: Connection, messenger: str, account: str, native: str, root: str) -> Row | None:
    """Where the customer of an open ticket's thread reads."""
    return _CUSTOMER_OF.row(conn, messenger=messenger, account=account, native=native, root=root)
