"""After a gap, however short: what was written in a lane meanwhile goes before what comes in for it now.

Slack tries again at once, after a minute and after five what an app didn't acknowledge, while newer events come
straight away. So the first event of a lane has the lane's history read since the gap began.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from bot.messengers.slack.settings import NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.messengers.slack.history import History
    from domain.events import RawEvent

_log = structlog.get_logger()

LASTS = 600.0
"""So long after a gap events of it may still come, in seconds; Slack gives up before."""

MARGIN = LASTS
"""So much before the gap is read too, in seconds: what an earlier gap kept from us may still be on its way."""

_SECONDS = 10.0
"""How long an event waits for the history. Slack wants its acknowledgement within three, and else sends it again, which
doubles nothing."""

_MOST = 1000


class Gaps:
    """The newest gap of one app, and the lanes that were looked at since."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._since = 0.0
        self._until = 0.0
        self._reading: dict[str, asyncio.Task[list[RawEvent]]] = {}
        self._read: set[str] = set()

    def begin(self, since: float) -> None:
        """Something may have been missed since then (Unix seconds); events come again from now on."""
        now = time.time()
        self._since = min(since, self._since) if now < self._until else since
        self._until = now + LASTS
        self._reading, self._read = {}, set()  # new ones: what is being read now is from before this gap

    async def filled(self, events: Sequence[RawEvent]) -> list[RawEvent]:
        """The events, after those of their lanes that were missed; what was kept before is kept once by its key."""
        if time.time() > self._until or len(self._read) > _MOST:
            return list(events)
        lanes = {event.lane for event in events} - self._read
        found: dict[str, RawEvent] = {}
        if lanes:
            found |= {event.key: event for event in await self._missed(lanes)}
        found |= {event.key: event for event in events}
        return list(found.values())

    async def _missed(self, lanes: Collection[str]) -> list[RawEvent]:
        """What was missed in these lanes, read side by side. What can't be read in time is asked for again with the
        lane's next event.
        """
        reading, read = self._reading, self._read
        tasks = [self._history_of(lane) for lane in lanes]
        await asyncio.wait(tasks, timeout=_SECONDS)
        missed: list[RawEvent] = []
        for lane, task in zip(lanes, tasks, strict=True):
            if not task.done():
                _log.info("a lane's history takes long", messenger=NAME)
                continue
            reading.pop(lane, None)
            if (error := task.exception()) is None:
                missed += task.result()
                read.add(lane)
            else:
                _log.info("a lane's history can't be read", messenger=NAME, error=type(error).__name__)
        return missed

    def _history_of(self, lane: str) -> asyncio.Task[list[RawEvent]]:
        """The reading of a lane's history, begun once."""
        task = self._reading.get(lane)
        if task is None:
            oldest = self._since - MARGIN
            task = asyncio.get_running_loop().create_task(self._history.of_lane(lane, oldest))
            self._reading[lane] = task
        return task
