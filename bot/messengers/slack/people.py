"""Who people are: Slack's events carry ids alone, names and time zones are looked up once and remembered a while."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messengers.slack.wire import ApiError, WireError
from domain.events import Edited, Event, HomeOpened, Membership, PersonSeen, Pressed, Reacted, Wrote
from domain.messages import Content
from domain.richtext import RichText, plain

if TYPE_CHECKING:
    from bot.messengers.slack.wire import Json, Wire

_SECONDS = 2.0
_FRESH = 3600.0
_REMEMBERED = 10_000
_HIDDEN = ("user_not_visible", "user_not_found", "users_not_found", "team_access_not_granted")
_MENTIONED = re.compile(r"@([UW][A-Z0-9]{2,})\b")
_NAMED_AT_MOST = 5


class People:
    """The people of one workspace, and of those it shares channels with."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._known: OrderedDict[str, tuple[float, PersonSeen]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[PersonSeen]] = {}

    async def complete(self, event: Event) -> Event:
        """The event with names where it has ids; within two seconds, else as it is."""
        if not isinstance(event, Wrote | Edited | Reacted | Pressed | Membership | HomeOpened):
            return event
        try:
            async with asyncio.timeout(_SECONDS):
                author = await self._person(event.author)
                if isinstance(event, Wrote | Edited):
                    return replace(event, author=author, content=await self._named(event.content))
                return replace(event, author=author)
        except (TimeoutError, WireError):
            return event

    async def _named(self, content: Content) -> Content:
        """The content with names instead of the ids of those it mentions."""
        mentioned = list(_MENTIONED.finditer(content.text.text))[:_NAMED_AT_MOST]
        if not mentioned:
            return content
        words, at = RichText(), 0
        for found in mentioned:
            person = await self._person(PersonSeen(found[1], found[1]))
            words = words + content.text.slice(at, found.start()) + plain(f"@{person.name}")
            at = found.end()
        return replace(content, text=words + content.text.slice(at, len(content.text.text)))

    async def _person(self, seen: PersonSeen) -> PersonSeen:
        native = seen.native
        known = self._known.get(native)
        if known is not None and known[0] > time.monotonic() - _FRESH:
            return known[1]
        task = self._asked.get(native)
        if task is None:
            task = self._asked[native] = asyncio.get_running_loop().create_task(self._ask(seen))
            task.add_done_callback(lambda done: self._answered(native, done))
        return await asyncio.shield(task)

    async def _ask(self, seen: PersonSeen) -> PersonSeen:
        """In a task of its own: who asks may give up waiting, the answer serves the next one. People of other
        workspaces may be hidden from the app; they are as their message shows them.
        """
        try:
            found = await self._wire.call("users.info", user=seen.native, include_locale=True)
        except ApiError as error:
            if error.code not in _HIDDEN:
                raise
            return seen
        return _seen(seen, found.get("user") or {})

    def _answered(self, native: str, task: asyncio.Task[PersonSeen]) -> None:
        self._asked.pop(native, None)
        if not task.cancelled() and task.exception() is None:
            self._known[native] = (time.monotonic(), task.result())
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def close(self) -> None:
        """Ask no more."""
        for task in list(self._asked.values()):
            task.cancel()


def _seen(seen: PersonSeen, user: Json) -> PersonSeen:
    native = seen.native
    profile = user.get("profile") or {}
    name = (
        profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name")
    )
    return PersonSeen(
        native=native,
        name=str(name or seen.name or native),
        username=str(user.get("name") or ""),
        locale=str(user.get("locale") or "").partition("-")[0],
        timezone=str(user.get("tz") or ""),
        picture=str(profile.get("image_192") or profile.get("image_72") or ""),
        is_bot=bool(user.get("is_bot")),
    )
