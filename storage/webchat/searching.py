"""Search in the desks: over what was said in threads and over their cards, which name the customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from storage.query import Query, p
from storage.schema import web_chats, web_messages
from storage.webchat import chats, reading

if TYPE_CHECKING:
    from domain.messages import Content
    from storage.webchat.records import WebMessage, WebPerson, WebThread

TERMS = 3
"""So many words of a search are heeded; each must occur in the same message."""

_INVISIBLE = str.maketrans("", "", "\u2060\u200b")
_M = web_messages.c
_FOUND = Query(
    select(_M.chat_id, web_chats.c.native, _M.thread_id, func.max(_M.id).label("message_id"))
    .join(web_chats, web_chats.c.id == _M.chat_id)
    .where(web_chats.c.kind == "group", _M.thread_id != 0, _M.deleted == 0)
    .where(*[_M.words.like(p(f"term{n}"), escape="\\") for n in range(TERMS)])
    .group_by(_M.chat_id, web_chats.c.native, _M.thread_id)
    .order_by(func.max(_M.id).desc())
    .limit(p("limit"))
)


def words_of(content: Content) -> str:
    """What a search finds a message by: its words and the names of its files, without case."""
    said = (content.text.text, content.label, *(f.name for f in content.files))
    return " ".join(filter(None, said)).translate(_INVISIBLE).casefold()


def search(
    conn: Connection, wanted: str, person: WebPerson, limit: int
) -> list[tuple[WebThread, WebMessage]]:
    """Threads in which a message holds all the words, each with its newest such message; the newest first."""
    terms = [_pattern(term) for term in wanted.translate(_INVISIBLE).casefold().split()[:TERMS]]
    if not terms:
        return []
    patterns = {f"term{n}": terms[n] if n < len(terms) else "%" for n in range(TERMS)}
    found = []
    for row in _FOUND.rows(conn, limit=limit, **patterns):
        message, chat = reading.message(conn, row.message_id), chats.find(conn, row.native)
        shown = chat and reading.thread_for(conn, chat, person, row.thread_id)
        if message is not None and shown:
            found.append((shown, message))
    return found


def _pattern(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
