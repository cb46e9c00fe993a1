"""How far people have read, and what that tells the writer of a copied message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, literal_column, select, update

from storage.query import Query, p
from storage.schema import web_chats, web_messages, web_reads
from storage.webchat import chats, messages, reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.webchat.records import WebChange, WebMessage, WebPerson

_ADD = Query(insert(web_reads).values({c: p(c) for c in ("person_id", "chat_id", "thread_id", "message_id")}))
_MOVE = Query(
    update(web_reads)
    .where(
        web_reads.c.person_id == p("person_id"),
        web_reads.c.chat_id == p("chat_id"),
        web_reads.c.thread_id == p("thread_id"),
        web_reads.c.message_id < p("message_id"),
    )
    .values(message_id=p("message_id"))
)
_originals = web_messages.alias("originals")
_COPIES_SHOWN = Query(
    select(_originals.c.id, web_chats.c.native)
    .join(_originals, _originals.c.id == web_messages.c.copy_of_id)
    .join(web_chats, web_chats.c.id == _originals.c.chat_id)
    .where(
        web_messages.c.chat_id == p("chat_id"),
        web_messages.c.thread_id == p("thread_id"),
        web_messages.c.id > p("after"),
        web_messages.c.id <= p("upto"),
        web_messages.c.copy_of_id.is_not(None),
    )
    .order_by(_originals.c.id)
)
_FROM_ELSEWHERE = Query(
    select(func.max(web_messages.c.id)).where(
        web_messages.c.chat_id == p("chat_id"),
        web_messages.c.thread_id == p("thread_id"),
        web_messages.c.id > p("after"),
        web_messages.c.id <= p("upto"),
        web_messages.c.person_id.is_(None),
        web_messages.c.copy_of_id.is_(None),
        web_messages.c.role == literal_column("'message'"),
    )
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What reading on showed: `changes` of the chats that copies came from, and the newest message of the bot that
    came from another messenger, where that is to be known.
    """

    changes: Sequence[WebChange] = ()
    from_elsewhere: WebMessage | None = None


def read(conn: Connection, person: WebPerson, chat: str, thread: int, message_id: int) -> Shown:
    """The person's screen showed everything up to a message: what was copied to it is marked as seen where it came
    from, for customers what agents wrote, for agents what customers wrote.
    """
    found, shown = chats.find(conn, chat), reading.message(conn, message_id)
    if found is None or shown is None or (shown.chat, shown.thread) != (chat, thread):
        return Shown()
    key = {"person_id": person.id, "chat_id": found.id, "thread_id": thread}
    before = reading.read_up_to(conn, **key)
    if message_id <= before:
        return Shown()
    if not _MOVE.run(conn, **key, message_id=message_id):
        _ADD.run(conn, **key, message_id=message_id)
    changes: list[WebChange] = []
    range_ = {"chat_id": found.id, "thread_id": thread, "after": before, "upto": message_id}
    for row in _COPIES_SHOWN.rows(conn, **range_):
        seen = messages.mark(conn, row.native, row.id, "seen")
        if not isinstance(seen, str):
            changes += seen.changes
    newest = _FROM_ELSEWHERE.value(conn, **range_) if person.kind == "customer" else None
    return Shown(changes, None if newest is None else reading.message(conn, newest))
