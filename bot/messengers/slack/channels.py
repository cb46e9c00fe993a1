"""What Slack's events leave out about channels: their names, and who of the staff belongs to which desk.

Asked only for channels shared with customers and for Home tabs. What is known is used on when Slack can't be asked.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.messengers.slack.wire import WireError
from domain.events import Event, HomeOpened, Pressed, Wrote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.messengers.contract import Desks
    from bot.messengers.slack.wire import Json, Wire

T = TypeVar("T")

_SECONDS = 2.0
_FRESH = 600.0
_PAGE = 1000
_PAGES = 10
_REMEMBERED = 1000


class _Known(Generic[T]):
    """What was asked of each channel. What is known is used at once, and asked anew when it is old."""

    def __init__(self, ask: Callable[[str], Awaitable[T]]) -> None:
        self._ask = ask
        self._found: dict[str, tuple[float, T]] = {}
        self._asked: dict[str, asyncio.Task[T | None]] = {}

    async def get(self, channel: str) -> T | None:
        """What is known; None when it can't be told."""
        known = self._found.get(channel)
        if known is None or known[0] < time.monotonic() - _FRESH:
            task = self._asked.get(channel)
            if task is None:
                task = self._asked[channel] = asyncio.get_running_loop().create_task(self._told(channel))
                task.add_done_callback(lambda _: self._asked.pop(channel, None))
            if known is None:
                return await asyncio.shield(task)
        return known[1]

    async def _told(self, channel: str) -> T | None:
        try:
            found = await self._ask(channel)
        except WireError:
            return None
        if len(self._found) > _REMEMBERED:
            self._found.clear()
        self._found[channel] = (time.monotonic(), found)
        return found

    def outdated(self, channel: str) -> None:
        """It has changed: what is known is used until it was asked anew."""
        if channel in self._found:
            self._found[channel] = (time.monotonic() - _FRESH - 1.0, self._found[channel][1])

    def close(self) -> None:
        for task in list(self._asked.values()):
            task.cancel()


class Channels:
    """Channels of one app. Without `desks` nobody is known to be on the staff."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.desks: Desks | None = None
        self._members = _Known(self._ask_members)
        self._titles = _Known(self._ask_title)

    async def complete(self, event: Event) -> Event:
        """The event with its channel's name and its author's desks, where those matter; within two seconds."""
        if not _matters(event):
            return event
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._completed(event)
        except TimeoutError:
            return event

    async def _completed(self, event: Event) -> Event:
        if not isinstance(event, Wrote | HomeOpened | Pressed):
            return event
        author = replace(event.author, desks=await self._desks_of(event.author.native))
        if event.chat.kind != "shared":
            return replace(event, author=author)
        title = await self._titles.get(event.chat.native) or ""
        return replace(event, author=author, chat=replace(event.chat, title=title))

    async def _desks_of(self, person: str) -> tuple[str, ...] | None:
        """The desks that the person belongs to; None when that isn't known of all."""
        desks = await self.desks() if self.desks is not None else ()
        members = {native: await self._members.get(native) for native in desks}
        found = tuple(native for native, known in members.items() if known is not None and person in known)
        return found if found or None not in members.values() else None

    async def learn(self) -> None:
        """Ask ahead who belongs to which desk, so that nobody has to wait for it."""
        for native in await self.desks() if self.desks is not None else ():
            await self._members.get(native)

    async def _ask_members(self, channel: str) -> frozenset[str]:
        found: set[str] = set()
        cursor = None
        for _ in range(_PAGES):
            page = await self._wire.call("conversations.members", channel=channel, limit=_PAGE, cursor=cursor)
            found |= {str(member) for member in page.get("members") or ()}
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return frozenset(found)

    async def _ask_title(self, channel: str) -> str:
        found = (await self._wire.call("conversations.info", channel=channel)).get("channel") or {}
        return str(found.get("name") or "")

    def heard(self, payload: Json) -> None:
        """Somebody came to a channel or left it: who belongs to it is asked anew."""
        event = payload.get("event")
        if isinstance(event, dict) and event.get("type") in ("member_joined_channel", "member_left_channel"):
            self._members.outdated(str(event.get("channel")))

    async def close(self) -> None:
        """Ask no more."""
        self._members.close()
        self._titles.close()


def _matters(event: Event) -> bool:
    """Whether anything depends on who is on the staff."""
    if isinstance(event, HomeOpened):
        return True
    if isinstance(event, Pressed):
        return event.chat.kind == "private" and event.data.startswith("lang:")
    return isinstance(event, Wrote) and event.chat.kind == "shared"
