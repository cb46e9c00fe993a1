"""Intake: keeps raw events in the journal, and only then lets the messenger acknowledge them.

A few events that come while nothing else waits are handled in the very transaction that keeps them: one commit
instead of two before a customer's message is on its way. Receipt slows down when the pump is full (the events are
kept already), and stops while the database can't be written: `accept` raises, and the messenger leaves the events
with the platform.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import structlog

from bot.health import fault
from domain.moments import to_ms
from storage import journal
from storage.database import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.health import Health
    from bot.messengers.contract import Accept
    from bot.patience import Committer
    from bot.pump import Handle, Pump
    from domain.events import Event, RawEvent
    from domain.policy import Policy
    from domain.work import Effects
    from storage import Connection
    from storage.journal import JournalRow

    Check = Callable[[Connection, str, str], None]
    """Raises in a unit that would keep events which another process is to receive."""

_log = structlog.get_logger()


class Intake:
    """The way in, the same for every messenger. `outlet` takes what handlers want done after their commit.

    `check` is for where several processes share the work.
    """

    def __init__(
        self,
        committer: Committer,
        policy: Policy,
        pump: Pump,
        outlet: Callable[[Effects], None],
        now: Callable[[], datetime],
        health: Health,
        check: Check | None = None,
    ) -> None:
        self._check = check
        self._committer = committer
        self._policy = policy
        self._pump = pump
        self._outlet = outlet
        self._now = now
        self._health = health
        self._arriving: Counter[str] = Counter()

    def accept(self, messenger: str, account: str, *, leased: bool = False) -> Accept:
        """What this messenger hands its events to. Raises DatabaseBusy when they can't be kept.

        `leased`: they come in a way that one process at a time may receive by. Raises LeaseLost.
        """
        check = self._check if leased else None

        async def keep(events: Sequence[RawEvent]) -> None:
            if not events:
                return
            alone = not self._arriving[messenger]  # else what others bring might have to go first
            self._arriving[messenger] += 1
            try:
                rows = await self._handled(check, messenger, account, events) if alone else None
                if rows is None:
                    rows = await self._committer.once(
                        _kept, check, messenger, account, events, self._now_ms()
                    )
            finally:
                self._arriving[messenger] -= 1
            await self.committed(rows)

        return keep

    async def committed(self, rows: Sequence[JournalRow]) -> None:
        """Hand on rows that are committed; waits while too many are in hand."""
        if rows:
            self._count(rows)
            self._pump.offer(rows)
            await asyncio.sleep(0)  # handling goes before whatever the messenger does next
            await self._pump.room()

    async def _handled(
        self, check: Check | None, messenger: str, account: str, events: Sequence[RawEvent]
    ) -> Sequence[JournalRow] | None:
        """Keep and handle the events in one transaction; the rows still to be handled, None when nothing happened."""
        reserved = self._pump.reserve(messenger, events)
        if reserved is None:
            return None
        try:
            rows, effects = await self._committer.once(
                _kept_and_handled,
                check,
                self._pump.handle,
                self._pump.alone,
                self._policy,
                self._now(),
                (messenger, account),
                events,
                reserved.events,
            )
        except DatabaseBusy:
            raise
        except Exception as error:  # noqa: BLE001 (nothing of it happened: the events take their turn, and are tried there)
            _log.warning("not handled at once", messenger=messenger, error=fault(error))
            return None
        finally:
            self._pump.release(reserved)
        if not effects:
            return rows
        self._health.count("events_received", messenger, by=len(effects))
        self._health.count("events_handled", messenger, by=len(effects))
        for effect in effects:
            self._outlet(effect)
        await asyncio.sleep(0)  # sending goes before whatever the messenger does next
        return rows

    def _count(self, rows: Sequence[JournalRow]) -> None:
        self._health.count("events_received", rows[0].messenger, by=len(rows))

    def _now_ms(self) -> int:
        return to_ms(self._now())


def _kept(
    conn: Connection,
    check: Check | None,
    messenger: str,
    account: str,
    events: Sequence[RawEvent],
    now_ms: int,
    *,
    done: bool = False,
) -> list[JournalRow]:
    """One unit: the events are kept, if they are ours to receive."""
    if check is not None:
        check(conn, messenger, account)
    return journal.append(conn, messenger, account, events, now_ms, done=done)


def _kept_and_handled(
    conn: Connection,
    check: Check | None,
    handle: Handle,
    alone: bool,
    policy: Policy,
    now: datetime,
    origin: tuple[str, str],
    raw: Sequence[RawEvent],
    events: Sequence[Event],
) -> tuple[list[JournalRow], list[Effects]]:
    """One unit; what is still to be handled, and what came of the rest.

    Events of which some were there already are only kept: they are handled in their turn. `alone`: no other process
    may have one of them in hand, so that they are kept as handled at once.
    """
    messenger, account = origin
    rows = _kept(conn, check, messenger, account, raw, to_ms(now), done=alone)
    if len(rows) != len(raw):
        for row in rows if alone else ():
            journal.mark_new(conn, row.id)
        return rows, []
    left, effects = [], []
    for row, event in zip(rows, events, strict=True):
        done = handle(conn, policy, now, messenger, () if alone else (row.id,), (event,))
        if done is None:
            left.append(row)
        else:
            effects.append(done)
    return left, effects
