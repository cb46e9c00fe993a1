"""Links: which message of the bot is a copy of what. Every message of the bot in a desk has one."""

from __future__ import annotations

from sqlalchemy import Connection, insert, literal_column, select, update

from storage.query import Changing, Query, Row, p
from storage.schema import chats, links, messages, places

_COLUMNS = (
    "place_id",
    "chat_id",
    "ref",
    "message_id",
    "letter_id",
    "ticket_id",
    "role",
    "part",
    "revision",
    "joined",
    "sent_at",
)
_ADD = Query(insert(links).values({c: p(c) for c in _COLUMNS}))
_BY_REF = Query(
    select(links).where(links.c.chat_id == p("chat_id"), links.c.ref == p("ref")).order_by(links.c.id)
)
_THERE = links.c.role != literal_column("'gone'")
_COPIES_IN_PLACE = Query(
    select(links)
    .where(links.c.message_id == p("message_id"), links.c.place_id == p("place_id"), _THERE)
    .order_by(links.c.part, links.c.id)
)
_PRIVATE_PLACES = Query(
    select(links.c.place_id)
    .join(places, places.c.id == links.c.place_id)
    .where(links.c.message_id == p("message_id"), places.c.kind == literal_column("'chat'"), _THERE)
    .distinct()
)
# Links of a place are found by the messages of its ticket; those of none (cards, the bot's own words) by an index.
_OWN = (links.c.place_id == p("place_id"), links.c.message_id.is_(None))
_OF_TICKET = (
    links.c.place_id == p("place_id"),
    links.c.message_id.in_(
        select(messages.c.id).where(messages.c.ticket_id == p("ticket_id")).scalar_subquery()
    ),
)
_LAST_OWN = Query(
    select(links.c.id, links.c.ref)
    .where(*_OWN, links.c.role != literal_column("'say'"))
    .order_by(links.c.id.desc())
    .limit(1)
)
_LAST_COPY = Query(
    select(links.c.id, links.c.ref)
    .where(*_OF_TICKET, links.c.role != literal_column("'say'"))
    .order_by((links.c.id + literal_column("0")).desc())
    .limit(1)
)
_JOINED = Query(
    select(messages, links.c.role.label("link_role"), links.c.letter_id, chats.c.kind.label("from_kind"))
    .join(links, links.c.message_id == messages.c.id)
    .join(chats, chats.c.id == messages.c.chat_id)
    .where(links.c.chat_id == p("chat_id"), links.c.ref == p("ref"))
    .order_by(links.c.id)
)
_HELD_NOTICE = Query(
    select(links.c.ref)
    .where(*_OWN, links.c.role == literal_column("'held'"))
    .order_by(links.c.id.desc())
    .limit(1)
)
_LET_NOTICE_GO = Query(
    update(links).where(*_OWN, links.c.role == literal_column("'held'")).values(role=literal_column("'say'"))
)
_FORGET_OWN = Query(update(links).where(*_OWN).values(role=literal_column("'gone'")))
_FORGET_COPIES = Query(update(links).where(*_OF_TICKET).values(role=literal_column("'gone'")))
_RENAME = Query(
    update(links).where(links.c.chat_id == p("chat_id"), links.c.ref == p("was")).values(ref=p("ref"))
)
_FORGET = Query(
    update(links)
    .where(links.c.chat_id == p("chat_id"), links.c.ref == p("ref"))
    .values(role=literal_column("'gone'"))
)

change = Changing(links)


def add(
    conn: Connection,
    *,
    place_id: int,
    chat_id: int,
    ref: str,
    role: str,
    sent_at: int,
    message_id: int | None = None,
    letter_id: int | None = None,
    ticket_id: int | None = None,
    part: int = 0,
    revision: int = 0,
    joined: bool = False,
) -> None:
    """Remember that the bot's message `ref` is there, and of what it is a copy."""
    _ADD.post(
        conn,
        place_id=place_id,
        chat_id=chat_id,
        ref=ref,
        role=role,
        sent_at=sent_at,
        message_id=message_id,
        letter_id=letter_id,
        ticket_id=ticket_id,
        part=part,
        revision=revision,
        joined=int(joined),
    )


def by_ref(conn: Connection, chat_id: int, ref: str) -> list[Row]:
    """What the bot's message stands for: several originals when it is joined, none when it isn't the bot's."""
    return _BY_REF.rows(conn, chat_id=chat_id, ref=ref)


def copies_in_place(conn: Connection, message_id: int, place_id: int) -> list[Row]:
    """Where a message was copied to in a place, part by part."""
    return _COPIES_IN_PLACE.rows(conn, message_id=message_id, place_id=place_id)


def private_places(conn: Connection, message_id: int) -> list[int]:
    """The customer's chats that hold copies of an answer: more than one when they have gone on in another."""
    return [row.place_id for row in _PRIVATE_PLACES.rows(conn, message_id=message_id)]


def last_in_place(conn: Connection, place_id: int, ticket_id: int) -> str | None:
    """The newest message of the bot in a ticket's place that isn't its own words."""
    copy = _LAST_COPY.row(conn, place_id=place_id, ticket_id=ticket_id)
    own = _LAST_OWN.row(conn, place_id=place_id)
    newest = max((row for row in (copy, own) if row is not None), default=None)
    return None if newest is None else str(newest.ref)


def held_notice(conn: Connection, place_id: int) -> str | None:
    """The message that says how many files wait in the place, as long as any do."""
    ref: str | None = _HELD_NOTICE.value(conn, place_id=place_id)
    return ref


def let_notice_go(conn: Connection, place_id: int) -> None:
    """Nothing waits there any more: the next flood gets a message of its own."""
    _LET_NOTICE_GO.run(conn, place_id=place_id)


def joined(conn: Connection, chat_id: int, ref: str) -> list[Row]:
    """The messages that one message of the bot is a copy of, in order."""
    return _JOINED.rows(conn, chat_id=chat_id, ref=ref)


def rename(conn: Connection, chat_id: int, was: str, ref: str) -> None:
    """The message of the bot is known by another reference from now on."""
    _RENAME.run(conn, chat_id=chat_id, was=was, ref=ref)


def forget(conn: Connection, chat_id: int, ref: str) -> None:
    """The message of the bot was deleted: nothing stands there any more."""
    _FORGET.run(conn, chat_id=chat_id, ref=ref)


def forget_place(conn: Connection, place_id: int, ticket_id: int) -> None:
    """The messages of a ticket's place are gone (its topic was deleted): nothing can be edited or answered there."""
    _FORGET_OWN.run(conn, place_id=place_id)
    _FORGET_COPIES.run(conn, place_id=place_id, ticket_id=ticket_id)
