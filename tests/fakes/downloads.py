"""What can go wrong while a platform hands out a file; the same for every fake."""

from __future__ import annotations

import asyncio
from typing import Literal

from aiohttp import web

Trouble = Literal["login", "page", "short", "reset", "error", "limited", "gone", "stalls"]
"""`login`: sent on to a page to sign in; `page`: that page at once; `short`: half of it, as if that were all;
`reset`: the connection breaks in the middle; `stalls`: nothing comes any more."""

SIGN_IN = "<!DOCTYPE html><html><body>Sign in to Okno HQ</body></html>"


async def hand_out(request: web.Request, content: bytes, trouble: Trouble | None) -> web.StreamResponse:
    """Answer a download."""
    match trouble:
        case None:
            return web.Response(body=content)
        case "login":
            raise web.HTTPFound("/signin?redir=%2Ffiles")
        case "page":
            return web.Response(text=SIGN_IN, content_type="text/html")
        case "short":
            return web.Response(body=content[: len(content) // 2])
        case "error":
            return web.Response(status=502, text="<html>bad gateway</html>", content_type="text/html")
        case "limited":
            return web.Response(status=429, headers={"Retry-After": "1"})
        case "gone":
            return web.Response(status=404)
    response = web.StreamResponse()
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    if trouble == "stalls":
        await asyncio.sleep(3600)
    if request.transport is not None:
        request.transport.abort()
    return response


async def sign_in(_request: web.Request) -> web.Response:
    return web.Response(text=SIGN_IN, content_type="text/html")
