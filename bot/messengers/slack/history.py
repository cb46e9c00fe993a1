"""What was written while nothing could be received: read from the channels' histories, and kept like any event.

Slack tries an event again for some minutes; what is longer ago is found only here. Messages and edits are found,
deletions and reactions are not. What was kept before is known by its key and kept once.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog

from bot.messengers.slack import ids
from bot.messengers.slack.settings import NAME
from bot.messengers.slack.wire import ApiError, WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable

    from bot.messengers.contract import Accept, Remember
    from bot.messengers.slack.wire import Json, Wire
    from domain.events import RawEvent

_log = structlog.get_logger()

GAP = 20.0
"""A shorter silence is no gap, in seconds."""

MARGIN = 600.0
"""So much before the gap is read again: what came then may not have been acknowledged."""

FARTHEST = 6 * 24 * 3600.0
"""What is older isn't read: keys of events are remembered for a week."""

_PAGE = 200
_PAGES = 50
_TRIES = 5
_PAUSE = 2.0
_NOT_READABLE = ("channel_not_found", "not_in_channel", "thread_not_found", "is_archived", "missing_scope")


class History:
    """Reads histories for one app. `shared` are the channels shared with customers. Without `remember` nothing is
    known of any gap.
    """

    def __init__(self, wire: Wire, shared: Collection[str] = ()) -> None:
        self._wire = wire
        self._shared = shared
        self.remember: Remember | None = None

    async def last_heard(self) -> float | None:
        """When something last came (Unix seconds); None when nothing ever did."""
        return None if self.remember is None else (await self.remember()).since

    async def catch_up(self, accept: Accept, since: float) -> None:
        """Keep what was written since then (Unix seconds). Raises what reading or keeping it raises."""
        if self.remember is None:
            return
        past = await self.remember()
        now = time.time()
        oldest = ids.oldest(max(since - MARGIN, now - FARTHEST))
        _log.info("reading what was written meanwhile", messenger=NAME, seconds=round(now - since))
        told = {**past.threads, **{c: past.threads.get(c, ()) for c in self._shared}}
        for channel, threads in [*told.items(), *((c, ()) for c in await self._others(told))]:
            await self._channel(accept, channel, threads, oldest)

    async def of_lane(self, lane: str, since: float) -> list[RawEvent]:
        """What was written in one lane since then (Unix seconds), in its order. Raises WireError."""
        channel, _, root = lane.partition(":")
        oldest = ids.oldest(since)
        given = {"channel": channel, "oldest": oldest}
        if root:
            found = self._pages("conversations.replies", "messages", **given, ts=root)
        else:
            found = self._pages("conversations.history", "messages", **given)
        messages = [m async for m in found if str(m["ts"]) > oldest]
        events = [event for m in messages for event in ids.from_history(channel, m, oldest, self._shared)]
        return sorted((e for e in events if e.lane == lane), key=lambda event: event.position)

    async def _others(self, known: Iterable[str]) -> list[str]:
        """Direct messages that Okno hasn't heard of: somebody may have written for the first time."""
        found = [str(c["id"]) async for c in self._pages("conversations.list", "channels", types="im")]
        return [channel for channel in found if channel not in set(known)]

    async def _channel(self, accept: Accept, channel: str, threads: Iterable[str], oldest: str) -> None:
        """One channel's messages and those of the threads named or seen there, kept in their order."""
        messages = {
            str(m["ts"]): m
            async for m in self._pages("conversations.history", "messages", channel=channel, oldest=oldest)
        }
        moved = [ts for ts, m in messages.items() if m.get("reply_count")]
        for root in dict.fromkeys([*threads, *moved]):
            replies = self._pages(
                "conversations.replies", "messages", channel=channel, ts=root, oldest=oldest
            )
            messages |= {str(m["ts"]): m async for m in replies if str(m["ts"]) > oldest}
        events = [
            event for m in messages.values() for event in ids.from_history(channel, m, oldest, self._shared)
        ]
        if events:
            await accept(sorted(events, key=lambda event: event.position))

    async def _pages(self, method: str, field: str, **given: Any) -> AsyncIterator[Json]:
        """Everything that the method lists; nothing where it may not be read."""
        cursor = None
        for _ in range(_PAGES):
            try:
                page = await self._insist(method, **given, limit=_PAGE, cursor=cursor)
            except ApiError as error:
                if error.code in _NOT_READABLE:
                    return
                raise
            for item in page.get(field) or ():
                yield item
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def _insist(self, method: str, **given: Any) -> Json:
        """The call's answer, waiting as long as Slack wants."""
        tries = 0
        while True:
            try:
                return await self._wire.call(method, **given)
            except WireError as error:
                tries += 1
                wait = error.retry_after if isinstance(error, ApiError) else _PAUSE
                if wait is None or tries > _TRIES:
                    raise
                await asyncio.sleep(wait)
