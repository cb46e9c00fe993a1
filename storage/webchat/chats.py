"""Chats, and the numbers their changes get.

A chat's numbers are given under its row's lock, without gaps: whoever has seen number n asks for what came after n
and misses nothing. A message or thread that changes again leaves its old number for a new one.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, literal_column, select, update

from storage.query import Query, Row, p
from storage.schema import web_chats
from storage.webchat.records import ChatKind, WebChat

_CHAT = Query(select(web_chats).where(web_chats.c.native == p("native")))
_BY_ID = Query(select(web_chats).where(web_chats.c.id == p("id")))
_GROUPS = Query(
    select(web_chats).where(web_chats.c.kind == literal_column("'group'")).order_by(web_chats.c.id)
)
_ADD_CHAT = Query(insert(web_chats).values(native=p("native"), kind=p("kind"), title=p("title")))
_NEXT = Query(
    update(web_chats)
    .where(web_chats.c.id == p("id"))
    .values(next_seq=web_chats.c.next_seq + 1)
    .returning(web_chats.c.next_seq)
)


def find(conn: Connection, native: str) -> WebChat | None:
    """The chat of that id, or the one in which its talk goes on."""
    row = _CHAT.row(conn, native=native)
    if row is not None and row.joined_to is not None:
        row = _BY_ID.row(conn, id=row.joined_to)
    return None if row is None else _chat(row)


def groups(conn: Connection) -> list[WebChat]:
    """Every desk and the leads' chat that was ever used, oldest first."""
    return [_chat(row) for row in _GROUPS.rows(conn)]


def ensure(conn: Connection, native: str, kind: ChatKind, title: str = "") -> WebChat:
    """The chat of that id, made when new."""
    found = find(conn, native)
    if found is None:
        _ADD_CHAT.run(conn, native=native, kind=kind, title=title)
        found = _chat(_CHAT.row(conn, native=native))
    return found


def next_seq(conn: Connection, chat_id: int) -> int:
    """The number of the next change; locks the chat until the end of the unit of work."""
    return int(_NEXT.value(conn, id=chat_id)) - 1


def _chat(row: Row) -> WebChat:
    kind: ChatKind = row.kind
    return WebChat(row.id, row.native, kind, row.title, row.next_seq - 1)
