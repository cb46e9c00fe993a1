"""Threads of desks."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from storage.query import Changing, Query, Row, inserting, p
from storage.schema import web_messages, web_threads
from storage.webchat import chats, reading
from storage.webchat.records import Missing, WebChange

_THREAD = Query(select(web_threads).where(web_threads.c.id == p("id"), web_threads.c.chat_id == p("chat_id")))
_ADD_THREAD = inserting(web_threads, "chat_id", "title", "seq", "last_at", "created_at")
_CHANGE_THREAD = Changing(web_threads)
_NEWEST = Query(
    select(func.max(web_messages.c.id)).where(
        web_messages.c.chat_id == p("chat_id"),
        web_messages.c.thread_id == p("thread_id"),
        web_messages.c.deleted == 0,
        web_messages.c.role != "card",
    )
)


def open_new(conn: Connection, chat: str, title: str, now: int) -> WebChange:
    """A new thread in a desk; the desk comes to be when it is first used."""
    found = chats.ensure(conn, chat, "group")
    seq = chats.next_seq(conn, found.id)
    thread_id = int(
        _ADD_THREAD.value(conn, chat_id=found.id, title=title, seq=seq, last_at=now, created_at=now)
    )
    return WebChange(chat, seq, thread=reading.thread(conn, thread_id, chat))


def show(
    conn: Connection, chat: str, thread_id: int, title: str, *, closed: bool
) -> WebChange | Missing | None:
    """Title and closedness as given, None when they were so already; nobody waits in a closed thread."""
    found = chats.find(conn, chat)
    row = find(conn, found.id, thread_id) if found else None
    if found is None or row is None:
        return "thread"
    if (row.title, bool(row.closed)) == (title, closed):
        return None
    seq = chats.next_seq(conn, found.id)
    waiting = {"waiting": 0} if closed else {}
    _CHANGE_THREAD(conn, thread_id, title=title, closed=int(closed), seq=seq, **waiting)
    return WebChange(chat, seq, thread=reading.thread(conn, thread_id, chat))


def find(conn: Connection, chat_id: int, thread_id: int) -> Row | None:
    """The thread's row, if the chat has it."""
    return _THREAD.row(conn, id=thread_id, chat_id=chat_id)


def touch(conn: Connection, chat_id: int, thread_id: int, seq: int, **values: int) -> None:
    """Something in the thread changed: its number and newest message follow, and whatever `values` say."""
    newest = _NEWEST.value(conn, chat_id=chat_id, thread_id=thread_id)
    _CHANGE_THREAD(conn, thread_id, seq=seq, last_message_id=newest, **values)
