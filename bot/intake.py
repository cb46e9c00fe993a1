"""Intake: keeps raw events in the journal, and only then lets the messenger acknowledge them.

Receipt slows down when the pump is full (the events are kept already), and stops while the database can't be
written: `accept` raises, and the messenger leaves the events with the platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.health import Health
    from bot.messengers.contract import Accept
    from bot.patience import Committer
    from bot.pump import Pump
    from domain.events import RawEvent
    from storage.journal import JournalRow


class Intake:
    """The way in, the same for every messenger."""

    def __init__(self, committer: Committer, pump: Pump, now: Callable[[], datetime], health: Health) -> None:
        self._committer = committer
        self._pump = pump
        self._now = now
        self._health = health

    def accept(self, messenger: str, account: str) -> Accept:
        """What this messenger hands its events to. Raises DatabaseBusy when they can't be kept."""

        async def keep(events: Sequence[RawEvent]) -> None:
            if not events:
                return
            now_ms = int(self._now().timestamp() * 1000)
            rows = await self._committer.once(journal.append, messenger, account, events, now_ms)
            await self.committed(rows)

        return keep

    async def committed(self, rows: Sequence[JournalRow]) -> None:
        """Hand on rows that are committed; waits while too many are in hand."""
        for row in rows:
            self._health.count("events_received", row.messenger)
        self._pump.offer(rows)
        await self._pump.room()
