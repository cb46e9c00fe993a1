"""Reads of the web chat: pages of history, lists of threads, what changed since a number, how much is unread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, ScalarSelect, bindparam, func, select

from domain.messages import load_content
from domain.requests import Button, Buttons
from storage.query import Query, Row, p
from storage.schema import web_chats, web_messages, web_people, web_reads, web_threads
from storage.webchat.records import NO_THREAD, WebChange, WebChat, WebMessage, WebPerson, WebQuote, WebThread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.sql import Select

_M = web_messages.c
_T = web_threads.c
_quoted = web_messages.alias("quoted")
_quoted_people = web_people.alias("quoted_people")


def _messages() -> Select[Any]:
    """Messages with the native ids of their chat and author, and with what they answer."""
    return (
        select(
            web_messages,
            web_chats.c.native.label("chat"),
            web_people.c.native.label("person"),
            _quoted.c.author.label("quoted_author"),
            _quoted.c.role.label("quoted_role"),
            _quoted.c.content.label("quoted_content"),
            _quoted.c.deleted.label("quoted_deleted"),
            _quoted_people.c.native.label("quoted_person"),
        )
        .join(web_chats, web_chats.c.id == _M.chat_id)
        .outerjoin(web_people, web_people.c.id == _M.person_id)
        .outerjoin(_quoted, _quoted.c.id == _M.reply_to_id)
        .outerjoin(_quoted_people, _quoted_people.c.id == _quoted.c.person_id)
    )


def _unread() -> ScalarSelect[Any]:
    """How many messages of others a person has not read in the thread of the row around it."""
    read = (
        select(web_reads.c.message_id)
        .where(
            web_reads.c.person_id == p("person_id"),
            web_reads.c.chat_id == _T.chat_id,
            web_reads.c.thread_id == _T.id,
        )
        .correlate(web_threads)
        .scalar_subquery()
    )
    return (
        select(func.count())
        .select_from(web_messages)
        .where(_M.chat_id == _T.chat_id, _M.thread_id == _T.id, _M.id > func.coalesce(read, 0))
        .where(_M.role == "message", _M.deleted == 0, _M.sent_at >= p("joined_at"))
        .where(func.coalesce(_M.person_id, 0) != p("person_id"))
        .correlate(web_threads)
        .scalar_subquery()
    )


_BY_ID = Query(_messages().where(_M.id == p("id")))
_BY_IDS = _messages().where(_M.id.in_(bindparam("ids", expanding=True)))
_BY_KEY = Query(_messages().where(_M.chat_id == p("chat_id"), _M.client_key == p("key"), _M.client_key != ""))
_PAGE = Query(
    _messages()
    .where(_M.chat_id == p("chat_id"), _M.thread_id == p("thread_id"), _M.id < p("before"))
    .order_by(_M.id.desc())
    .limit(p("limit"))
)
_PAGE_AFTER = Query(
    _messages()
    .where(_M.chat_id == p("chat_id"), _M.thread_id == p("thread_id"), _M.id > p("after"))
    .order_by(_M.id)
    .limit(p("limit"))
)
_CARD = Query(
    _messages()
    .where(_M.chat_id == p("chat_id"), _M.thread_id == p("thread_id"), _M.role == "card", _M.deleted == 0)
    .order_by(_M.id.desc())
    .limit(1)
)
_CHANGED = Query(
    _messages().where(_M.chat_id == p("chat_id"), _M.seq > p("since")).order_by(_M.seq).limit(p("limit"))
)
_THREAD = Query(select(web_threads).where(_T.id == p("id")))
_CHANGED_THREADS = Query(
    select(web_threads)
    .where(_T.chat_id == p("chat_id"), _T.seq > p("since"))
    .order_by(_T.seq)
    .limit(p("limit"))
)
_THREADS = Query(
    select(web_threads, _unread().label("unread"))
    .where(_T.chat_id == p("chat_id"), _T.closed == p("closed"), _T.last_at < p("before"))
    .order_by(_T.last_at.desc(), _T.id.desc())
    .limit(p("limit"))
)
_THREADS_FOR = select(web_threads, _unread().label("unread")).where(
    _T.chat_id == p("chat_id"), _T.id.in_(bindparam("ids", expanding=True))
)
_UNREAD_THREADS = Query(
    select(func.count()).select_from(
        select(_T.id)
        .where(_T.chat_id == p("chat_id"), _T.closed == 0, _unread() > 0)
        .correlate(None)
        .subquery()
    )
)
_READ_UP_TO = Query(
    select(web_reads.c.message_id).where(
        web_reads.c.person_id == p("person_id"),
        web_reads.c.chat_id == p("chat_id"),
        web_reads.c.thread_id == p("thread_id"),
    )
)

_UNREAD_OUTSIDE = Query(
    select(func.count())
    .select_from(web_messages)
    .where(_M.chat_id == p("chat_id"), _M.thread_id == 0, _M.id > p("after"))
    .where(_M.role != "card", _M.deleted == 0, _M.sent_at >= p("joined_at"))
    .where(func.coalesce(_M.person_id, 0) != p("person_id"))
)

_LAST = 2**62
"""Before this every id and every time comes."""


def message(conn: Connection, message_id: int) -> WebMessage | None:
    """The message of that id."""
    row = _BY_ID.row(conn, id=message_id)
    return None if row is None else to_message(row)


def messages(conn: Connection, ids: Iterable[int]) -> dict[int, WebMessage]:
    """Those of the messages that are there, by their id, in one go."""
    return {row.id: to_message(row) for row in conn.execute(_BY_IDS, {"ids": list(ids)})}


def by_key(conn: Connection, chat_id: int, key: str) -> WebMessage | None:
    """The message that was stored in the chat under the sender's key."""
    row = _BY_KEY.row(conn, chat_id=chat_id, key=key)
    return None if row is None else to_message(row)


