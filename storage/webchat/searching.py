"""Search in the desks: over what was said in threads and over their cards, which name the customers.

What is sought are words, or how words begin; a term that holds signs (`ann@example.org`) is sought as the words
between them, one after the other. Messages keep their words as tokens, so that both kinds of database find the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, column, func, literal_column, select, table

from storage.query import Query, p
from storage.schema import web_chats, web_messages
from storage.webchat import chats, reading

if TYPE_CHECKING:
    from domain.messages import Content
    from storage.webchat.records import WebMessage, WebPerson, WebThread

TERMS = 3
"""So many words of a search are heeded; each must occur in the same message."""

PAGE = 200
PAGES = 10
"""Messages are looked through in pages, newest first, until there are threads enough."""

RECENT = 4000
"""So many messages are looked through before PostgreSQL's index of words is asked."""

_LAST = 2**62
_INVISIBLE = str.maketrans("ё", "е", "\u2060\u200b")
_TOKEN = re.compile(r"[^\W_]+")
_M = web_messages.c
_FOUND = (
    select(_M.id, _M.thread_id, web_chats.c.native)
    .join(web_chats, web_chats.c.id == _M.chat_id)
    .where(web_chats.c.kind == literal_column("'group'"), _M.thread_id != 0, _M.deleted == 0)
    .limit(PAGE)
)
_words = table("web_words", column("rowid"))
_ON_SQLITE = Query(
    _FOUND.join(_words, _words.c.rowid == _M.id)
    .where(literal_column("web_words").op("MATCH")(p("wanted")), _words.c.rowid < p("before"))
    .order_by(_words.c.rowid.desc())
)
_SOUGHT = func.to_tsquery(literal_column("'simple'"), p("wanted"))
_ELSEWHERE = Query(
    _FOUND.where(
        func.to_tsvector(literal_column("'simple'"), _M.words).op("@@")(_SOUGHT),
        _M.words != literal_column("''"),
        _M.id < p("before"),
    ).order_by(_M.id.desc())
)
# the index of words knows no order: it finds all that ever held a common word; the newest messages are read as they are
_LATELY_ELSEWHERE = Query(
    _FOUND.where(
        func.to_tsvector(literal_column("'simple'"), _M.words + literal_column("''")).op("@@")(_SOUGHT),
        _M.id < p("before"),
        _M.id >= p("before") - RECENT,
    ).order_by(_M.id.desc())
)
_NEWEST = Query(select(func.coalesce(func.max(_M.id), 0)))


def words_of(content: Content) -> str:
    """What a search finds a message by: its words and the names of its files, without case and signs."""
    said = (content.text.text, content.label, *(f.name for f in content.files))
    return " ".join(_tokens(" ".join(filter(None, said))))


def search(
    conn: Connection, wanted: str, person: WebPerson, limit: int
) -> list[tuple[WebThread, WebMessage]]:
    """Threads in which a message holds all the words, each with its newest such message; the newest first."""
    terms = [tokens for term in wanted.split() if (tokens := _tokens(term))][:TERMS]
    if not terms:
        return []
    found: dict[tuple[str, int], int] = {}
    before = _LAST
    for _ in range(PAGES):
        rows = _page(conn, terms, before)
        for row in rows:
            found.setdefault((row.native, row.thread_id), row.id)
        if len(rows) < PAGE or len(found) >= limit:
            break
        before = rows[-1].id
    return _shown(conn, person, dict(list(found.items())[:limit]))


def _page(conn: Connection, terms: list[list[str]], before: int) -> list[Any]:
    if conn.dialect.name == "sqlite":
        wanted = " AND ".join('"' + " ".join(tokens) + '" *' for tokens in terms)
        return _ON_SQLITE.rows(conn, wanted=wanted, before=before)
    wanted = " & ".join("(" + " <-> ".join(tokens) + ":*)" for tokens in terms)
    lately = _LATELY_ELSEWHERE.rows(conn, wanted=wanted, before=min(before, _NEWEST.value(conn) + 1))
    return lately if len(lately) == PAGE else _ELSEWHERE.rows(conn, wanted=wanted, before=before)


def _shown(
    conn: Connection, person: WebPerson, found: dict[tuple[str, int], int]
) -> list[tuple[WebThread, WebMessage]]:
    """What was found, read in a few goes."""
    messages = reading.messages(conn, found.values())
    threads: dict[tuple[str, int], WebThread] = {}
    for native in {native for native, _ in found}:
        chat = chats.find(conn, native)
        if chat is not None:
            ids = [thread for where, thread in found if where == native]
            threads |= {(native, t.id): t for t in reading.threads_for(conn, chat, person, ids)}
    return [
        (threads[place], messages[message])
        for place, message in found.items()
        if place in threads and message in messages
    ]


def _tokens(said: str) -> list[str]:
    """The words of a text as they are kept and sought."""
    return _TOKEN.findall(said.casefold().translate(_INVISIBLE))
