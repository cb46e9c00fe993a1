"""Files of the web chat: bytes in rows of one size, so that one database holds everything and a range is cheap."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, literal_column, select, update

from storage.query import Query, Row, inserting, p
from storage.schema import web_file_chunks, web_files, web_people
from storage.webchat.records import WebFile

PREVIEW = -1
"""The number of the piece that is no part of the file: what chats show of a picture. It goes when the file goes."""

_ADD = inserting(web_files, "token", "person_id", "name", "created_at")
_ADD_CHUNK = Query(insert(web_file_chunks).values({c: p(c) for c in ("file_id", "number", "bytes")}))
_COMPLETE = Query(
    update(web_files)
    .where(web_files.c.id == p("id"))
    .values(complete=1, mime=p("mime"), size=p("size"), width=p("width"), height=p("height"))
)
_BY_TOKEN = Query(select(web_files).where(web_files.c.token == p("token"), web_files.c.complete == 1))
_CHUNK = Query(
    select(web_file_chunks.c.bytes).where(
        web_file_chunks.c.file_id == p("file_id"), web_file_chunks.c.number == p("number")
    )
)
_PERSON = Query(select(web_people.c.id).where(web_people.c.native == p("native")))
_BROKEN_OFF = Query(
    select(web_files.c.id)
    .where(web_files.c.complete == literal_column("0"), web_files.c.created_at < p("before"))
    .limit(p("limit"))
)
_DROP_CHUNKS = Query(delete(web_file_chunks).where(web_file_chunks.c.file_id == p("id")))
_DROP = Query(delete(web_files).where(web_files.c.id == p("id")))


def begin(conn: Connection, token: str, person: str | None, name: str, now: int) -> int:
    """A file whose bytes are on their way; its id."""
    owner = _PERSON.value(conn, native=person) if person else None
    return int(_ADD.value(conn, token=token, person_id=owner, name=name, created_at=now))


def add_chunk(conn: Connection, file_id: int, number: int, data: bytes) -> None:
    """The next piece; all but the last are of one size."""
    _ADD_CHUNK.run(conn, file_id=file_id, number=number, bytes=data)


def complete(conn: Connection, file_id: int, mime: str, size: int, width: int, height: int) -> None:
    """All bytes are there; from now on the file can be found."""
    _COMPLETE.run(conn, id=file_id, mime=mime, size=size, width=width, height=height)


def find(conn: Connection, token: str) -> WebFile | None:
    """The complete file of that token."""
    row = _BY_TOKEN.row(conn, token=token)
    return None if row is None else _file(row)


def chunk(conn: Connection, file_id: int, number: int) -> bytes:
    """One piece of a file; empty past its end."""
    found = _CHUNK.value(conn, file_id=file_id, number=number)
    return bytes(found) if found is not None else b""


def discard(conn: Connection, file_id: int) -> None:
    """The file and its bytes are gone."""
    _DROP_CHUNKS.run(conn, id=file_id)
    _DROP.run(conn, id=file_id)


def discard_broken_off(conn: Connection, before: int, limit: int = 20) -> int:
    """Drop uploads that began before a time and never ended; how many were dropped."""
    found = [row.id for row in _BROKEN_OFF.rows(conn, before=before, limit=limit)]
    for file_id in found:
        discard(conn, file_id)
    return len(found)


def _file(row: Row) -> WebFile:
    return WebFile(row.id, row.token, row.name, row.mime, row.size, row.width, row.height)
