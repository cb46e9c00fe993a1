"""What is older than people want it kept: messages with their letters and copies, and files. Tickets, events, clocks stay.

Each function does a page of work after a number and gives the number to go on from, 0 when nothing old is left. Rows are
walked in the order they came, which is that of their age, so that no index is needed for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, literal_column, select, update

from storage.query import Query, p
from storage.schema import letters, links, messages, places, tickets, web_files, web_messages, web_threads
from storage.webchat.erasing import drop_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    Page = Callable[[Connection, int, int, int], int]
    """A page of work on what came before that time, after that number, so many rows at most."""

CHUNKS = 16
"""Pieces of files deleted at once: four megabytes."""

_UNDER_WAY = letters.c.state.in_([literal_column("'waiting'"), literal_column("'held'")])
_OLD_LETTERS = Query(
    select(letters.c.id, letters.c.created_at.label("at"), _UNDER_WAY.label("kept"))
    .where(letters.c.id > p("after"))
    .order_by(letters.c.id)
    .limit(p("most"))
)
_OLD_MESSAGES = Query(
    select(
        messages.c.id,
        messages.c.written_at.label("at"),
        messages.c.ticket_id,
        exists().where(letters.c.message_id == messages.c.id, _UNDER_WAY).label("kept"),
    )
    .where(messages.c.id > p("after"))
    .order_by(messages.c.id)
    .limit(p("most"))
)
_OLD_SPOKEN = Query(
    select(
        web_messages.c.id,
        web_messages.c.sent_at.label("at"),
        web_messages.c.thread_id,
        literal_column("0").label("kept"),
    )
    .where(web_messages.c.id > p("after"))
    .order_by(web_messages.c.id)
    .limit(p("most"))
)
_OLD_FILES = Query(
    select(web_files.c.id, web_files.c.created_at.label("at"))
    .where(web_files.c.id >= p("after"))
    .order_by(web_files.c.id)
    .limit(1)
)
_DROP_LETTER = Query(delete(letters).where(letters.c.id == p("id")))
_DROP_LETTERS = Query(delete(letters).where(letters.c.message_id == p("message_id")))
_DROP_LINKS = Query(delete(links).where(links.c.message_id == p("message_id")))
_DROP_MESSAGE = Query(delete(messages).where(messages.c.id == p("id")))
_DROP_SPOKEN = Query(delete(web_messages).where(web_messages.c.id == p("id")))
_OVER = (tickets.c.state == literal_column("'closed'"), tickets.c.closed_at < p("before"))
_EMPTY_TICKET = Query(
    update(tickets)
    .where(tickets.c.id == p("id"), *_OVER)
    .values(subject=literal_column("''"), rating_comment=literal_column("''"))
)
_EMPTY_TITLES = Query(update(places).where(places.c.ticket_id == p("id")).values(title=p("title")))
_DROP_THREAD = Query(
    delete(web_threads).where(
        web_threads.c.id == p("id"),
        web_threads.c.closed == literal_column("1"),
        web_threads.c.last_at < p("before"),
    )
)


def old_letters(conn: Connection, before_ms: int, after: int, most: int) -> int:
    """Forget letters that are done; those under way stay, however old."""
    rows = _OLD_LETTERS.rows(conn, after=after, most=most)
    for row in rows:
        if row.at < before_ms and not row.kept:
            _DROP_LETTER.run(conn, id=row.id)
    return rows[-1].id if rows and any(row.at < before_ms for row in rows) else 0


def old_messages(conn: Connection, before_ms: int, after: int, most: int) -> int:
    """Forget what was said, with its copies' links; what is still under way stays. Closed tickets lose their words."""
    rows = _OLD_MESSAGES.rows(conn, after=after, most=most)
    emptied: set[int] = set()
    for row in rows:
        if row.at >= before_ms or row.kept:
            continue
        _DROP_LINKS.run(conn, message_id=row.id)
        _DROP_LETTERS.run(conn, message_id=row.id)
        _DROP_MESSAGE.run(conn, id=row.id)
        emptied.add(row.ticket_id)
    for ticket_id in emptied:
        if _EMPTY_TICKET.run(conn, id=ticket_id, before=before_ms):
            _EMPTY_TITLES.run(conn, id=ticket_id, title=f"#{ticket_id}")
    return rows[-1].id if rows and any(row.at < before_ms for row in rows) else 0


def old_talk(conn: Connection, before_ms: int, after: int, most: int) -> int:
    """Forget messages of the built-in messenger, and closed threads in which nothing newer was said."""
    rows = _OLD_SPOKEN.rows(conn, after=after, most=most)
    threads: set[int] = set()
    for row in rows:
        if row.at < before_ms:
            _DROP_SPOKEN.run(conn, id=row.id)
            threads.add(row.thread_id)
    for thread in threads - {0}:
        _DROP_THREAD.run(conn, id=thread, before=before_ms)
    return rows[-1].id if rows and any(row.at < before_ms for row in rows) else 0


def old_files(conn: Connection, before_ms: int, after: int, most: int) -> int:  # noqa: ARG001 - called like the others
    """Delete some of the bytes of the oldest file; a message that had it says so by lacking it."""
    row = _OLD_FILES.row(conn, after=after)
    if row is None or row.at >= before_ms:
        return 0
    drop_file(conn, row.id, CHUNKS)
    return int(row.id)


TEXT: tuple[Page, ...] = (old_letters, old_messages, old_talk)
"""What `retention.messages` ends."""

FILES: tuple[Page, ...] = (old_files,)
"""What `retention.files` ends."""
