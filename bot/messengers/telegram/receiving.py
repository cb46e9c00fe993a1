"""Receiving: the poll loop and the webhook. Nothing is acknowledged before it is kept for good."""

from __future__ import annotations

import asyncio
import hmac
import random
import time
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.messengers.telegram import ids
from bot.messengers.telegram.convert import ASKED_FOR
from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import is_unauthorised
from bot.messengers.telegram.reading import parsed
from bot.messengers.telegram.settings import NAME
from bot.messengers.telegram.wire import ApiError, NotReachedError, Wire, WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.messengers.contract import Accept, Health
    from bot.messengers.telegram.settings import TelegramSettings
    from domain.events import RawEvent

_log = structlog.get_logger()

BATCH = 100
WEBHOOK_PATH = "/telegram/webhook"
MAX_UPDATE = 4 * 1024 * 1024
"""The longest update that is read from a webhook, in bytes."""

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (a header's name)
_SLACK = 10.0
_LONGEST_PAUSE = 10.0
_UNAUTHORISED_PAUSE = 60.0
_UNKNOWN_PAUSE = 1.0
LONGEST_WISH = 300.0
"""Nobody is deaf for longer than so many seconds, whatever a server asks for."""

_FORGETS = 600.0
"""After so many seconds of silence it is asked without an offset, which costs nothing: after a week without updates
Telegram counts on from any number, and what is below an offset isn't given (https://core.telegram.org/bots/api#update).
"""

_IDLE = 0.1
"""A server that answers a long poll with nothing at once is asked again after so many seconds."""


class Receiver:
    """Receives the updates of one bot.

    `settled_at` is when the updates that waited at the start had all come: the first poll that brought none.
    """

    def __init__(self, settings: TelegramSettings, wire: Wire, health: Health) -> None:
        self._settings = settings
        self._wire = wire
        self._health = health
        self._failures = 0
        self.settled_at: float | None = None
        self.last_update = 0

    async def poll(self, accept: Accept) -> None:
        """Poll until cancelled. A webhook left over is taken away; what waits at Telegram stays."""
        offset: int | None = None
        hooked = True
        heard = time.monotonic()
        while True:
            try:
                if hooked:
                    await self._wire.call(api.DeleteWebhook(drop_pending_updates=False))
                    hooked = False
                asked = time.monotonic()
                updates = await self._updates(offset)
            except WireError as error:
                if isinstance(error, ApiError):
                    hooked = hooked or error.says("webhook is active", "setWebhook")
                    offset = None if error.code == 400 else offset  # one from elsewhere
                await self._trouble(error)
                continue
            self._well()
            if updates:
                heard = time.monotonic()
                events = ids.raw_events(updates)
                await self._keep(accept, events)
                offset = ids.beyond(events, offset)
                if not events:  # what can't be told from others can't be confirmed, and comes again at once
                    await asyncio.sleep(_UNKNOWN_PAUSE)
            elif self.settled_at is None:
                self.settled_at = time.monotonic()
            elif time.monotonic() - heard > _FORGETS:
                heard, offset = time.monotonic(), None  # all before it is confirmed
            elif time.monotonic() - asked < _IDLE:
                await asyncio.sleep(_IDLE)

    async def _updates(self, offset: int | None) -> list[Any]:
        """One poll: short until the backlog is in hand, then as long as Telegram waits."""
        seconds = self._settings.poll_seconds if self.settled_at is not None else 0
        method = api.GetUpdates(offset=offset, limit=BATCH, timeout=seconds, allowed_updates=list(ASKED_FOR))
        updates = await self._wire.call(method, seconds=seconds + _SLACK)
        return updates if isinstance(updates, list) else []

    async def _keep(self, accept: Accept, events: Sequence[RawEvent]) -> None:
        """Have the events kept, however long that takes: until then no further poll confirms them."""
        tries = 0
        while True:
            try:
                await accept(events)
            except Exception as error:  # noqa: BLE001 (whatever keeps them from being kept, they are offered again)
                tries += 1
                _log.error(
                    "events can't be kept, receiving waits", messenger=NAME, error=type(error).__name__
                )
                await asyncio.sleep(_pause(tries))
            else:
                self.last_update = max(event.position for event in events) if events else self.last_update
                return

    async def webhook(self) -> None:
        """Have Telegram call the webhook, until cancelled."""
        hook = api.SetWebhook(
            url=self._settings.webhook_url or "",
            secret_token=self._settings.webhook_secret,
            allowed_updates=list(ASKED_FOR),
        )
        while self.settled_at is None:
            try:
                await self._wire.call(hook)
            except WireError as error:
                await self._trouble(error)
                continue
            self._well()
            self.settled_at = time.monotonic()
        await asyncio.Event().wait()

    def routes(self, accept: Accept) -> list[web.RouteDef]:
        """The webhook's route; none while polling."""
        if self._settings.mode != "webhook":
            return []

        async def take(request: web.Request) -> web.Response:
            return await self._take(request, accept)

        return [web.post(WEBHOOK_PATH, take)]

    async def _take(self, request: web.Request, accept: Accept) -> web.Response:
        """Keep one update that Telegram posted. Anything but 2xx makes Telegram post it again."""
        given, secret = request.headers.get(_SECRET_HEADER, ""), self._settings.webhook_secret or ""
        if not secret or not hmac.compare_digest(given.encode(), secret.encode()):
            return web.Response(status=403)
        raw = await _body(request)
        if raw is None:
            return web.Response(status=413)
        try:
            event = ids.raw_event(parsed(raw))
        except ValueError:
            event = None
        if event is None:
            return web.Response(status=400)
        try:
            await accept([event])
        except Exception as error:  # noqa: BLE001 (whatever it is, Telegram posts it again)
            _log.error("an event can't be kept", messenger=NAME, error=type(error).__name__)
            return web.Response(status=503)
        self.last_update = max(self.last_update, event.position)
        self._well()
        return web.Response()

    def _well(self) -> None:
        if self._failures:
            _log.info("receiving again", messenger=NAME)
        self._failures = 0
        self._health.connected = True
        self._health.unauthorised = False
        self._health.last_receive = time.monotonic()
        self._health.last_error = ""

    async def _trouble(self, error: WireError) -> None:
        """Say once what is wrong, and wait a while."""
        self._failures += 1
        reason = _reason(error)
        pause = _pause(self._failures)
        self._health.unauthorised = isinstance(error, ApiError) and is_unauthorised(error)
        if self._health.unauthorised:
            pause = min(_UNAUTHORISED_PAUSE, 2.0**self._failures)
        if isinstance(error, ApiError) and error.retry_after is not None:
            self._health.limited += 1
            pause = min(max(error.retry_after, pause), LONGEST_WISH)
        if reason != self._health.last_error:
            _log.warning("not receiving", messenger=NAME, reason=reason)
        self._health.connected = False
        self._health.last_error = reason
        await asyncio.sleep(pause)


def _reason(error: WireError) -> str:
    """What keeps us from receiving, in words that say what to do where something can be done."""
    if isinstance(error, ApiError):
        if is_unauthorised(error):
            return "Telegram refuses the token: set OKNO_TELEGRAM__TOKEN to the one that @BotFather shows"
        if error.code == 409:
            return "another program receives with the same token: stop it, or give it a bot of its own"
        return f"Telegram answers {error}"
    return (
        f"Telegram can't be reached ({error})" if isinstance(error, NotReachedError) else f"cut off ({error})"
    )


def _pause(tries: int) -> float:
    """How long to wait after so many failures in a row, with jitter."""
    longest = min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(tries, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 (no secret)


async def _body(request: web.Request) -> bytes | None:
    """The body; None when it is longer than any update."""
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > MAX_UPDATE:
            return None
    return bytes(raw)
