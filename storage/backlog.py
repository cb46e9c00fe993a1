"""What waits: events not yet handled, letters not yet sent, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, literal_column, select

from storage.query import Query
from storage.schema import chats, journal, letters, places

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

_NAME = journal.c.messenger + literal_column(
    "''"
)  # as it is, grouping would go through the whole journal in its order
_EVENTS = Query(
    select(
        _NAME.label("messenger"), func.count().label("count"), func.min(journal.c.received_at).label("oldest")
    )
    .where(journal.c.state == literal_column("'new'"))
    .group_by(_NAME)
)
_LETTERS = Query(
    select(chats.c.messenger, func.count().label("count"), func.min(letters.c.created_at).label("oldest"))
    .select_from(letters)
    .join(places, places.c.id == letters.c.place_id)
    .join(chats, chats.c.id == places.c.chat_id)
    .where(letters.c.state == literal_column("'waiting'"))
    .group_by(chats.c.messenger)
)


class Backlog(NamedTuple):
    """Counts, and when the oldest of each came (milliseconds). `off`: by messenger, what waits until it is on again."""

    events: int
    oldest_event: int | None
    letters: int
    oldest_letter: int | None
    off: dict[str, dict[str, int]]


def backlog(conn: Connection, messengers: Collection[str]) -> Backlog:
    """What waits now for these messengers, and apart from that what waits for others."""
    events, letters_ = _EVENTS.rows(conn), _LETTERS.rows(conn)
    off: dict[str, dict[str, int]] = {}
    for kind, rows in (("events", events), ("letters", letters_)):
        for row in rows:
            if row.messenger not in messengers:
                off.setdefault(row.messenger, {})[kind] = row[1]
    on = [[row for row in rows if row.messenger in messengers] for rows in (events, letters_)]
    (n, oldest), (m, first) = [
        (sum(row[1] for row in rows), min((row.oldest for row in rows), default=None)) for rows in on
    ]
    return Backlog(n, oldest, m, first, off)
