"""Handing out files that the other side can't carry: under an address that nobody guesses and that ends.

The address is signed, not stored: it names a message and a time, and leads to whatever that message's file is then, or
to nothing once the message is deleted. The bytes come from the messenger that has them, as they are asked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
import time
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog
from aiohttp import web

from bot.messengers.contract import FileRefused
from domain.filetypes import clean_name
from storage import handed_out
from storage.database import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta

    from bot.messengers.contract import FileSource
    from storage.database import Database
    from storage.handed_out import HandedOut

_log = structlog.get_logger()

KEY = "file_links"
"""The name of the key that signs addresses, among the facts that the database keeps."""

AT_ONCE = 16
AT_ONCE_OF_ONE = 4
"""Downloads that go on side by side, in all and of one file: others are asked to come again."""

AGAIN = 30
"""After how many seconds, at least."""

_PLACE = struct.Struct(">QI")
_SIGNATURE = 16
_TOKEN = _PLACE.size + _SIGNATURE

HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Accept-Ranges": "bytes",
}
"""Under these a file can only be saved: no browser shows or runs anything of it."""


class Links:
    """Makes and reads addresses. `base` is where the server is reached, `last` how long an address is good."""

    def __init__(self, base: str, last: timedelta) -> None:
        self._base = base
        self._last = int(last.total_seconds())
        self.key = b""
        """Signs; known once the database is read, before anything is sent."""

    def link(self, message: int, name: str, at_ms: int) -> str:
        """The address of a message's file, good from that time on."""
        place = _PLACE.pack(message, at_ms // 1000 + self._last)
        token = _written(place + self._signature(place))
        return f"{self._base}/files/{token}/{quote(name or 'file', safe='')}"

    def read(self, token: str, now: float) -> int | None:
        """The message that an address names; None when it is no address of ours, or over."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        if len(raw) != _TOKEN or _written(raw) != token:  # another way to write the same bytes is no address
            return None
        if not hmac.compare_digest(raw[_PLACE.size :], self._signature(raw[: _PLACE.size])):
            return None
        message, until = _PLACE.unpack(raw[: _PLACE.size])
        return int(message) if now < until else None

    def _signature(self, place: bytes) -> bytes:
        if not self.key:
            raise RuntimeError("the key that signs addresses isn't read yet")
        return hmac.digest(self.key, place, hashlib.sha256)[:_SIGNATURE]


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Handout:
    """The route of files."""

    def __init__(self, db: Database, links: Links, open_file: FileSource) -> None:
        self._db = db
        self._links = links
        self._open_file = open_file
        self._going_on: Counter[int] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """Where files are handed out."""
        return [web.get("/files/{token}/{name}", self._hand_out)]

    async def _hand_out(self, request: web.Request) -> web.StreamResponse:
        message = self._links.read(request.match_info["token"], time.time())
        if message is None:
            raise web.HTTPNotFound(text="This address is over, or was never one.\n")
        if self._going_on.total() >= AT_ONCE or self._going_on[message] >= AT_ONCE_OF_ONE:
            raise _later()
        self._going_on[message] += 1
        try:
            return await self._send(request, await self._find(message))
        finally:
            self._going_on[message] -= 1
            self._going_on += Counter()  # forgets those that are at zero

    async def _find(self, message: int) -> HandedOut:
        try:
            found = await self._db.read(handed_out.find, message)
        except DatabaseBusy:
            raise _later() from None
        if found is None:
            raise web.HTTPGone(text="The file is gone.\n")
        return found

    async def _send(self, request: web.Request, found: HandedOut) -> web.StreamResponse:
        size = found.file.size
        start, end = _range(request, size)
        response = web.StreamResponse(status=206 if (start, end) != (0, size) else 200, headers=HEADERS)
        name = quote(clean_name(found.file.name) or "file", safe="")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        if end is not None:
            response.content_length = end - start
        if response.status == 206:
            response.headers["Content-Range"] = f"bytes {start}-{(end or 0) - 1}/{size}"
        if request.method == "HEAD":
            return response
        try:
            async with self._open_file(found.messenger, found.file.ref) as chunks:
                await self._pass_on(request, response, chunks, start, end)
        except FileRefused as refused:
            if response.prepared:
                _log.info("a file broke off while it was handed out", messenger=found.messenger)
                raise ConnectionResetError from None  # whoever downloads must not take it for whole
            raise _later() if refused.later else web.HTTPGone(text="The file is gone.\n") from None
        return response

    async def _pass_on(
        self,
        request: web.Request,
        response: web.StreamResponse,
        chunks: AsyncIterator[bytes],
        start: int,
        end: int | None,
    ) -> None:
        at = 0
        async for chunk in chunks:
            first, last = max(start - at, 0), len(chunk) if end is None else min(end - at, len(chunk))
            at += len(chunk)
            if first < last:
                if not response.prepared:
                    await response.prepare(request)
                await response.write(chunk[first:last])
            if end is not None and at >= end:
                break
        if end is not None and at < end:
            raise FileRefused("refused.file_broken", later=True)
        if not response.prepared:
            await response.prepare(request)
        await response.write_eof()


def _range(request: web.Request, size: int | None) -> tuple[int, int | None]:
    """Which bytes are asked for, from and up to; all where the size isn't known. Raises 416."""
    try:
        asked = request.http_range
    except ValueError:
        return 0, size
    if size is None or (asked.start is None and asked.stop is None):
        return 0, size
    start = asked.start or 0
    if start < 0:
        start = max(size + start, 0)
    end = size if asked.stop is None else min(asked.stop, size)
    if start >= end:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, end


def _later() -> web.HTTPServiceUnavailable:
    return web.HTTPServiceUnavailable(headers={"Retry-After": str(AGAIN)}, text="Please try again soon.\n")
