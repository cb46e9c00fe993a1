"""Receiving: Socket Mode's connections, or the address that Slack posts to. Nothing is acknowledged before it is kept.

slack-bolt isn't used: it acknowledges events before listeners run, and answers 200 for those it can't authorise.
slack_sdk's Socket Mode client reads without bound and acknowledges one by one; here what has come is kept together.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import aiohttp
import orjson
import structlog
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.messengers.slack import ids
from bot.messengers.slack.gaps import Gaps
from bot.messengers.slack.history import GAP
from bot.messengers.slack.settings import NAME
from bot.messengers.slack.wire import ApiError, NotReachedError, Wire, WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.messengers.contract import Accept, Health, Hold
    from bot.messengers.slack.history import History
    from bot.messengers.slack.settings import SlackSettings
    from bot.messengers.slack.wire import Json
    from domain.events import RawEvent

_log = structlog.get_logger()

PATH = "/slack/events"
MAX_BODY = 4 * 1024 * 1024
"""The longest event that is read over HTTP, in bytes."""

_QUEUE = 100
_ORDER_SECONDS = 10.0
_LIVED = 5.0
"""A connection that ends sooner (seconds) is taken for a failure to connect."""

_LAST_SECONDS = 15.0
"""How long a connection that Slack announced to end is read on; it says so about ten seconds before."""

_STARTING = 2.0
"""How long an event over HTTP waits for a program that has just started; Slack waits three seconds."""

_NO_OTHER = ("link_disabled", "too_many_websockets")
"""Reasons to end a connection for which another one wouldn't help at once."""

_LONGEST_PAUSE = 30.0
_UNAUTHORISED = ("invalid_auth", "not_authed", "token_revoked", "account_inactive", "not_allowed_token_type")
_UNAUTHORISED_PAUSE = 60.0


