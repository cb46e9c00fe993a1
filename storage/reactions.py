"""Who reacted how to the copies of a message: where only one reaction can be shown, the newest is."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from storage.query import Query, p
from storage.schema import reactions

_OF_PERSON = (reactions.c.message_id == p("message_id"), reactions.c.person_id == p("person_id"))
_ADD = Query(insert(reactions).values({c: p(c) for c in ("message_id", "person_id", "emoji")}))
_REMOVE = Query(delete(reactions).where(*_OF_PERSON, reactions.c.emoji == p("emoji")))
_CLEAR = Query(delete(reactions).where(*_OF_PERSON))
_NEWEST = Query(
    select(reactions.c.emoji)
    .where(reactions.c.message_id == p("message_id"))
    .order_by(reactions.c.id.desc())
    .limit(1)
)


def add(conn: Connection, message_id: int, person_id: int, emoji: str) -> None:
    """The person has that reaction, too, as of now."""
    _ADD.run(conn, message_id=message_id, person_id=person_id, emoji=emoji)


def remove(conn: Connection, message_id: int, person_id: int, emoji: str) -> None:
    """The person hasn't got that reaction any more."""
    _REMOVE.run(conn, message_id=message_id, person_id=person_id, emoji=emoji)


def clear(conn: Connection, message_id: int, person_id: int) -> None:
    """The person has no reaction any more."""
    _CLEAR.run(conn, message_id=message_id, person_id=person_id)


def newest(conn: Connection, message_id: int) -> str | None:
    """What somebody reacted last of all that is still there; None when nobody does."""
    emoji: str | None = _NEWEST.value(conn, message_id=message_id)
    return emoji
