"""Customers whom the host product vouches for: found by its own key for them, and joined with what they wrote before."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, literal_column, or_, select, update

from storage.query import Changing, Query, inserting, p
from storage.schema import web_chats, web_messages, web_people
from storage.webchat import chats, people
from storage.webchat.records import WebPerson

_BY_KEY = Query(
    select(web_people.c.native).where(
        web_people.c.user_key == p("user_key"), web_people.c.user_key != literal_column("''")
    )
)
_ADD = inserting(
    web_people, "native", "kind", "name", "locale", "timezone", "user_key", "tier", "details", "created_at"
)
_CHANGE = Changing(web_people)
_SIGNED_IN = Query(
    select(web_people.c.id)
    .outerjoin(web_chats, web_chats.c.native == web_people.c.native)
    .where(
        web_people.c.native == p("native"),
        or_(web_people.c.user_key != "", web_chats.c.joined_to.is_not(None)),
    )
)
_JOIN = Query(update(web_chats).where(web_chats.c.id == p("id")).values(joined_to=p("joined_to")))
_MESSAGES = Query(
    select(web_messages.c.id, web_messages.c.person_id)
    .where(web_messages.c.chat_id == p("chat_id"))
    .order_by(web_messages.c.id)
)
_MOVE = Query(
    update(web_messages)
    .where(web_messages.c.id == p("id"))
    .values(chat_id=p("chat_id"), seq=p("seq"), person_id=p("person_id"))
)


@dataclass(slots=True)
class User:
    """What a token said of its bearer. `native`: whom they become when they are seen for the first time."""

    key: str
    native: str
    name: str = ""
    tier: str = ""
    locale: str = ""
    timezone: str = ""
    details: dict[str, str] = field(default_factory=dict)


def signs_in(conn: Connection, native: str) -> bool:
    """Whether what was written under that id belongs to somebody who has signed in since."""
    return bool(_SIGNED_IN.value(conn, native=native))


def identify(
    conn: Connection, anonymous: str | None, user: User, now: int
) -> tuple[WebPerson, list[tuple[str, int]]]:
    """The person of a user, and the chats (each with how far it is) in which that is news.

    One who has not been seen before takes over the anonymous person of the same browser whole. Else that one's chat
    is joined into the user's: its messages move there, and so does what is sent to it later.
    """
    before = people.person(conn, anonymous) if anonymous else None
    if before is not None and (before.kind != "customer" or signs_in(conn, before.native)):
        before = None
    known = _BY_KEY.value(conn, user_key=user.key)
    old = people.person(conn, known) if known else None
    joined: list[str] = []
    if old is not None:
        joined = _join(conn, before, old) if before is not None else []
        native = old.native
        _CHANGE(conn, old.id, **_told(user, old.name))
    elif before is not None:
        native = before.native
        _CHANGE(conn, before.id, user_key=user.key, **_told(user, user.key))
    else:
        native = user.native
        where = {"native": native, "kind": "customer", "locale": user.locale, "timezone": user.timezone}
        _ADD.value(conn, **where, user_key=user.key, created_at=now, **_told(user, user.key))
    person = people.person(conn, native)
    if person is None:
        raise LookupError(f"no person {native}")
    news = [native, *joined] if old is None or joined or _differ(old, person) else []
    return person, [(chat, found.seq) for chat in news if (found := chats.find(conn, chat)) is not None]


def _told(user: User, name: str) -> dict[str, str]:
    return {
        "name": user.name or name,
        "tier": user.tier,
        "details": orjson.dumps(user.details).decode() if user.details else "",
    }


def _differ(old: WebPerson, new: WebPerson) -> bool:
    return (old.name, old.tier, old.details) != (new.name, new.tier, new.details)


def _join(conn: Connection, before: WebPerson, user: WebPerson) -> list[str]:
    """Moves what the anonymous person's chat holds into the user's, in order; gives the chat that was joined."""
    old = chats.find(conn, before.native)
    if old is None:
        return []
    new = chats.ensure(conn, user.native, "private", user.name)
    for row in _MESSAGES.rows(conn, chat_id=old.id):
        author = user.id if row.person_id == before.id else row.person_id
        _MOVE.run(conn, id=row.id, chat_id=new.id, seq=chats.next_seq(conn, new.id), person_id=author)
    _JOIN.run(conn, id=old.id, joined_to=new.id)
    return [before.native]
