"""Messages that people wrote, customers and staff alike, with the newest content of each."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, literal_column, select

from domain.messages import load_content
from storage.query import KEPT, Changing, Query, Row, p
from storage.schema import chats, links, messages, people, places

_MESSAGE = select(
    messages,
    chats.c.messenger.label("from_messenger"),
    chats.c.account.label("from_account"),
    chats.c.native.label("from_native"),
    chats.c.kind.label("from_kind"),
).join(chats, chats.c.id == messages.c.chat_id)
_BY_ID = Query(
    _MESSAGE.where(messages.c.id == p("id")), keep=3 * KEPT
)  # those of a burst still wait to be sent
_BY_REF = Query(_MESSAGE.where(messages.c.chat_id == p("chat_id"), messages.c.ref == p("ref")))
_ALBUM = Query(_MESSAGE.where(messages.c.album_id == p("album_id")).order_by(messages.c.id))
_OF_TICKET = Query(
    select(messages, people.c.name.label("author"))
    .join(people, people.c.id == messages.c.person_id)
    .where(messages.c.ticket_id == p("ticket_id"))
    .order_by(messages.c.id)
)
_MARK_DUE = Query(
    select(messages)
    .where(messages.c.place_id == p("place_id"), messages.c.mark_wanted != messages.c.mark_shown)
    .order_by(messages.c.id)
    .limit(1)
)
_MARK_PLACES = Query(
    select(messages.c.place_id).where(messages.c.mark_wanted != messages.c.mark_shown).distinct()
)
_MARK_PLACES_IN = Query(
    select(messages.c.place_id)
    .join(places, places.c.id == messages.c.place_id)
    .where(messages.c.mark_wanted != messages.c.mark_shown, places.c.chat_id == p("chat_id"))
    .distinct()
)
_COUNT = Query(
    select(func.count()).where(
        messages.c.ticket_id == p("ticket_id"), messages.c.role == literal_column("'answer'")
    )
)
_FIRST_UNANSWERED = Query(
    select(messages.c.content)
    .where(
        messages.c.ticket_id == p("ticket_id"),
        messages.c.role == literal_column("'customer'"),
        messages.c.written_at >= p("since"),
        messages.c.deleted == literal_column("0"),
    )
    .order_by(messages.c.id)
    .limit(1)
)
_FIRST_QUESTION = Query(
    select(func.min(messages.c.written_at)).where(
        messages.c.ticket_id == p("ticket_id"),
        messages.c.role == literal_column("'customer'"),
        messages.c.written_at > p("after"),
    )
)
_OF_CUSTOMER = (
    select(messages.c.written_at)
    .where(messages.c.ticket_id == p("ticket_id"), messages.c.role == literal_column("'customer'"))
    .order_by(messages.c.id.desc())
    .limit(1)
)
_PACE_OF_CUSTOMER = Query(
    select(
        _OF_CUSTOMER.scalar_subquery().label("newest"),
        _OF_CUSTOMER.offset(p("count")).scalar_subquery().label("earlier"),
    )
)
_LAST_ANSWER = Query(
    select(func.max(messages.c.written_at)).where(
        messages.c.ticket_id == p("ticket_id"), messages.c.role == literal_column("'answer'")
    )
)
_NEWEST_ANSWER_OF = Query(
    _MESSAGE.where(
        messages.c.ticket_id == p("ticket_id"),
        messages.c.person_id == p("person_id"),
        messages.c.role == literal_column("'answer'"),
        messages.c.deleted == literal_column("0"),
    )
    .order_by(messages.c.id.desc())
    .limit(1)
)
_UNSEEN_COPIES = Query(
    select(messages.c.id)
    .join(links, links.c.message_id == messages.c.id)
    .where(
        links.c.chat_id == p("chat_id"),
        links.c.id <= p("upto"),
        messages.c.mark_wanted.startswith(literal_column("'delivered'")),
    )
    .order_by(links.c.id.desc())
    .limit(p("limit"))
)
_COLUMNS = (
    "ticket_id",
    "place_id",
    "chat_id",
    "person_id",
    "ref",
    "role",
    "content",
    "reply_to_id",
    "album_id",
    "written_at",
)
_ADD = Query(insert(messages).values({c: p(c) for c in _COLUMNS}).returning(*messages.c))

_CLOCKS_DIFFER = 60_000  # a platform's clock and ours, in milliseconds

change = Changing(messages)


def by_id(conn: Connection, message_id: int) -> Row:
    """The message with Okno's own number, and the chat it was written in."""
    row = _BY_ID.row(conn, id=message_id)
    if row is None:
        raise LookupError(f"no message {message_id}")
    return row