class Receiver:
    """Receives for one app. `settled_at` is when it first could; `heard` is told of every payload."""

    def __init__(
        self,
        settings: SlackSettings,
        wire: Wire,
        health: Health,
        heard: Callable[[Json], None],
        history: History,
    ) -> None:
        self._settings = settings
        self._wire = wire
        self._health = health
        self._heard = heard
        self._verifier = SignatureVerifier(settings.signing_secret) if settings.signing_secret else None
        self._accept: Accept | None = None
        self._history = history
        self._gaps = Gaps(history)
        self._open = 0
        self._heard_at: float | None = None
        self._missed_since: float | None = None
        self._missed = asyncio.Event()
        self._ready = asyncio.Event()
        self.hold: Hold = lambda _wait: None
        self._arrived: asyncio.Queue[tuple[aiohttp.ClientWebSocketResponse, Json]] = asyncio.Queue(_QUEUE)
        self.settled_at: float | None = None

    async def receive(self, accept: Accept) -> None:
        """Receive until cancelled."""
        self._accept = accept
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._catch_up(accept))
                if self._settings.mode == "socket":
                    group.create_task(self._keep_all(accept))
                    for _ in range(self._settings.connections):
                        group.create_task(self._connected(accept, group))
                else:
                    self._well()
                    await asyncio.Event().wait()
        finally:
            self.hold(False)
            self._ready.clear()
            self._accept = None

    # ── after a gap ──

    async def _catch_up(self, accept: Accept) -> None:
        """Read what may have been missed, whenever there is such a thing, and as often as it takes."""
        failures = 0
        self.hold(True)
        self._gap(await self._history.last_heard())  # takes a while: connections may be open by now
        self._ready.set()  # before that nobody knows whose history goes first
        if not self._missed.is_set():
            self.hold(False)
        while True:
            await self._missed.wait()
            since, self._missed_since = self._missed_since, None
            self._missed.clear()
            if since is None or await self._read_since(accept, since):
                failures = 0
                continue
            failures += 1
            self._miss(since)
            await asyncio.sleep(_pause(failures))

    async def _read_since(self, accept: Accept, since: float) -> bool:
        """Whether it could be read. What comes in is kept at once and handled after it, unless it takes long, so that
        all is handled in its order.
        """
        self.hold(True)
        enough = asyncio.get_running_loop().call_later(_ORDER_SECONDS, self.hold, False)
        try:
            await self._history.catch_up(accept, since)
        except Exception as error:  # noqa: BLE001 (what comes in is received all the same)
            _log.warning(
                "what was written meanwhile can't be read yet", messenger=NAME, error=type(error).__name__
            )
            return False
        finally:
            enough.cancel()
            self.hold(False)
        return True

    def _gap(self, since: float | None) -> None:
        """Nothing was heard since then; Slack itself tries again what a short silence kept from us."""
        if since is None:
            return
        self._gaps.begin(since)
        if time.time() - since > GAP:
            self._miss(since)

    def _miss(self, since: float) -> None:
        self._missed_since = since if self._missed_since is None else min(self._missed_since, since)
        self._missed.set()

    # ── Socket Mode ──

    async def _connected(self, accept: Accept, group: asyncio.TaskGroup) -> None:
        """One connection, made again whenever it ends. One that Slack announces to end, as it does after some hours,
        is followed by another one at once and read to its end.
        """
        failures = 0
        while True:
            began = time.monotonic()
            try:
                opened = await self._wire.call("apps.connections.open", token=self._settings.app_token)
                async with self._wire.session.ws_connect(
                    str(opened.get("url") or ""),
                    heartbeat=self._settings.silence,
                    autoping=False,
                    max_msg_size=MAX_BODY,
                ) as socket:
                    if not self._open:
                        self._gap(self._heard_at)
                    self._heard_at = time.time()
                    if await self._served(socket, accept, group):
                        return
            except (WireError, aiohttp.ClientError, OSError, TimeoutError) as error:
                failures += 1
                await self._trouble(error, failures)
            else:
                failures = 0 if time.monotonic() - began > _LIVED else failures + 1
                await asyncio.sleep(_pause(failures))

    async def _served(
        self, socket: aiohttp.ClientWebSocketResponse, accept: Accept, group: asyncio.TaskGroup
    ) -> bool:
        """Read envelopes and have them kept until the connection ends; whether another one has followed it."""
        self._open += 1
        followed = False
        try:
            if await self._read(socket):
                followed = True
                group.create_task(self._connected(accept, group))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_SECONDS):
                        await self._read(socket)
        finally:
            if not followed:  # what Slack sent over it comes again, after what comes over the others
                self._gaps.begin(time.time())
            self._open -= 1
            self._health.connected = self._open > 0
        return followed

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Read until the connection ends, or (True) Slack says that it soon will."""
        async for frame in socket:
            self._heard_at = time.time()
            if frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            envelope = _envelope(frame.data)
            kind = envelope.get("type")
            if kind == "hello":
                self._well()
            elif kind == "disconnect":
                if envelope.get("reason") in _NO_OTHER:
                    raise ApiError(str(envelope["reason"]))
                return True
            elif "envelope_id" in envelope:
                await self._arrived.put((socket, envelope))
        return False

    async def _keep_all(self, accept: Accept) -> None:
        """Keep what has come over any of the connections, in the order in which it came, and only then acknowledge
        each. What isn't kept Slack sends again.
        """
        await self._ready.wait()
        while True:
            batch = [await self._arrived.get()]
            while not self._arrived.empty():
                batch.append(self._arrived.get_nowait())
            kept = await self._gaps.filled([event for _, each in batch for event in self._events(each)])
            if not await self._kept(accept, kept):
                continue
            for socket, envelope in batch:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    await socket.send_str(orjson.dumps({"envelope_id": envelope["envelope_id"]}).decode())
            self._health.last_receive = time.monotonic()

    def _events(self, envelope: Json) -> list[RawEvent]:
        payload = envelope.get("payload")
        if not isinstance(payload, dict):
            return []
        try:
            self._heard(payload)
        except Exception as error:  # noqa: BLE001 (an odd payload is kept like any other)
            _log.warning("an odd payload", messenger=NAME, error=type(error).__name__)
        return ids.raw_events(payload, self._settings.customer_channels)

    async def _kept(self, accept: Accept, events: Sequence[RawEvent]) -> bool:
        try:
            if events:
                await accept(events)
        except Exception as error:  # noqa: BLE001 (whatever keeps them from being kept, Slack sends them again)
            _log.error("events can't be kept", messenger=NAME, error=type(error).__name__)
            self._gaps.begin(time.time())
            self._miss(time.time())  # Slack sends them again for some minutes only
            return False
        return True

    # ── HTTP ──

    def routes(self) -> list[web.RouteDef]:
        """The address that Slack posts to; none in Socket Mode."""
        return [] if self._settings.mode == "socket" else [web.post(PATH, self._take)]

    async def _take(self, request: web.Request) -> web.Response:
        """Keep what Slack posted. Anything but 200 within three seconds makes Slack post it again."""
        raw = await _body(request)
        if raw is None:
            return web.Response(status=413)
        if not self._is_slacks(request, raw):
            return web.Response(status=401)
        payload = _payload(request, raw)
        if payload is None:
            return web.Response(status=400)
        if payload.get("type") == "url_verification":
            return web.json_response({"challenge": str(payload.get("challenge", ""))})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), _STARTING)
        if self._accept is None:
            return web.Response(status=503)
        if not await self._kept(self._accept, await self._gaps.filled(self._events({"payload": payload}))):
            return web.Response(status=503)
        self._well()
        return web.Response()

    def _is_slacks(self, request: web.Request, raw: bytes) -> bool:
        """Whether the signature is right, and not older than five minutes."""
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if self._verifier is None or not (stamp.isascii() and stamp.isdigit() and signature.isascii()):
            return False
        try:
            return self._verifier.is_valid(raw, stamp, signature)
        except ValueError:
            return False

    # ── how it goes ──

    def _well(self) -> None:
        if self.settled_at is None:
            self.settled_at = time.monotonic()
        elif self._health.last_error:
            _log.info("receiving again", messenger=NAME)
        self._health.connected = True
        self._health.unauthorised = False
        self._health.last_error = ""
        self._health.last_receive = time.monotonic()

    async def _trouble(self, error: Exception, failures: int) -> None:
        """Say once what is wrong, and wait a while."""
        reason, pause = _reason(error), _pause(failures)
        self._health.connected = self._open > 0
        self._health.unauthorised = isinstance(error, ApiError) and error.code in _UNAUTHORISED
        if isinstance(error, ApiError):
            if error.code in (*_UNAUTHORISED, *_NO_OTHER, "missing_scope"):
                pause = min(_UNAUTHORISED_PAUSE, 2.0**failures)
            if error.retry_after is not None:
                self._health.limited += 1
                pause = error.retry_after
        if reason != self._health.last_error:
            _log.warning("not receiving", messenger=NAME, reason=reason)
        self._health.last_error = reason
        await asyncio.sleep(pause)


def _envelope(data: str) -> Json:
    """What a frame holds; nothing when that is nothing of Slack's."""
    try:
        found = orjson.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(error: Exception) -> str:
    """What keeps us from receiving, in words that say what to do where something can be done."""
    if isinstance(error, ApiError):
        if error.code == "link_disabled":
            return "Socket Mode is off: switch it on under Socket Mode at api.slack.com/apps"
        if error.code in (*_UNAUTHORISED, "missing_scope"):
            return (
                "Slack refuses the app token: set OKNO_SLACK__APP_TOKEN to an app-level token (xapp-…) with "
                "connections:write"
            )
        return f"Slack answers {error}"
    if isinstance(error, NotReachedError):
        return f"Slack can't be reached ({error})"
    return f"cut off ({type(error).__name__})"


def _pause(failures: int) -> float:
    """How long to wait after so many failures in a row, with jitter."""
    longest = min(_LONGEST_PAUSE, 0.25 * 2.0 ** min(failures, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 (no secret)


def _payload(request: web.Request, raw: bytes) -> Json | None:
    """The JSON in a request: as its body, in a form's field, or the form itself (a slash command)."""
    try:
        if request.content_type != "application/x-www-form-urlencoded":
            body: Any = orjson.loads(raw)
        else:
            form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
            body = orjson.loads(form["payload"]) if "payload" in form else form
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


async def _body(request: web.Request) -> bytes | None:
    """The body; None when it is longer than any event."""
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > MAX_BODY:
            return None
    return bytes(raw)