def page(conn: Connection, chat: WebChat, thread: int, before: int | None, limit: int) -> list[WebMessage]:
    """The `limit` newest messages of a thread before message `before`, oldest first; deleted ones included."""
    values = {"chat_id": chat.id, "thread_id": thread, "before": before or _LAST, "limit": limit}
    return [to_message(row) for row in reversed(_PAGE.rows(conn, **values))]


def page_after(conn: Connection, chat: WebChat, thread: int, after: int, limit: int) -> list[WebMessage]:
    """The `limit` oldest messages of a thread after message `after`, oldest first."""
    values = {"chat_id": chat.id, "thread_id": thread, "after": after, "limit": limit}
    return [to_message(row) for row in _PAGE_AFTER.rows(conn, **values)]


def card(conn: Connection, chat: WebChat, thread: int) -> WebMessage | None:
    """The card that stands on top of a thread."""
    row = _CARD.row(conn, chat_id=chat.id, thread_id=thread)
    return None if row is None else to_message(row)


def changes(conn: Connection, chat: WebChat, since: int, limit: int) -> tuple[list[WebChange], int]:
    """What changed after number `since`, in order, and the number up to which that is all.

    That number is below the chat's own when there is more than `limit`: ask again from there.
    """
    found_messages = [to_message(r) for r in _CHANGED.rows(conn, chat_id=chat.id, since=since, limit=limit)]
    threads = [
        to_thread(conn, r, chat.native)
        for r in _CHANGED_THREADS.rows(conn, chat_id=chat.id, since=since, limit=limit)
    ]
    upto = max(chat.seq, since)
    for found in (found_messages, threads):
        if len(found) == limit:
            upto = min(upto, found[-1].seq)
    by_seq: dict[int, WebChange] = {}
    for item in found_messages:
        by_seq.setdefault(item.seq, WebChange(chat.native, item.seq)).message = item
    for each in threads:
        by_seq.setdefault(each.seq, WebChange(chat.native, each.seq)).thread = each
    return [by_seq[seq] for seq in sorted(by_seq) if seq <= upto], upto


def thread(conn: Connection, thread_id: int, chat: str) -> WebThread | None:
    """The thread of that id in the chat called `chat`."""
    row = _THREAD.row(conn, id=thread_id)
    return None if row is None else to_thread(conn, row, chat)


