"""A Slack on loopback, for tests and demos: Web API, Socket Mode with redelivery, HTTP events with signatures.

In a test: `async with SlackFake() as fake:` and point the program at `fake.api_base` with `fake.bot_token` and
`fake.app_token`; `fake.people` says what people do and see, `fake.troubles` what goes wrong. Alone:
`python -m tests.fakes.slack` prints its address and tokens.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlencode

import aiohttp
import orjson
from aiohttp import web

from tests.fakes.downloads import Trouble, hand_out, sign_in
from tests.fakes.slack_methods import Methods
from tests.fakes.slack_people import People, Shown
from tests.fakes.slack_world import APP, BOT_ID, BOT_USER, TEAM, ApiError, Json, World

__all__ = ["BOT_USER", "Fault", "Shown", "SlackFake"]

BOT_TOKEN = "xoxb-1111-2222-FakeTokenOfTheFakeServer"
APP_TOKEN = "xapp-1-A0OKNO-3333-fake"
SIGNING_SECRET = "the-fake-servers-signing-secret"


@dataclass
class Fault:
    """What the next `times` calls of `method` meet (None: all until cleared). `error`: that code; `limited`: 429;
    `drop`: the connection breaks before it happens; `drop_after`: after it happened; `html`: a gateway's page;
    `delay`, `delay_after`: the answer takes `seconds`, waiting before or after it happens."""

    trouble: Literal["error", "limited", "drop", "drop_after", "html", "delay", "delay_after"]
    method: str = "chat.postMessage"
    times: int | None = 1
    code: str = "internal_error"
    retry_after: int = 1
    seconds: float = 0.0


@dataclass
class _Delivery:
    """One event on its way to the app, sent again until it is acknowledged or Slack gives up."""

    kind: str
    payload: Json
    number: int = 0


class SlackFake:
    """The server with its world. Events nobody acknowledges come again after `again` seconds, `retries` times."""

    def __init__(self, *, port: int = 0, again: float = 0.3, retries: int = 40) -> None:
        self.bot_token, self.app_token, self.signing_secret = BOT_TOKEN, APP_TOKEN, SIGNING_SECRET
        self.port = port
        self.world = World()
        self.people = People(self.world)
        self.methods = Methods(self.world)
        self.troubles: list[Fault] = []
        self.downloads: deque[Trouble] = deque()
        self.log: list[tuple[str, Json]] = []
        self.http_url: str | None = None
        self.rate: tuple[int, float] | None = None
        self.swallows_acks = 0
        self.silent = False
        self.farewell = 0.3
        self.opened = 0
        self.delivered: list[Json] = []
        self.refused = 0
        self.responses: list[Json] = []
        self._again, self._retries = again, retries
        self._sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Event] = {}
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._connected = asyncio.Event()
        self.world.emit = self._emit
        self.people.interact = lambda payload: self._deliver(_Delivery("interactive", payload))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_base(self) -> str:
        """What `slack.api_base` is set to."""
        return f"{self.url}/api/"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve; a port of 0 becomes a free one. A stopped server starts again where it was."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/api/{method}", self._serve)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/upload/{file}/{length}", self._upload)
        app.router.add_get("/files/{file}", self._download)
        app.router.add_get("/signin", sign_in)
        app.router.add_post("/respond/{user}", self._respond)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.world.base = self.url

    async def stop(self) -> None:
        """Stop serving; the world stays."""
        for task in list(self._tasks):
            task.cancel()
        await self.disconnect(abruptly=True)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # ── the Web API ──

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        given = await _given(request)
        fault = self._fault(name)
        if fault is not None and fault.trouble == "drop":
            return _dropped(request)
        if fault is not None and fault.trouble == "html":
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
        if fault is not None and fault.trouble == "delay":
            await asyncio.sleep(fault.seconds)
        headers = {}
        try:
            self._authorise(request, name)
            self._limit(name, given, fault)
            if name == "apps.connections.open":
                body = {"url": f"ws://127.0.0.1:{self.port}/socket"}
            else:
                body = self.methods.call(name, given)
            answer: Json = {"ok": True, **body}
            self.log.append((name, given))
        except ApiError as error:
            self.refused += error.code == "ratelimited"
            if error.code == "ratelimited":
                headers["Retry-After"] = str(error.more.pop("retry_after"))
            answer = {"ok": False, "error": error.code, **error.more}
            return _json(answer, 429 if error.code == "ratelimited" else error.status, headers)
        if fault is not None and fault.trouble == "delay_after":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.trouble == "drop_after":
            return _dropped(request)
        if self.methods.scopes is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(self.methods.scopes))
        return _json(answer, 200, headers)

    def _fault(self, name: str) -> Fault | None:
        for fault in self.troubles:
            if fault.method in ("", name):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.troubles.remove(fault)
                return fault
        return None

    def _authorise(self, request: web.Request, name: str) -> None:
        wanted = self.app_token if name == "apps.connections.open" else self.bot_token
        given = request.headers.get("Authorization", "")
        if given != f"Bearer {wanted}":
            raise ApiError("invalid_auth" if given else "not_authed")

    def _limit(self, name: str, given: Json, fault: Fault | None) -> None:
        if fault is not None and fault.trouble == "error":
            raise ApiError(fault.code)
        if fault is not None and fault.trouble == "limited":
            raise ApiError("ratelimited", retry_after=fault.retry_after)
        if self.rate is None or name != "chat.postMessage":
            return
        count, seconds = self.rate
        recent, now = self._recent[str(given.get("channel"))], time.monotonic()
        while recent and recent[0] <= now - seconds:
            recent.popleft()
        if len(recent) >= count:
            raise ApiError("ratelimited", retry_after=1)
        recent.append(now)

    async def _upload(self, request: web.Request) -> web.Response:
        content = await request.read()
        if len(content) != int(request.match_info["length"]):
            return web.Response(status=400, text="length")
        self.methods.uploaded(request.match_info["file"], content)
        return web.Response(text=f"OK - {len(content)}")

    async def _respond(self, request: web.Request) -> web.Response:
        self.responses.append({"user": request.match_info["user"], **await request.json()})
        return web.Response(text="ok")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.bot_token}":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        file = self.world.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        return await hand_out(request, file.content, self.downloads.popleft() if self.downloads else None)

    # ── events ──

    def _emit(self, event: Json) -> None:
        number = next(self._ids)
        payload = {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event_id": f"Ev{number:08d}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            "event": orjson.loads(orjson.dumps(event)),
        }
        channel = self.world.channels.get(str(event.get("channel")))
        payload["is_ext_shared_channel"] = channel is not None and channel.shared
        self._deliver(_Delivery("events_api", payload))

    def _deliver(self, delivery: _Delivery) -> None:
        task = asyncio.get_running_loop().create_task(self._insist(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _insist(self, delivery: _Delivery) -> None:
        for attempt in range(self._retries):
            delivery.number = attempt
            kept = await (self._post(delivery) if self.http_url else self._push(delivery))
            if kept:
                self.delivered.append(delivery.payload)
                return
            await asyncio.sleep(self._again)

    async def _push(self, delivery: _Delivery) -> bool:
        """Over one of the connections; True once the app has acknowledged it."""
        open_ones = [socket for socket in self._sockets if not socket.closed]
        if not open_ones:
            return False
        envelope = f"envelope-{next(self._ids)}"
        acked = self._acks[envelope] = asyncio.Event()
        body = {
            "envelope_id": envelope,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": False,
            "retry_attempt": delivery.number,
        }
        try:
            async with asyncio.timeout(3.0):
                await open_ones[next(self._ids) % len(open_ones)].send_str(orjson.dumps(body).decode())
                await acked.wait()
        except (TimeoutError, ConnectionError, RuntimeError):
            return False
        finally:
            self._acks.pop(envelope, None)
        return True

    async def _post(self, delivery: _Delivery) -> bool:
        """To the app's own address, signed."""
        interactive = delivery.kind != "events_api"
        raw = orjson.dumps(delivery.payload)
        kind = "application/json"
        if interactive:
            form = delivery.payload if "command" in delivery.payload else {"payload": raw.decode()}
            raw = urlencode(form).encode()
            kind = "application/x-www-form-urlencoded"
        headers = {**self.signed(raw), "Content-Type": kind}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session,
                session.post(str(self.http_url), data=raw, headers=headers) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    def signed(self, raw: bytes, at: int | None = None) -> dict[str, str]:
        """The headers that prove that a body is Slack's."""
        stamp = str(int(time.time()) if at is None else at)
        digest = hmac.new(self.signing_secret.encode(), b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest.hexdigest()}"}

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.opened += 1
        await socket.send_str(
            orjson.dumps({"type": "hello", "num_connections": len(self._sockets) + 1}).decode()
        )
        self._sockets.append(socket)
        self._connected.set()
        try:
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.PING and not self.silent:
                    await socket.pong(frame.data)
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._acknowledged(orjson.loads(frame.data))
        finally:
            self._sockets.remove(socket)
        return socket

    def _acknowledged(self, body: Json) -> None:
        if self.swallows_acks:
            self.swallows_acks -= 1
            return
        acked = self._acks.get(body["envelope_id"])
        if acked is not None:
            acked.set()

    async def connected(self, count: int = 1) -> None:
        """Wait until the app has so many connections."""
        async with asyncio.timeout(60):
            while len(self._sockets) < count:
                self._connected.clear()
                await self._connected.wait()

    async def shouts(self, *frames: str) -> None:
        """Send these frames over every connection, whatever they are."""
        for socket in list(self._sockets):
            for frame in frames:
                await socket.send_str(frame)

    @property
    def pending(self) -> int:
        """How many events still try to reach the app."""
        return len(self._tasks)

    @property
    def connections(self) -> int:
        return len(self._sockets)

    async def disconnect(
        self, *, abruptly: bool = False, reason: str = "refresh_requested", count: int | None = None
    ) -> None:
        """End so many connections (None: all), with a warning or without."""
        for socket in self._sockets[:count]:
            if abruptly:
                transport = socket._req.transport if socket._req is not None else None
                if transport is not None:
                    transport.abort()
            else:
                with contextlib.suppress(ConnectionError):
                    await socket.send_str(orjson.dumps({"type": "disconnect", "reason": reason}).decode())
                    asyncio.get_running_loop().call_later(self.farewell, self._close, socket)

    def _close(self, socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req is not None else None
        if transport is not None:
            transport.close()


async def _given(request: web.Request) -> Json:
    """The arguments of a call, from the address, a form or JSON."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    else:
        given |= {k: str(v) for k, v in (await request.post()).items()}
    return {k: _value(v) for k, v in given.items()}


def _value(value: Any) -> Any:
    """What a form's field holds: JSON where it is an object, a list or a truth."""
    if isinstance(value, str) and (value[:1] in ("[", "{") or value in ("true", "false")):
        with contextlib.suppress(ValueError):
            return orjson.loads(value)
    return value


def _json(body: Json, status: int, headers: dict[str, str]) -> web.Response:
    return web.Response(
        body=orjson.dumps(body), status=status, headers=headers, content_type="application/json"
    )


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _alone() -> None:
    async with SlackFake() as fake:
        sys.stdout.write(
            f"{fake.api_base} {fake.bot_token} {fake.app_token} {fake.signing_secret} {BOT_ID}\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_alone())
