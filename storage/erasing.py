"""Taking a customer out of the tables: who they were, what was said, files. Numbers and times stay, for the figures.

Rows are emptied rather than deleted: what is on its way to or from a messenger at that moment still finds its row.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import delete, func, literal_column, or_, select, update

from domain.messages import Content, dump_content, files_in
from storage.query import Query, p
from storage.schema import (
    chats,
    crossings,
    customers,
    journal,
    letters,
    links,
    messages,
    people,
    places,
    tickets,
)
from storage.webchat import erasing as web

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from storage.query import Row

NOBODY = "–"
"""What an erased customer is called."""

EMPTY = dump_content(Content())

_CUSTOMER = (
    select(
        customers.c.id,
        customers.c.name,
        customers.c.same_as_id,
        customers.c.chat_id,
        customers.c.person_id,
        people.c.messenger,
        people.c.native,
        people.c.username,
        chats.c.native.label("chat"),
    )
    .join(people, people.c.id == customers.c.person_id)
    .join(chats, chats.c.id == customers.c.chat_id)
)
_BY_ID = Query(_CUSTOMER.where(customers.c.id == p("id")))
_FAMILY = Query(
    _CUSTOMER.where((customers.c.id == p("id")) | (customers.c.same_as_id == p("id"))).order_by(
        customers.c.id
    )
)
_BY_ADDRESS = Query(_CUSTOMER.where(people.c.messenger == p("messenger"), people.c.native == p("native")))
_BY_NAME = _CUSTOMER.where(
    or_(
        func.lower(customers.c.name) == func.lower(p("name")),
        customers.c.name == p("name"),
        func.lower(people.c.username) == func.lower(p("username")),
    )
).limit(20)
_OWNER = Query(select(tickets.c.customer_id).where(tickets.c.id == p("id")))
_TICKETS = Query(
    select(tickets.c.id, tickets.c.state).where(tickets.c.customer_id == p("id")).order_by(tickets.c.id)
)
_PLACES = Query(
    select(places, chats.c.messenger, chats.c.native, chats.c.title.label("chat_title"))
    .join(chats, chats.c.id == places.c.chat_id)
    .where(places.c.ticket_id == p("ticket_id"))
)
_COPIES = Query(
    select(links.c.ref, links.c.sent_at, links.c.place_id)
    .join(messages, messages.c.id == links.c.message_id)
    .where(messages.c.ticket_id == p("ticket_id"), links.c.role != literal_column("'gone'"))
)
_OWN = Query(
    select(links.c.ref, links.c.sent_at, links.c.place_id).where(
        links.c.place_id == p("place_id"),
        links.c.message_id.is_(None),
        links.c.role != literal_column("'gone'"),
    )
)
_COUNTED = Query(
    select(messages.c.role, messages.c.chat_id, func.count().label("count"))
    .where(messages.c.ticket_id == p("ticket_id"))
    .group_by(messages.c.role, messages.c.chat_id)
)
_CONTENTS = Query(
    select(messages.c.id, messages.c.content)
    .where(messages.c.ticket_id == p("ticket_id"), messages.c.id > p("after"))
    .order_by(messages.c.id)
    .limit(p("most"))
)
_EMPTY_MESSAGE = Query(
    update(messages)
    .where(messages.c.id == p("id"))
    .values(content=p("content"), deleted=1, revision=messages.c.revision + 1)
)
_EMPTY_LETTERS = Query(
    update(letters)
    .where(letters.c.message_id == p("message_id"), letters.c.state != literal_column("'waiting'"))
    .values(payload=literal_column("''"))
)
_EMPTY_SAID = Query(
    update(letters)
    .where(
        letters.c.place_id == p("place_id"),
        letters.c.payload != literal_column("''"),
        letters.c.kind != literal_column("'erase'"),
        letters.c.state != literal_column("'waiting'"),
    )
    .values(payload=literal_column("''"))
)
_EMPTY_TICKET = Query(
    update(tickets)
    .where(tickets.c.id == p("id"))
    .values(subject=literal_column("''"), rating_comment=literal_column("''"))
)
_EMPTY_PLACE = Query(
    update(places)
    .where(places.c.id == p("id"))
    .values(title=p("title"), card_ref=None, card_print=literal_column("''"))
)
_EMPTY_CUSTOMER = Query(
    update(customers)
    .where(customers.c.id == p("id"))
    .values(
        name=p("name"),
        details=literal_column("''"),
        tier=literal_column("''"),
        next_desk=literal_column("''"),
        blocked_at=p("now"),
    )
)
_EMPTY_PERSON = Query(
    update(people)
    .where(people.c.id == p("id"))
    .values(
        name=p("name"),
        native=p("native"),
        username=literal_column("''"),
        timezone=literal_column("''"),
        locale=literal_column("''"),
        chosen_locale=literal_column("''"),
    )
)
_EMPTY_CHAT = Query(
    update(chats).where(chats.c.id == p("id")).values(native=p("native"), title=literal_column("''"))
)
_DROP_CROSSINGS = Query(delete(crossings).where(crossings.c.customer_id == p("id")))

_JOURNAL = Query(
    select(journal.c.id, journal.c.messenger, journal.c.lane)
    .where(journal.c.id > p("after"))
    .order_by(journal.c.id)
    .limit(p("most"))
)
_EMPTY_EVENT = Query(
    update(journal)
    .where(journal.c.id == p("id"), journal.c.state != literal_column("'new'"))
    .values(payload=literal_column("'{}'"))
)


def find(conn: Connection, wanted: str) -> list[Row]:
    """Customers that somebody may mean: by number, `#ticket`, `messenger:id`, `@username`, or whole name.

    Those who turned out to be another are that other one.
    """
    wanted = wanted.strip()
    if wanted.isdecimal():
        found = [_BY_ID.row(conn, id=int(wanted))]
    elif wanted.startswith("#") and wanted[1:].isdecimal():
        owner = _OWNER.value(conn, id=int(wanted[1:]))
        found = [_BY_ID.row(conn, id=owner)] if owner is not None else []
    else:
        messenger, _, native = wanted.partition(":")
        found = list(_BY_ADDRESS.rows(conn, messenger=messenger, native=native)) if native else []
        if not found:
            values = {"p_name": wanted, "p_username": wanted.lstrip("@") or wanted}
            found = list(conn.execute(_BY_NAME, values))
    meant = {row.same_as_id or row.id: row for row in found if row is not None}
    rows = (_BY_ID.row(conn, id=number) for number in meant)
    return [row for row in rows if row is not None]


def family(conn: Connection, customer_id: int) -> list[Row]:
    """The customer and those who turned out to be them, each with person and chat."""
    return _FAMILY.rows(conn, id=customer_id)


def tickets_of(conn: Connection, customer_id: int) -> list[Row]:
    """All tickets of the customer, oldest first: id and state."""
    return _TICKETS.rows(conn, id=customer_id)


def places_of(conn: Connection, ticket_id: int) -> list[Row]:
    """Every place a ticket has or had in desks, with its chat."""
    return _PLACES.rows(conn, ticket_id=ticket_id)


def shown(conn: Connection, ticket_id: int) -> list[Row]:
    """The bot's messages about a ticket, in desks and with the customer: ref, sent_at, place_id; each once."""
    found = list(_COPIES.rows(conn, ticket_id=ticket_id))
    for place in places_of(conn, ticket_id):
        found += _OWN.rows(conn, place_id=place.id)
    return list({(row.place_id, row.ref): row for row in found}.values())


