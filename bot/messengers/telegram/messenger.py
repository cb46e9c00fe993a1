"""The Telegram messenger: one bot, its receiving and its sending."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.messengers.contract import ConnectRefused, Health
from bot.messengers.telegram import compose, files, ids
from bot.messengers.telegram.calls import Caller
from bot.messengers.telegram.changing import Changer
from bot.messengers.telegram.checks import Checker
from bot.messengers.telegram.convert import Reader, convert
from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import is_unauthorised
from bot.messengers.telegram.profile import Profile
from bot.messengers.telegram.reactions import DELIVERED, REACTIONS
from bot.messengers.telegram.receiving import LONGEST_WISH, Receiver
from bot.messengers.telegram.sending import Sender
from bot.messengers.telegram.settings import NAME, TelegramSettings, pacing_of
from bot.messengers.telegram.topics import Topics
from bot.messengers.telegram.upload import MAX_DOWNLOAD, MAX_PHOTO, MAX_UPLOAD, MAX_UPLOAD_LOCAL
from bot.messengers.telegram.wire import ApiError, Wire, WireError
from domain.policy import Capabilities

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager
    from typing import Literal

    from aiohttp import web

    from bot.messengers.contract import Accept, Carrier, Finding
    from domain.events import Event
    from domain.requests import Delete, Edit, OpenThread, Outcome, React, Send, ShowThread

_log = structlog.get_logger()

CAPABILITIES = Capabilities(
    max_text=compose.MAX_TEXT,
    max_caption=compose.MAX_CAPTION,
    max_album=compose.MAX_ALBUM,
    edits=True,
    deletes=True,
    reacts=True,
    buttons=True,
    threads=True,
    delivered_mark=DELIVERED,
    shares_reaction=True,
    reactions=REACTIONS,
    delete_within=timedelta(hours=48),
    max_upload=MAX_UPLOAD,
    max_download=MAX_DOWNLOAD,
    max_photo=MAX_PHOTO,
    link=ids.link,
    same_file=ids.same,
    quotes=True,
)


def capabilities_of(settings: TelegramSettings) -> Capabilities:
    """What Telegram carries; a Bot API server of one's own that runs with --local carries larger files."""
    if settings.server == "local":
        return replace(CAPABILITIES, max_upload=MAX_UPLOAD_LOCAL, max_download=None)
    return CAPABILITIES


_PRESS_SECONDS = 5.0
_TYPING_SECONDS = 4.0
_MAX_ANSWER = 200
_CONNECT_PAUSE = 5.0


