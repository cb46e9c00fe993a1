"""What the staff page reads of tickets, from the tables: the messenger's `Tickets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messengers.web.tickets import TicketFacts
from storage import desk_tickets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.messengers.web.tickets import Filter
    from storage import Connection
    from storage.database import Database
    from storage.query import Row

MESSENGER = "web"


class WebTickets:
    """Implements `bot.messengers.web.tickets.Tickets`; it only reads."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def facts(self, chat: str, threads: Sequence[int]) -> Mapping[int, TicketFacts]:
        """Of these threads, those that are a ticket's place now."""

        def unit(conn: Connection) -> dict[int, TicketFacts]:
            found = desk_tickets.in_threads(conn, MESSENGER, chat, [str(t) for t in threads])
            return {int(root): _facts(row) for root, row in found.items()}

        return await self._db.read(unit)

    async def threads(self, chat: str, which: Filter, person: str, limit: int) -> Sequence[int]:
        """The threads of open tickets that are so."""
        rows = await self._db.read(desk_tickets.filtered, MESSENGER, chat, which, person, limit)
        return [int(row.root) for row in rows if row.root]


def _facts(row: Row) -> TicketFacts:
    running = row.due_at is not None and not row.outcome and row.held_at is None and row.state == "agent"
    return TicketFacts(
        state=row.state,
        assignee=row.assignee or "",
        assignee_name=row.assignee_name or "",
        due=row.due_at if running else None,
        late=bool(running and row.breaches),
        until=row.snoozed_until if row.state == "snoozed" else None,
    )
