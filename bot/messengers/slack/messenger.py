"""The Slack messenger: one app in a workspace, its receiving and its sending."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from bot.messengers.contract import ConnectRefused, Health
from bot.messengers.slack import files, ids
from bot.messengers.slack.asides import Asides
from bot.messengers.slack.blocks import MAX_TEXT
from bot.messengers.slack.changing import DELIVERED, Changer
from bot.messengers.slack.channels import Channels
from bot.messengers.slack.checks import Checker
from bot.messengers.slack.convert import Reader, convert
from bot.messengers.slack.history import History
from bot.messengers.slack.people import People
from bot.messengers.slack.receiving import Receiver
from bot.messengers.slack.sending import Sender
from bot.messengers.slack.settings import NAME, SlackSettings, pacing_of
from bot.messengers.slack.uploads import MAX_UPLOAD, Uploader
from bot.messengers.slack.wire import ApiError, Wire, WireError
from domain.policy import Capabilities

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from typing import Literal

    from aiohttp import web

    from bot.messengers.contract import Accept, Carrier, Desks, Finding, Hold, Remember
    from domain.events import Event
    from domain.home import Home
    from domain.requests import Buttons, Delete, Edit, Outcome, React, Send

_log = structlog.get_logger()

MAX_ALBUM = 10

_CONNECT_PAUSE = 5.0
_BAD_TOKEN = ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive")


class SlackMessenger:
    """One Slack app. `carry` brings files of other messengers; `locale` is that of descriptions in words."""

    def __init__(self, settings: SlackSettings, carry: Carrier, locale: str = "ru") -> None:
        self.name = NAME
        self.account = NAME
        self.capabilities = Capabilities(
            max_text=MAX_TEXT,
            max_caption=MAX_TEXT,
            max_album=MAX_ALBUM,
            max_upload=MAX_UPLOAD,
            max_download=MAX_UPLOAD,
            replies_in_threads=False,
            edits=True,
            deletes=True,
            reacts=True,
            buttons=True,
            threads_under_cards=True,
            menus=True,
            shares_chats=bool(settings.customer_channels),
            delivered_mark=DELIVERED,
            command_prefix="!",
            link=self._link,
        )
        self.pacing = pacing_of(settings)
        self.health = Health()
        self._locale = locale
        self._base = ""
        self._wire = Wire(settings.bot_token, settings.api_base)
        self._uploader = Uploader(self._wire, carry)
        self._sender = Sender(self._wire, self._uploader)
        self._changer = Changer(self._wire, self._uploader)
        self._people = People(self._wire)
        self._channels = Channels(self._wire)
        self._asides = Asides(self._wire)
        self._history = History(self._wire, settings.customer_channels)
        self._receiver = Receiver(settings, self._wire, self.health, self._heard, self._history)
        self._checker = Checker(settings, self._wire, locale)
        self._reader = Reader("", locale, settings.customer_channels)

    async def connect(self) -> None:
        """Ask Slack who the bot is. Waits while Slack can't be reached; raises ConnectRefused on a bad token."""
        while True:
            try:
                me = await self._wire.call("auth.test")
            except ApiError as error:
                if error.code in _BAD_TOKEN:
                    raise ConnectRefused(
                        "slack.bot_token: Slack doesn't take it; copy the Bot User OAuth Token (xoxb-…) again "
                        "from OAuth & Permissions at api.slack.com/apps"
                    ) from None
                await self._wait_to_connect(error)
            except WireError as error:
                await self._wait_to_connect(error)
            else:
                break
        user = str(me.get("user_id", ""))
        self._base = str(me.get("url", ""))
        self._reader = replace(self._reader, user=user)
        self._changer.me = user
        self.health.connected = True

    async def _wait_to_connect(self, error: WireError) -> None:
        if not self.health.last_error:
            _log.warning("not connected, trying on", messenger=NAME, reason=str(error))
        self.health.last_error = str(error)
        wait = error.retry_after if isinstance(error, ApiError) else None
        await asyncio.sleep(wait or _CONNECT_PAUSE)

    async def receive(self, accept: Accept) -> None:
        """Receive until cancelled: over Socket Mode, or what Slack posts."""
        learning = asyncio.create_task(self._channels.learn()) if self.capabilities.shares_chats else None
        try:
            await self._receiver.receive(accept)
        finally:
            if learning is not None:
                learning.cancel()

    def _heard(self, payload: Any) -> None:
        self._uploader.heard(payload)
        self._channels.heard(payload)
        self._asides.heard(payload)

    def remembers(self, remember: Remember, hold: Hold) -> None:
        """Where to ask what was known before a gap, and how to have events wait."""
        self._history.remember = remember
        self._receiver.hold = hold

    def desks_from(self, ask: Desks) -> None:
        """Where to ask which channels are desks."""
        self._channels.desks = ask

    def routes(self, accept: Accept) -> list[web.RouteDef]:  # noqa: ARG002 (it is the one that `receive` is given)
        """The address that Slack posts to, in HTTP mode."""
        return self._receiver.routes()

    @property
    def settled_at(self) -> float | None:
        """When it first could receive; None before."""
        return self._receiver.settled_at

    def convert(self, payload: Any) -> Event:
        """The payload as an event. Raises ValueError on malformed ones."""
        return convert(payload, self._reader)

    async def lookup(self, event: Event) -> Event:
        """The event with names and time zones, and where it matters with who is on the staff."""
        event = await self._channels.complete(await self._people.complete(event))
        return await files.completed(self._wire, event)

    async def send(self, request: Send) -> Outcome:
        """Send a message."""
        return await self._sender.send(request)

    async def look_up(self, request: Send) -> Outcome | None:
        """Whether a message of unknown fate arrived."""
        return await self._sender.look_up(request)

    async def edit(self, request: Edit) -> Outcome:
        """Make a message say something else."""
        return await self._changer.edit(request)

    async def delete(self, request: Delete) -> Outcome:
        """Delete messages."""
        return await self._changer.delete(request)

    async def react(self, request: React) -> Outcome:
        """Set the sign of delivery, or the bot's reaction."""
        return await self._changer.react(request)

    async def answer_press(self, press: str, text: str) -> None:
        """Tell whoever pressed, so that nobody else sees it."""
        if text:
            await self._asides.tell(press, text)

    async def offer(self, press: str, text: str, buttons: Buttons) -> None:
        """Offer whoever pressed some buttons, so that nobody else sees them."""
        await self._asides.tell(press, text, buttons)

    async def show_home(self, home: Home) -> None:
        """Make somebody's Home tab say this."""
        await self._asides.show(home)

    def open_file(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a file that somebody sent. Raises FileRefused."""
        return files.opened(self._wire, ref)

    async def check_account(self) -> list[Finding]:
        """What there is to say about the app."""
        return await self._checker.account()

    async def check_chat(self, native: str, role: Literal["desk", "leads"]) -> list[Finding]:
        """What there is to say about one channel."""
        return await self._checker.chat(native, role)

    async def close(self) -> None:
        """Let go of connections."""
        await self._people.close()
        await self._channels.close()
        await self._wire.close()

    def _link(self, chat: str, thread: str | None, message: str | None) -> str | None:
        return ids.link(self._base, chat, thread, message)
