"""What is shown to one person alone: what came of a press, choices, their Home tab. Best effort, nothing depends on it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from bot.messengers.slack import ids
from bot.messengers.slack.blocks import blocks
from bot.messengers.slack.rich import escaped
from bot.messengers.slack.settings import NAME
from bot.messengers.slack.wire import ApiError, WireError
from domain.richtext import plain

if TYPE_CHECKING:
    from bot.messengers.slack.wire import Json, Wire
    from domain.home import Home
    from domain.requests import Buttons

_log = structlog.get_logger()

_REMEMBERED = 500
_NOT_THERE = ("not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived")
_MOST_BLOCKS = 100
_LONGEST_TITLE = 150


class Asides:
    """Speaks for one app. Slack's own address for an answer is kept in memory alone: whoever has it may write."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._addresses: OrderedDict[tuple[str, str], str] = OrderedDict()

    def heard(self, payload: Json) -> None:
        """Remember where a press or a command may be answered even if the app isn't in the channel."""
        address, user = payload.get("response_url"), payload.get("user")
        person = user.get("id") if isinstance(user, dict) else payload.get("user_id")
        if isinstance(address, str) and address and isinstance(person, str):
            self._addresses[ids.channel_of(payload), person] = address
            if len(self._addresses) > _REMEMBERED:
                self._addresses.popitem(last=False)

    async def tell(self, press: str, text: str, buttons: Buttons = ()) -> None:
        """Tell whoever pressed, so that nobody else sees it."""
        channel, person, thread = ids.read_press(press)
        said: Json = {"text": escaped(text), "blocks": blocks(plain(text), buttons) if buttons else None}
        try:
            await self._wire.call(
                "chat.postEphemeral", channel=channel, user=person, thread_ts=thread, **said
            )
        except WireError as error:
            if not isinstance(error, ApiError) or error.code not in _NOT_THERE:
                raise
            await self._tell_by_address(channel, person, said)

    async def _tell_by_address(self, channel: str, person: str, said: Json) -> None:
        address = self._addresses.pop((channel, person), "")
        if address and self._wire.is_slacks(address):
            await self._wire.respond(address, {"response_type": "ephemeral", **said})
        else:
            _log.debug("a press isn't answered", messenger=NAME, host=urlsplit(address).hostname)

    async def show(self, home: Home) -> None:
        """Make somebody's Home tab say this."""
        view = {"type": "home", "private_metadata": home.chat, "blocks": _page(home)[:_MOST_BLOCKS]}
        await self._wire.call("views.publish", user_id=home.person, view=view)


def _page(home: Home) -> list[Json]:
    shown: list[Json] = []
    for number, part in enumerate(home.parts):
        if part.title:
            title = {"type": "plain_text", "text": part.title[:_LONGEST_TITLE], "emoji": True}
            shown.append({"type": "header", "text": title})
        shown += blocks(part.words, part.buttons, name=f"home-{number}")
    return shown
