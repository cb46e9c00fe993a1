"""Two customers, or two tickets, become one: what refers to the one refers to the other from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import literal_column, select, update

from storage.query import Query, p
from storage.schema import customers, letters, links, messages, places, tickets

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.query import Row

_TICKETS = Query(
    update(tickets)
    .where(tickets.c.customer_id == p("old"))
    .values(customer_id=p("new"), customer_place_id=p("place_id"))
)
_SAME = Query(
    update(customers)
    .where((customers.c.id == p("old")) | (customers.c.same_as_id == p("old")))
    .values(same_as_id=p("new"))
)
_MESSAGES = Query(update(messages).where(messages.c.ticket_id == p("old")).values(ticket_id=p("new")))
_LINKS = Query(
    update(links)
    .where(
        links.c.ticket_id == p("old"),
        links.c.message_id.in_(
            select(messages.c.id).where(messages.c.ticket_id == p("old")).scalar_subquery()
        ),
    )
    .values(ticket_id=p("new"))
)
_OWN_LINKS = Query(  # of no message: they are found by the places where the ticket is
    update(links)
    .where(
        links.c.ticket_id == p("old"),
        links.c.message_id.is_(None),
        links.c.place_id.in_(
            select(places.c.id)
            .where(places.c.ticket_id == p("old"))
            .union_all(
                select(places.c.id)
                .join(customers, customers.c.chat_id == places.c.chat_id)
                .join(
                    tickets,
                    (customers.c.id == tickets.c.customer_id)
                    | (customers.c.same_as_id == tickets.c.customer_id),
                )
                .where(tickets.c.id == p("old"), places.c.kind == literal_column("'chat'"))
            )
        ),
    )
    .values(ticket_id=p("new"))
)
_LETTERS = Query(
    update(letters)
    .where(letters.c.ticket_id == p("old"), letters.c.state == literal_column("'waiting'"))
    .values(ticket_id=p("new"))
)
_MESSAGES_HERE = Query(
    update(messages).where(messages.c.chat_id == p("old")).values(chat_id=p("new"), place_id=p("place_id"))
)
_LINKS_HERE = Query(
    update(links).where(links.c.chat_id == p("old")).values(chat_id=p("new"), place_id=p("place_id"))
)
_OPEN = Query(
    select(tickets)
    .where(tickets.c.customer_id == p("customer_id"), tickets.c.state != literal_column("'closed'"))
    .order_by(tickets.c.id)
)


def customers_as_one(conn: Connection, old: int, new: int, place_id: int) -> None:
    """The customer `old`, and whoever turned out to be them, is `new`, whose chat is `place_id`; so are their tickets."""
    _TICKETS.run(conn, old=old, new=new, place_id=place_id)
    _SAME.run(conn, old=old, new=new)


def tickets_as_one(conn: Connection, old: int, new: int) -> None:
    """What was said in the ticket `old` was said in `new`."""
    for query in (_LINKS, _OWN_LINKS, _MESSAGES, _LETTERS):
        query.run(conn, old=old, new=new)


def chats_as_one(conn: Connection, old: int, new: int, place_id: int) -> None:
    """The messages of the chat `old` are in `new` now, under the same references."""
    _MESSAGES_HERE.run(conn, old=old, new=new, place_id=place_id)
    _LINKS_HERE.run(conn, old=old, new=new, place_id=place_id)


def open_tickets(conn: Connection, customer_id: int) -> list[Row]:
    """The customer's open tickets, the oldest first."""
    return _OPEN.rows(conn, customer_id=customer_id)
