"""The journal: every event as the platform gave it, kept before it is acknowledged, until it is handled.

Unique by (messenger, account, key), so that an event offered twice is handled once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT DO NOTHING compiles on SQLite as well

from storage.query import Query, p
from storage.schema import journal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.events import RawEvent


@dataclass(slots=True)
class JournalRow:
    """One kept event. `parsed` is the payload already read, where it is at hand."""

    id: int
    messenger: str
    account: str
    lane: str
    position: int
    album: str
    payload: str
    parsed: Any
    received_at: int


_GIVEN = ("key", "lane", "position", "album", "payload")


def _insertion(size: int, state: str) -> Query:
    rows: list[dict[str, Any]] = [
        {
            "messenger": p("messenger"),
            "account": p("account"),
            "received_at": p("received_at"),
            "state": literal_column(f"'{state}'"),
            **{name: p(f"{name}{i}") for name in _GIVEN},
        }
        for i in range(size)
    ]
    return Query(insert(journal).values(rows).on_conflict_do_nothing().returning(journal.c.id, journal.c.key))


# one statement for many rows; a few sizes, so that each is compiled once
_INSERTIONS = {size: _insertion(size, "new") for size in (64, 8, 1)}
_INSERTIONS_DONE = {1: _insertion(1, "done")}

_NEW = Query(update(journal).where(journal.c.id == p("row")).values(state=literal_column("'new'")))
_DONE = Query(update(journal).where(journal.c.id == p("row")).values(state=literal_column("'done'")))
_FAILED = Query(
    update(journal).where(journal.c.id == p("row")).values(state=literal_column("'failed'"), reason=p("why"))
)
_OUTSTANDING = Query(
    select(
        journal.c.id,
        journal.c.messenger,
        journal.c.account,
        journal.c.lane,
        journal.c.position,
        journal.c.album,
        journal.c.payload,
        journal.c.received_at,
    )
    .where(journal.c.state == literal_column("'new'"), journal.c.id > p("after"))
    .order_by(journal.c.id)
    .limit(p("most"))
)
_FAILURES = Query(
    select(journal.c.id, journal.c.messenger, journal.c.reason, journal.c.received_at)
    .where(journal.c.state == literal_column("'failed'"))
    .order_by(journal.c.id.desc())
    .limit(p("most"))
)
_PRUNE = Query(
    delete(journal).where(
        journal.c.id.in_(  # the oldest by number, which needs no index of its own
            select(journal.c.id)
            .where(journal.c.state == literal_column("'done'"))
            .order_by(journal.c.id)
            .limit(p("most"))
            .scalar_subquery()
        ),
        journal.c.received_at < p("before"),
    )
)


def append(
    conn: Connection,
    messenger: str,
    account: str,
    events: Sequence[RawEvent],
    now_ms: int,
    *,
    done: bool = False,
) -> list[JournalRow]:
    """Keep the events; the rows of those that weren't there yet, in the order given.

    A chat that an event says has moved is known under its new id from this transaction on. `done`: they are handled
    in this very transaction; else `mark_new` them.
    """
    new: list[JournalRow] = []
    at = 0
    insertions = _INSERTIONS_DONE if done else _INSERTIONS
    while at < len(events):
        size = next(s for s in insertions if s <= len(events) - at)
        new.extend(_append(conn, insertions[size], messenger, account, events[at : at + size], now_ms))
        at += size
    return new


def _append(
    conn: Connection,
    insertion: Query,
    messenger: str,
    account: str,
    events: Sequence[RawEvent],
    now_ms: int,
) -> list[JournalRow]:
    params: dict[str, Any] = {"messenger": messenger, "account": account, "received_at": now_ms}
    for i, event in enumerate(events):
        params[f"key{i}"] = event.key
        params[f"lane{i}"] = event.lane
        params[f"position{i}"] = event.position
        params[f"album{i}"] = event.album
        params[f"payload{i}"] = event.payload
    ids = {key: row_id for row_id, key in insertion.rows(conn, **params)}
    new = []
    for event in events:
        row_id = ids.pop(event.key, None)
        if row_id is None:
            continue
        if event.moved is not None:
            _apply_move(conn, messenger, account, event.moved)
        new.append(
            JournalRow(
                row_id,
                messenger,
                account,
                event.lane,
                event.position,
                event.album,
                event.payload,
                event.parsed,
                now_ms,
            )
        )
    return new


def _apply_move(conn: Connection, messenger: str, account: str, moved: tuple[str, str]) -> None:
    from storage import chats

    chats.apply_move(conn, messenger, account, *moved)


def mark_new(conn: Connection, row_id: int) -> None:
    """The event is to be handled after all."""
    _NEW.run(conn, row=row_id)


def mark_done(conn: Connection, row_id: int) -> None:
    """The event is handled."""
    _DONE.run(conn, row=row_id)


def mark_failed(conn: Connection, row_id: int, reason: str) -> None:
    """The event can't be handled; it stays, with the reason, for whoever looks into it."""
    _FAILED.run(conn, row=row_id, why=reason)


def outstanding(conn: Connection, after: int = 0, most: int = 1_000_000) -> list[JournalRow]:
    """Events that wait to be handled, oldest first: `most` of those after row `after`."""
    found = _OUTSTANDING.rows(conn, after=after, most=most)
    return [
        JournalRow(r.id, r.messenger, r.account, r.lane, r.position, r.album, r.payload, None, r.received_at)
        for r in found
    ]


def failures(conn: Connection, most: int = 20) -> list[Any]:
    """The newest events that couldn't be handled: (id, messenger, reason, received_at)."""
    return _FAILURES.rows(conn, most=most)


def prune(conn: Connection, before_ms: int, most: int = 1000) -> int:
    """Forget events that were handled and came before then; `most` at a time. How many went."""
    return _PRUNE.run(conn, before=before_ms, most=most)
