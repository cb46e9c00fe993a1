"""What commands ask of the running program over HTTP on loopback, with the key that lies beside the database.

The key is what keeps others out: a request without it learns nothing, not even that there is something here. One
that came through a proxy is refused even with it.
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from storage import webchat

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.erasure import Erasure
    from bot.loopback import Running
    from storage.database import Database

NAME_AT_MOST = 64
_THROUGH_PROXY = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class Control:
    """The routes. `running` is known once the server listens; `base` is the address people reach pages under."""

    def __init__(
        self,
        database: Database,
        running: Callable[[], Running | None],
        base: Callable[[], str],
        erasure: Erasure,
    ) -> None:
        self._database = database
        self._running = running
        self._base = base
        self._erasure = erasure

    def routes(self) -> list[web.RouteDef]:
        """For the program's HTTP server."""
        return [
            web.post("/control/ping", self._ping),
            web.post("/control/invite", self._invite),
            web.post("/control/find", self._find),
            web.post("/control/erase", self._erase),
        ]

    async def _ping(self, request: web.Request) -> web.Response:
        self._check_key(request)
        return web.json_response({})

    async def _invite(self, request: web.Request) -> web.Response:
        self._check_key(request)
        said = await request.json()
        name = str(said.get("name", ""))
        if wrong := name_fault(name):
            return web.json_response({"error": wrong}, status=400)
        token = await self._database.run(webchat.invite, name.strip(), datetime.now(UTC))
        return web.json_response({"link": sign_in_link(self._base(), token)})

    async def _find(self, request: web.Request) -> web.Response:
        self._check_key(request)
        wanted = str((await request.json()).get("customer", ""))
        return web.json_response(await self._erasure.look(wanted))

    async def _erase(self, request: web.Request) -> web.Response:
        self._check_key(request)
        number = int((await request.json())["customer"])
        # once begun it goes on, whether or not somebody still waits at the terminal
        return web.json_response(await asyncio.shield(asyncio.ensure_future(self._erasure.erase(number))))

    def _check_key(self, request: web.Request) -> None:
        running = self._running()
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if (
            running is None
            or any(name in request.headers for name in _THROUGH_PROXY)
            or not hmac.compare_digest(given.encode(), running.key.encode())
        ):
            raise web.HTTPNotFound


def name_fault(name: str) -> str:
    """What is wrong with an agent's name; empty when nothing is."""
    if not name.strip():
        return "an agent needs a name: okno invite NAME"
    if len(name) > NAME_AT_MOST or not name.isprintable():
        return f"an agent's name is one line of at most {NAME_AT_MOST} characters"
    return ""


def sign_in_link(base: str, token: str) -> str:
    """The link that signs an agent in. It works once, and only when the page's button is pressed."""
    return f"{base}/staff?invite={token}"