def threads(
    conn: Connection, chat: WebChat, person: WebPerson, *, closed: bool, before: int | None, limit: int
) -> list[WebThread]:
    """Open or closed threads of a desk, the latest first, with how much of each the person has not read."""
    values = {"chat_id": chat.id, "closed": int(closed), "before": before or _LAST, "limit": limit}
    rows = _THREADS.rows(conn, person_id=person.id, joined_at=person.joined_at, **values)
    return _with_newest(conn, rows, chat)


def thread_for(conn: Connection, chat: WebChat, person: WebPerson, thread_id: int) -> WebThread | None:
    """One thread of a desk, with how much of it the person has not read."""
    found = threads_for(conn, chat, person, [thread_id])
    return found[0] if found else None


def threads_for(conn: Connection, chat: WebChat, person: WebPerson, ids: Sequence[int]) -> list[WebThread]:
    """Those threads of a desk, with how much of each the person has not read; in no order."""
    told = {"p_chat_id": chat.id, "p_person_id": person.id, "p_joined_at": person.joined_at}
    return _with_newest(conn, conn.execute(_THREADS_FOR, {"ids": list(ids), **told}).all(), chat)


def unread_threads(conn: Connection, chat: WebChat, person: WebPerson) -> int:
    """In how many open threads of a desk something waits to be read by the person."""
    values = {"chat_id": chat.id, "person_id": person.id, "joined_at": person.joined_at}
    return int(_UNREAD_THREADS.value(conn, **values))


def unread_outside(conn: Connection, chat: WebChat, person: WebPerson) -> int:
    """How many messages outside any thread the person has not read; the bot's lines are meant for everybody there."""
    after = read_up_to(conn, person.id, chat.id, NO_THREAD)
    values = {"chat_id": chat.id, "person_id": person.id, "joined_at": person.joined_at}
    return int(_UNREAD_OUTSIDE.value(conn, after=after, **values))


def read_up_to(conn: Connection, person_id: int, chat_id: int, thread_id: int) -> int:
    """The newest message the person has read there; 0 for none."""
    return int(_READ_UP_TO.value(conn, person_id=person_id, chat_id=chat_id, thread_id=thread_id) or 0)


def _with_newest(conn: Connection, rows: Sequence[Row], chat: WebChat) -> list[WebThread]:
    """Threads of rows with `unread`, their newest messages read in one go."""
    newest = messages(conn, [row.last_message_id for row in rows if row.last_message_id])
    found = []
    for row in rows:
        item = _thread(row, chat.native, newest.get(row.last_message_id))
        item.unread = row.unread
        found.append(item)
    return found


def to_thread(conn: Connection, row: Row, native: str) -> WebThread:
    """The thread of a row of `web_threads`."""
    return _thread(row, native, message(conn, row.last_message_id) if row.last_message_id else None)


def _thread(row: Row, native: str, last: WebMessage | None) -> WebThread:
    return WebThread(
        id=row.id,
        chat=native,
        title=row.title,
        closed=bool(row.closed),
        waiting=bool(row.waiting),
        seq=row.seq,
        last_at=row.last_at,
        created_at=row.created_at,
        last=last,
    )


def to_message(row: Row) -> WebMessage:
    """The message of a row of `web_messages` with `chat` and `person`."""
    return WebMessage(
        id=row.id,
        chat=row.chat,
        thread=row.thread_id,
        seq=row.seq,
        person=row.person,
        key=row.client_key,
        role=row.role,
        author=row.author,
        content=load_content(row.content),
        buttons=_buttons(row.buttons),
        album=row.album,
        quote=_quote(row),
        reactions=orjson.loads(row.reactions) if row.reactions else {},
        mark=row.mark,
        edited=bool(row.edited),
        deleted=bool(row.deleted),
        sent_at=row.sent_at,
    )


def _quote(row: Row) -> WebQuote | None:
    if row.quoted_role is None:
        return None
    content = None if row.quoted_deleted else load_content(row.quoted_content)
    return WebQuote(row.reply_to_id, row.quoted_person, row.quoted_author, row.quoted_role, content)


def _buttons(stored: str) -> Buttons:
    if not stored:
        return ()
    return tuple(tuple(Button(label, data) for label, data in line) for line in orjson.loads(stored))