class TelegramMessenger:
    """One Telegram bot. `carry` brings files of other messengers; `locale` is that of descriptions in words."""

    def __init__(self, settings: TelegramSettings, carry: Carrier, locale: str = "ru") -> None:
        self.name = NAME
        self.account = ids.account_of(settings.token)
        self.username = ""
        self.capabilities = replace(capabilities_of(settings), start_link=self.start_link)
        self.pacing = pacing_of(settings.limits)
        self.health = Health()
        self._settings = settings
        self._locale = locale
        self._wire = Wire(settings.token, settings.api_base)
        self._caller = Caller(self._wire, self._on_moved)
        self._receiver = Receiver(settings, self._wire, self.health)
        self._sender = Sender(self._caller, carry, self.capabilities.max_upload or MAX_UPLOAD)
        self._changer = Changer(self._caller)
        self._topics = Topics(self._caller)
        self._profile = Profile(self._wire, locale)
        self._checker = Checker(self._wire, locale)
        self._accept: Accept | None = None
        self._typing_after = 0.0
        self._reader = Reader(self.account, "", locale)

    async def connect(self) -> None:
        """Ask Telegram who the bot is. Waits while Telegram can't be reached; raises ConnectRefused on a bad token."""
        while True:
            try:
                me = await self._wire.call(api.GetMe())
            except ApiError as error:
                if is_unauthorised(error):
                    raise ConnectRefused(
                        "telegram.token: Telegram doesn't know it; copy it again from @BotFather"
                    ) from None
                await self._wait_to_connect(error)
            except WireError as error:
                await self._wait_to_connect(error)
            else:
                break
        self.account, self.username = str(me["id"]), str(me.get("username", ""))
        self._reader = Reader(self.account, self.username, self._locale)
        self.health.connected = True

    def start_link(self, word: str) -> str | None:
        """An address that begins a private chat with the bot; https://core.telegram.org/bots/features#deep-linking"""
        return f"https://t.me/{self.username}?start={word}" if self.username else None

    async def _wait_to_connect(self, error: WireError) -> None:
        if not self.health.last_error:
            _log.warning("not connected, trying on", messenger=NAME, reason=str(error))
        self.health.last_error = str(error)
        wait = (error.retry_after if isinstance(error, ApiError) else None) or _CONNECT_PAUSE
        await asyncio.sleep(min(wait, LONGEST_WISH))

    async def receive(self, accept: Accept) -> None:
        """Receive until cancelled: by polling, or by having Telegram call the webhook."""
        self._accept = accept
        if self._settings.mode == "webhook":
            await self._receiver.webhook()
        else:
            await self._receiver.poll(accept)

    def routes(self, accept: Accept) -> list[web.RouteDef]:
        """The webhook's route, where there is one."""
        self._accept = accept
        return self._receiver.routes(accept)

    @property
    def settled_at(self) -> float | None:
        """When the updates that waited at the start had all come; None before."""
        return self._receiver.settled_at

    def convert(self, payload: Any) -> Event:
        """The update as an event. Raises ValueError on malformed ones."""
        return convert(payload, self._reader)

    async def lookup(self, event: Event) -> Event:
        """Telegram's updates lack nothing that could be looked up."""
        return event

    async def send(self, request: Send) -> Outcome:
        """Send a message or an album."""
        return await self._sender.send(request)

    async def edit(self, request: Edit) -> Outcome:
        """Make a message say something else."""
        return await self._changer.edit(request)

    async def delete(self, request: Delete) -> Outcome:
        """Delete messages, within 48 hours of their sending."""
        return await self._changer.delete(request)

    async def react(self, request: React) -> Outcome:
        """Set the bot's reaction."""
        return await self._changer.react(request)

    async def open_thread(self, request: OpenThread) -> Outcome:
        """Make a forum topic."""
        return await self._topics.open(request)

    async def show_thread(self, request: ShowThread) -> Outcome:
        """Name a forum topic, and close or reopen it."""
        return await self._topics.show(request)

    async def show_typing(self, chat: str, thread: str | None) -> None:
        """The bot types, for five seconds or until it sends something; a limit of Telegram's ends it for as long.

        https://core.telegram.org/bots/api#sendchataction
        """
        if time.monotonic() < self._typing_after:
            return
        place = {"chat_id": chat} if thread is None else {"chat_id": chat, "message_thread_id": int(thread)}
        try:
            await self._wire.call(api.SendChatAction(**place, action="typing"), seconds=_TYPING_SECONDS)
        except WireError as error:
            pause = error.retry_after if isinstance(error, ApiError) else None
            self._typing_after = time.monotonic() + (pause or 0)

    async def answer_press(self, press: str, text: str) -> None:
        """Tell whoever pressed, in as many words as fit."""
        answer = api.AnswerCallbackQuery(callback_query_id=press, text=text[:_MAX_ANSWER] or None)
        try:
            await self._wire.call(answer, seconds=_PRESS_SECONDS)
        except WireError as error:
            _log.debug("a press isn't answered", messenger=NAME, reason=str(error))

    def open_file(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a file that somebody sent. Raises FileRefused."""
        local = self._settings.server == "local"
        return files.opened(self._wire, ref, local=local, most=self.capabilities.max_download)

    async def show_profile(self, desks: Sequence[str], leads: str | None) -> None:
        """Set the bot's commands and description, best effort."""
        await self._profile.show(desks, leads)

    async def check_account(self) -> list[Finding]:
        """What there is to say about the bot."""
        return await self._checker.account()

    async def check_chat(self, native: str, role: Literal["desk", "leads"]) -> list[Finding]:
        """What there is to say about one group."""
        return await self._checker.chat(native, role)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()

    async def _on_moved(self, old: str, new: str) -> None:
        """A refused request shows that a group has another id: kept like what people do, for storage to follow.

        Should that fail, Telegram's own message about it does the same.
        """
        _log.info("a group became a supergroup", messenger=NAME)
        if self._accept is not None:
            try:
                await self._accept([ids.moved_event(old, new, self._receiver.last_update)])
            except Exception as error:  # noqa: BLE001 (the request goes on; Telegram's message follows)
                _log.warning("a group's new id isn't kept yet", messenger=NAME, error=type(error).__name__)
