"""What was sent lately, so that pacing survives a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select

from storage.query import Query, p
from storage.schema import attempts, chats

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Attempt(NamedTuple):
    """One request that a chat's messenger took, `at` in milliseconds."""

    messenger: str
    account: str
    chat_id: int
    at: int


_RECORD = Query(insert(attempts).values(chat_id=p("chat_id"), at=p("at")))
_RECENT = Query(
    select(chats.c.messenger, chats.c.account, attempts.c.chat_id, attempts.c.at)
    .join_from(attempts, chats, chats.c.id == attempts.c.chat_id)
    .where(attempts.c.at >= p("since"))
    .order_by(attempts.c.at)
)
_OF_CHAT = Query(
    select(attempts.c.at)
    .where(attempts.c.chat_id == p("chat_id"), attempts.c.at >= p("since"))
    .order_by(attempts.c.at)
)
_PRUNE = Query(delete(attempts).where(attempts.c.at < p("before")))


def record(conn: Connection, chat_id: int, now_ms: int, messages: int = 1) -> None:
    """A request of so many messages to the chat was answered now."""
    for _ in range(messages):
        _RECORD.run(conn, chat_id=chat_id, at=now_ms)


def recent(conn: Connection, since_ms: int) -> list[Attempt]:
    """What was sent since then, oldest first."""
    return [Attempt(*row) for row in _RECENT.rows(conn, since=since_ms)]


def of_chat(conn: Connection, chat_id: int, since_ms: int) -> list[int]:
    """When something was sent to the chat since then, oldest first (milliseconds)."""
    return [row.at for row in _OF_CHAT.rows(conn, chat_id=chat_id, since=since_ms)]


def prune(conn: Connection, before_ms: int) -> int:
    """Forget what no window reaches any more; how many went."""
    return _PRUNE.run(conn, before=before_ms)
