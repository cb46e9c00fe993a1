"""A Telegram Bot API server on loopback, for tests, demos and the benchmark.

In a test: `async with TelegramFake() as fake:` and point the program at `fake.url` with `fake.token`; `fake.people`
says what people do, `fake.control` what chats show and what goes wrong. Alone: `python -m tests.fakes.telegram
--port 0` prints its address and token; the same verbs are then under `/control/`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import deque
from typing import Any, Self

import orjson
from aiohttp import web

from bot.messengers.telegram.library import api
from tests.fakes.downloads import Trouble, hand_out
from tests.fakes.telegram_changing import Changing
from tests.fakes.telegram_control import Control, Record, Remote, Shown, Verbs
from tests.fakes.telegram_media import Media
from tests.fakes.telegram_people import People
from tests.fakes.telegram_profile import Profile
from tests.fakes.telegram_requests import Call, read_call
from tests.fakes.telegram_sending import Sending
from tests.fakes.telegram_troubles import SENDS, Fault
from tests.fakes.telegram_updates import Updates
from tests.fakes.telegram_world import ApiError, Loose, World

__all__ = ["Remote", "Shown", "TelegramFake"]

TOKEN = "7000000001:AAFakeTokenOfTheFakeServer_0123456789"
MAX_REQUEST = 60 * 1024 * 1024


class DropError(Exception):
    """The connection is to break now."""


class TelegramFake:
    """The server with its world. `async with` starts it on a free port."""

    def __init__(self, *, port: int = 0, token: str = TOKEN, privacy: bool = True) -> None:
        self.token = token
        self.port = port
        self.world = World(privacy=privacy)
        self.updates = Updates()
        self.downloads: deque[Trouble] = deque()
        self.profile = Profile(self.world, self.updates)
        self.people = People(self.world, self.updates, self.profile)
        self.control = Control(self.world, self.updates, self.profile, self.people)
        media = Media(self.world)
        self._handlers = (
            Sending(self.world, media).handlers | Changing(self.world, media).handlers | self.profile.handlers
        )
        self.world.emit = self.updates.push
        self._runner: web.AppRunner | None = None
        self._prefix = f"/bot{token}/"

    @property
    def url(self) -> str:
        """The server's address, what `telegram.api_base` is set to."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve; a port of 0 becomes a free one. A stopped server starts again where it was."""
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_post("/control/{verb}", Verbs(self.people, self.control).serve)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/files/{file}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop serving; the world stays."""
        await self.updates.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """One call of the Bot API."""
        given: dict[str, Any] = {}
        name = request.match_info["method"]
        try:
            self._check(request.match_info["token"])
            call = await read_call(request, name)
            name, given = call.name, call.given
            answer = _answer({"ok": True, "result": await self._perform(call)})
        except ApiError as failed:
            body: dict[str, Any] = {"ok": False, "error_code": failed.code, "description": failed.description}
            if failed.parameters:
                body["parameters"] = failed.parameters
            answer = _answer(body, failed.code)
        except DropError:
            if request.transport is not None:
                request.transport.abort()
            answer = web.Response(status=500)
        self.control.log.append(Record(name, given, answer.status))
        return answer

    def _check(self, token: str) -> None:
        if token != self.token:
            raise ApiError(401, "Unauthorized")

    async def _perform(self, call: Call) -> Loose:
        fault = self.control.troubles.meet(call.name, call.given.get("chat_id"))
        if fault is not None:
            await self._before(fault)
        if call.name in SENDS:
            items = call.given.get("message_ids") or call.given.get("media") or (None,)
            self.control.limits.admit(call.given.get("chat_id"), len(items))
        result = await self._result(call)
        if fault is not None:
            if fault.trouble == "drop_after":
                raise DropError
            if fault.trouble == "delay_after":
                await asyncio.sleep(fault.seconds)
        return result

    async def _before(self, fault: Fault) -> None:
        if fault.trouble == "drop":
            raise DropError
        if fault.trouble == "delay":
            await asyncio.sleep(fault.seconds)
        if fault.trouble == "error":
            raise fault.error()
        if fault.trouble == "html":
            raise web.HTTPBadGateway(
                text="<html><body>502 Bad Gateway</body></html>", content_type="text/html"
            )

    async def _result(self, call: Call) -> Loose:
        method = call.method
        if isinstance(method, api.GetUpdates):
            self.updates.allow(method.allowed_updates)
            return await self.updates.get(
                method.offset or 0, method.limit or 100, min(method.timeout or 0, 50)
            )
        handler = self._handlers.get(type(method))
        if handler is None:
            raise ApiError(404, "Not Found: the fake server doesn't have this method")
        return handler(call, method)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        stored = self.world.files.get(request.match_info["file"])
        if request.match_info["token"] != self.token or stored is None:
            return web.Response(status=404)
        return await hand_out(request, stored.content, self.downloads.popleft() if self.downloads else None)


def _answer(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


async def _serve_alone(port: int, token: str) -> None:
    async with TelegramFake(port=port, token=token) as fake:
        sys.stdout.write(f"{fake.url} {fake.token}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted."""
    arguments = argparse.ArgumentParser(
        prog="python -m tests.fakes.telegram", description="A fake Bot API server."
    )
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--token", default=TOKEN)
    given = arguments.parse_args()
    try:
        asyncio.run(_serve_alone(given.port, given.token))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
