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
    from collections.abc import Sequence

    from bot.messengers.slack.history import History
    from domain.events import RawEvent

_log = structlog.get_logger()

LASTS = 600.0
"""So long after a gap events of it may still come, in seconds; Slack gives up before."""

MARGIN = 30.0
"""So much before the gap is read too, in seconds: what came then may not have been acknowledged, and clocks differ."""

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
        self._lanes: dict[str, asyncio.Task[list[RawEvent]]] = {}

    def begin(self, since: float) -> None:
        """Something may have been missed since then (Unix seconds); events come again from now on."""
        now = time.time()
        self._since = min(since, self._since) if now < self._until else since
        self._until = now + LASTS
        self._lanes.clear()

    async def filled(self, events: Sequence[RawEvent]) -> list[RawEvent]:
        """The events, after those of their lanes that were missed; what was kept before is kept once by its key."""
        if time.time() > self._until or len(self._lanes) > _MOST:
            return list(events)
        found: dict[str, RawEvent] = {}
        for lane in dict.fromkeys(event.lane for event in events):
            task = self._lanes.get(lane)
            if task is None:
                oldest = self._since - MARGIN
                task = asyncio.get_running_loop().create_task(self._history.of_lane(lane, oldest))
                self._lanes[lane] = task
            found |= {event.key: event for event in await self._read(task)}
        found |= {event.key: event for event in events}
        return list(found.values())

    async def _read(self, task: asyncio.Task[list[RawEvent]]) -> list[RawEvent]:
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.shield(task)
        except Exception as error:  # noqa: BLE001 (what comes in is kept all the same)
            _log.info("a lane's history can't be read", messenger=NAME, error=type(error).__name__)
            return []
