"""What waits: events not yet handled, letters not yet sent, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from storage import journal, outbox

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Backlog(NamedTuple):
    """Counts, and when the oldest of each came (milliseconds)."""

    events: int
    oldest_event: int | None
    letters: int
    oldest_letter: int | None


def backlog(conn: Connection) -> Backlog:
    """What waits now."""
    events, oldest = journal.backlog(conn)
    return Backlog(events, oldest, outbox.count_waiting(conn), outbox.oldest_waiting(conn))
