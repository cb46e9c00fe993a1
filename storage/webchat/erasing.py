"""Taking a person out of the built-in messenger: who they were, what was said, files. Rows are emptied, files go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, literal_column, select, update

from domain.messages import Content, dump_content, files_in
from storage.query import Query, p
from storage.schema import web_chats, web_file_chunks, web_files, web_messages, web_people, web_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

_EMPTY = dump_content(Content())

_PERSON = Query(select(web_people.c.id).where(web_people.c.native == p("native")))
_CHAT = Query(select(web_chats.c.id).where(web_chats.c.native == p("native")))
_EMPTY_PERSON = Query(
    update(web_people)
    .where(web_people.c.id == p("id"))
    .values(
        native=p("native"),
        name=p("name"),
        user_key=literal_column("''"),
        tier=literal_column("''"),
        details=literal_column("''"),
        timezone=literal_column("''"),
    )
)
_EMPTY_CHAT = Query(
    update(web_chats).where(web_chats.c.id == p("id")).values(native=p("native"), title=literal_column("''"))
)
_EMPTY_THREAD = Query(
    update(web_threads)
    .where(web_threads.c.id == p("id"))
    .values(title=p("title"), closed=1, waiting=0, last_message_id=None)
)
_SPOKEN = Query(
    select(web_messages.c.id, web_messages.c.content)
    .where(
        web_messages.c.chat_id == p("chat_id"),
        web_messages.c.thread_id == p("thread_id"),
        web_messages.c.id > p("after"),
    )
    .order_by(web_messages.c.id)
    .limit(p("most"))
)
_EMPTY_SPOKEN = Query(
    update(web_messages)
    .where(web_messages.c.id == p("id"))
    .values(
        content=p("content"),
        words=literal_column("''"),
        buttons=literal_column("''"),
        reactions=literal_column("''"),
        author=literal_column("''"),
        deleted=1,
    )
)
_FILES_OF = Query(
    select(web_files.c.id).where(web_files.c.person_id == p("person_id"), web_files.c.id > p("after"))
)
_FILE = Query(select(web_files.c.id).where(web_files.c.token == p("token")))
_FEW_CHUNKS = Query(
    delete(web_file_chunks).where(
        web_file_chunks.c.file_id == p("file_id"),
        web_file_chunks.c.number.in_(
            select(web_file_chunks.c.number)
            .where(web_file_chunks.c.file_id == p("file_id"))
            .order_by(web_file_chunks.c.number.desc())
            .limit(p("most"))
            .scalar_subquery()
        ),
    )
)
_DROP_FILE = Query(delete(web_files).where(web_files.c.id == p("file_id")))


def chat(conn: Connection, native: str) -> int | None:
    """The number of the chat."""
    found = _CHAT.value(conn, native=native)
    return None if found is None else int(found)


def empty_person(conn: Connection, native: str, chat_native: str, gone: str, name: str) -> None:
    """The person and their chat are known by `gone` from now on, and called by that name."""
    person, own = _PERSON.value(conn, native=native), chat(conn, chat_native)
    if person is not None:
        _EMPTY_PERSON.run(conn, id=person, native=gone, name=name)
    if own is not None:
        _EMPTY_CHAT.run(conn, id=own, native=gone)


def empty_thread(conn: Connection, thread: int, title: str) -> None:
    """Close the thread, and let it say no more than its title."""
    _EMPTY_THREAD.run(conn, id=thread, title=title)


def empty_talk(conn: Connection, chat_id: int, thread: int, after: int, most: int) -> tuple[int, set[str]]:
    """Empty some messages of a web chat's thread after that one; the last one's number (0: none left), and files."""
    last, files = 0, set[str]()
    for row in _SPOKEN.rows(conn, chat_id=chat_id, thread_id=thread, after=after, most=most):
        last = row.id
        files |= files_in(row.content)
        _EMPTY_SPOKEN.run(conn, id=row.id, content=_EMPTY)
    return last, files


def files_of(conn: Connection, natives: Sequence[str], tokens: Iterable[str]) -> list[int]:
    """The files that these web people uploaded, and those of these tokens."""
    found = set[int]()
    for native in natives:
        person = _PERSON.value(conn, native=native)
        if person is not None:
            found.update(row.id for row in _FILES_OF.rows(conn, person_id=person, after=0))
    found.update(i for token in tokens if (i := _FILE.value(conn, token=token)) is not None)
    return sorted(found)


def drop_file(conn: Connection, file_id: int, chunks: int) -> bool:
    """Delete some of a file's bytes; True once all of it is gone."""
    if _FEW_CHUNKS.run(conn, file_id=file_id, most=chunks):
        return False
    _DROP_FILE.run(conn, file_id=file_id)
    return True


def merge_words(conn: Connection, pages: int) -> bool:
    """Take a step in clearing the index of words of what was deleted from it; True when nothing is left to do."""
    if conn.dialect.name != "sqlite":
        return True
    driver: Any = conn.connection.driver_connection
    before = driver.total_changes
    driver.execute("INSERT INTO web_words(web_words, rank) VALUES ('merge', ?)", (pages,))
    return bool(driver.total_changes - before < 2)