def find(conn: Connection, message_id: int) -> Row | None:
    """The message with Okno's own number, unless it was deleted for its age."""
    return _BY_ID.row(conn, id=message_id)


def by_ref(conn: Connection, chat_id: int, ref: str) -> Row | None:
    """The message a person wrote in this chat under this reference."""
    return _BY_REF.row(conn, chat_id=chat_id, ref=ref)


def album(conn: Connection, album_id: int) -> list[Row]:
    """All messages of an album, in order."""
    return _ALBUM.rows(conn, album_id=album_id)


def of_ticket(conn: Connection, ticket_id: int) -> list[Row]:
    """Everything said in a ticket with its authors' names, oldest first."""
    return _OF_TICKET.rows(conn, ticket_id=ticket_id)


def answers(conn: Connection, ticket_id: int) -> int:
    """How many answers were given in the ticket."""
    return int(_COUNT.value(conn, ticket_id=ticket_id))


def unseen_copies(conn: Connection, chat_id: int, link_id: int, limit: int) -> list[int]:
    """The newest messages that were delivered to a chat, up to that link, and aren't known to be seen."""
    return [row.id for row in _UNSEEN_COPIES.rows(conn, chat_id=chat_id, upto=link_id, limit=limit)]


def newest_answer_of(conn: Connection, ticket_id: int, person_id: int) -> Row | None:
    """What an agent answered last in a ticket and didn't take back."""
    return _NEWEST_ANSWER_OF.row(conn, ticket_id=ticket_id, person_id=person_id)


def add(
    conn: Connection,
    *,
    ticket_id: int,
    place: Row,
    person_id: int,
    ref: str,
    role: str,
    content: str,
    reply_to_id: int | None,
    album_id: int | None,
    written_at: int,
) -> Row:
    """Remember a message that was written in a place."""
    (added,) = _ADD.rows(
        conn,
        ticket_id=ticket_id,
        place_id=place.id,
        chat_id=place.chat_id,
        person_id=person_id,
        ref=ref,
        role=role,
        content=content,
        reply_to_id=reply_to_id,
        album_id=album_id,
        written_at=written_at,
    )
    return _BY_ID.learn(
        conn, (*added, place.messenger, place.account, place.native, place.chat_kind), id=added.id
    )


def mark_due(conn: Connection, place_id: int) -> Row | None:
    """The oldest message of the place whose mark isn't shown as it should be."""
    return _MARK_DUE.row(conn, place_id=place_id)


def mark_places(conn: Connection) -> list[int]:
    """Places that have such messages."""
    return [row.place_id for row in _MARK_PLACES.rows(conn)]


def mark_places_in(conn: Connection, chat_id: int) -> list[int]:
    """Those of them in one chat."""
    return [row.place_id for row in _MARK_PLACES_IN.rows(conn, chat_id=chat_id)]


def first_unanswered(conn: Connection, ticket_id: int, since_ms: int) -> str:
    """The text of the oldest customer's message from that time on; empty when there is none."""
    stored = _FIRST_UNANSWERED.value(conn, ticket_id=ticket_id, since=since_ms - _CLOCKS_DIFFER)
    if stored is None:
        return ""
    content = load_content(stored)
    return content.text.text or content.label


def first_question_after(conn: Connection, ticket_id: int, after_ms: int) -> int | None:
    """When the customer first wrote after that time (milliseconds)."""
    at: int | None = _FIRST_QUESTION.value(conn, ticket_id=ticket_id, after=after_ms)
    return at


def pace_of_customer(conn: Connection, ticket_id: int, count: int) -> int | None:
    """In how many milliseconds the customer wrote their newest `count` + 1 messages of a ticket; None when there are
    fewer.
    """
    (found,) = _PACE_OF_CUSTOMER.rows(conn, ticket_id=ticket_id, count=count)
    return None if found.earlier is None else int(found.newest - found.earlier)


def last_answer(conn: Connection, ticket_id: int) -> int | None:
    """When the newest answer of a ticket was written (milliseconds)."""
    at: int | None = _LAST_ANSWER.value(conn, ticket_id=ticket_id)
    return at
