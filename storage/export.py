"""What Okno knows, page by page, as plain data: for `okno export`. Only reads; what it gives is in `docs/export.md`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select

from storage.query import Query, p
from storage.schema import (
    chats,
    clocks,
    customers,
    events,
    messages,
    people,
    tickets,
    web_file_chunks,
    web_files,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.sql import Select

    Page = Callable[[Connection, int, int], list[dict[str, Any]]]
    """Records after that number, at most so many; each has `number`."""

_PERSON = (people.c.messenger, people.c.native)


def _paged(statement: Select[Any], key: Any) -> Query:
    return Query(statement.where(key > p("after")).order_by(key).limit(p("most")))


_CUSTOMERS = _paged(
    select(customers, *_PERSON, people.c.username, people.c.locale, people.c.timezone).join(
        people, people.c.id == customers.c.person_id
    ),
    customers.c.id,
)
_TICKETS = _paged(
    select(tickets, people.c.name.label("assignee"))
    .outerjoin(people, people.c.id == tickets.c.assignee_id)
    .order_by(tickets.c.id),
    tickets.c.id,
)
_MESSAGES = _paged(
    select(messages, people.c.name.label("author"), *_PERSON, chats.c.messenger.label("chat_messenger"))
    .join(people, people.c.id == messages.c.person_id)
    .join(chats, chats.c.id == messages.c.chat_id),
    messages.c.id,
)
_EVENTS = _paged(
    select(events, people.c.name.label("person")).outerjoin(people, people.c.id == events.c.person_id),
    events.c.id,
)
_CLOCKS = _paged(
    select(clocks, people.c.name.label("answered_by_name")).outerjoin(
        people, people.c.id == clocks.c.answered_by
    ),
    clocks.c.id,
)
_FILES = _paged(select(web_files).where(web_files.c.complete == 1), web_files.c.id)
_CHUNK = Query(
    select(web_file_chunks.c.bytes).where(
        web_file_chunks.c.file_id == p("file"), web_file_chunks.c.number == p("number")
    )
)
_NUMBER = Query(select(web_files.c.id, web_files.c.name).where(web_files.c.token == p("token")))


def customers_page(conn: Connection, after: int, most: int) -> list[dict[str, Any]]:
    """Customers with their address and what their product told of them."""
    return [
        {
            "number": r.id,
            "name": r.name,
            "address": f"{r.messenger}:{r.native}",
            "username": r.username,
            "locale": r.locale,
            "timezone": r.timezone,
            "tier": r.tier,
            "details": orjson.loads(r.details) if r.details else {},
            "same_as": r.same_as_id,
            "blocked_at": _at(r.blocked_at),
            "created_at": _at(r.created_at),
        }
        for r in _CUSTOMERS.rows(conn, after=after, most=most)
    ]


def tickets_page(conn: Connection, after: int, most: int) -> list[dict[str, Any]]:
    """Tickets with their state, times and rating."""
    return [
        {
            "number": r.id,
            "customer": r.customer_id,
            "desk": r.desk,
            "state": r.state,
            "subject": r.subject,
            "assignee": r.assignee,
            "created_at": _at(r.created_at),
            "answered_at": _at(r.answered_at),
            "closed_at": _at(r.closed_at),
            "closed_by": r.closed_by,
            "rating": r.rating,
            "rating_comment": r.rating_comment,
        }
        for r in _TICKETS.rows(conn, after=after, most=most)
    ]


def messages_page(conn: Connection, after: int, most: int) -> list[dict[str, Any]]:
    """Everything people wrote, with the newest content of each message."""
    return [_message(conn, r) for r in _MESSAGES.rows(conn, after=after, most=most)]


def events_page(conn: Connection, after: int, most: int) -> list[dict[str, Any]]:
    """Who did what with a ticket when."""
    return [
        {"number": r.id, "ticket": r.ticket_id, "person": r.person, "what": r.what, "detail": r.detail}
        | {"at": _at(r.at)}
        for r in _EVENTS.rows(conn, after=after, most=most)
    ]


def clocks_page(conn: Connection, after: int, most: int) -> list[dict[str, Any]]:
    """Each wait for an answer: its target and the working time it took, in seconds."""
    return [
        {
            "number": r.id,
            "ticket": r.ticket_id,
            "kind": r.kind,
            "started_at": _at(r.started_at),
            "target": r.target / 1000,
            "used": r.used / 1000,
            "outcome": r.outcome,
            "ended_at": _at(r.ended_at),
            "breached": bool(r.breaches),
            "answered_by": r.answered_by_name,
        }
        for r in _CLOCKS.rows(conn, after=after, most=most)
    ]


def files_page(conn: Connection, after: int, most: int) -> list[dict[str, Any]]:
    """Files of the built-in messenger; their bytes come by `chunk`."""
    return [
        {"number": r.id, "name": r.name, "mime": r.mime, "size": r.size, "created_at": _at(r.created_at)}
        for r in _FILES.rows(conn, after=after, most=most)
    ]


def chunk(conn: Connection, file: int, number: int) -> bytes:
    """One piece of a file; empty past its end."""
    found = _CHUNK.value(conn, file=file, number=number)
    return b"" if found is None else bytes(found)


PAGES: dict[str, Page] = {
    "customers": customers_page,
    "tickets": tickets_page,
    "messages": messages_page,
    "events": events_page,
    "clocks": clocks_page,
    "files": files_page,
}


def _message(conn: Connection, row: Any) -> dict[str, Any]:
    said = orjson.loads(row.content)
    said.pop("v", None)
    said.pop("copyable", None)
    for file in said.get("files", ()):
        token = file.pop("ref")  # whoever has it may fetch the file: it stays inside
        stored = _NUMBER.row(conn, token=token) if row.chat_messenger == "web" else None
        file["file"] = stored.id if stored is not None else None
    return {
        "number": row.id,
        "ticket": row.ticket_id,
        "role": row.role,
        "author": row.author,
        "author_address": f"{row.messenger}:{row.native}",
        "written_at": _at(row.written_at),
        "deleted": bool(row.deleted),
        "reply_to": row.reply_to_id,
        "album": row.album_id,
        "content": said,
    }


def _at(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