def counted(conn: Connection, ticket_id: int) -> list[Row]:
    """How many messages of each role were written in each chat of a ticket."""
    return _COUNTED.rows(conn, ticket_id=ticket_id)


def thoroughly(conn: Connection, *, on: bool) -> None:
    """Whether what is freed from now on is overwritten, whatever that costs; where the database knows such a thing."""
    if conn.dialect.name == "sqlite":
        driver: Any = conn.connection.driver_connection
        driver.execute(f"PRAGMA secure_delete = {'ON' if on else 'FAST'}")


def empty_messages(conn: Connection, ticket_id: int, after: int, most: int) -> tuple[int, set[str]]:
    """Empty some of a ticket's messages after that one; the last one's number (0: none left), and files in them."""
    last, files = 0, set[str]()
    for row in _CONTENTS.rows(conn, ticket_id=ticket_id, after=after, most=most):
        last = row.id
        files |= files_in(row.content)
        _EMPTY_MESSAGE.run(conn, id=row.id, content=EMPTY)
        _EMPTY_LETTERS.run(conn, message_id=row.id)
    return last, files


def empty_ticket(conn: Connection, ticket_id: int) -> None:
    """Empty what a ticket and its places say of their own."""
    _EMPTY_TICKET.run(conn, id=ticket_id)
    for place in places_of(conn, ticket_id):
        _EMPTY_PLACE.run(conn, id=place.id, title=f"#{ticket_id}")
        _EMPTY_SAID.run(conn, place_id=place.id)
        if place.messenger == "web" and place.root:
            web.empty_thread(conn, int(place.root), f"#{ticket_id}")


def empty_customer(conn: Connection, row: Row, private_place_id: int | None, now_ms: int) -> None:
    """Nobody is this customer any more; who writes from the same account is somebody new."""
    gone = f"erased:{secrets.token_hex(8)}"
    if row.messenger == "web":
        web.empty_person(conn, row.native, row.chat, gone, NOBODY)
    _EMPTY_CUSTOMER.run(conn, id=row.id, name=NOBODY, now=now_ms)
    _EMPTY_PERSON.run(conn, id=row.person_id, name=NOBODY, native=gone)
    _EMPTY_CHAT.run(conn, id=row.chat_id, native=gone)
    _DROP_CROSSINGS.run(conn, id=row.id)
    if private_place_id is not None:
        _EMPTY_SAID.run(conn, place_id=private_place_id)


def web_talks(conn: Connection, customer: Row, ticket_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Chat and thread numbers of everything about the customer in the built-in messenger."""
    found = []
    own = web.chat(conn, customer.chat) if customer.messenger == "web" else None
    if own is not None:
        found.append((own, 0))
    for ticket_id in ticket_ids:
        for place in places_of(conn, ticket_id):
            chat = web.chat(conn, place.native) if place.messenger == "web" else None
            if chat is not None and place.root:
                found.append((chat, int(place.root)))
    return found


def empty_events(conn: Connection, lanes: set[tuple[str, str]], after: int, most: int) -> int:
    """Empty the journal's handled events in these lanes, a page after that row; the page's last row (0: none left)."""
    last = 0
    for row in _JOURNAL.rows(conn, after=after, most=most):
        last = row.id
        if (row.messenger, row.lane) in lanes:
            _EMPTY_EVENT.run(conn, id=row.id)
    return last


def dump_refs(refs: Sequence[str]) -> str:
    """The payload of a letter that deletes messages of the bot."""
    return orjson.dumps(list(refs)).decode()


def load_refs(payload: str) -> tuple[str, ...]:
    """The references that `dump_refs` stored."""
    return tuple(orjson.loads(payload))
