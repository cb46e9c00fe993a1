"""Files: bytes come in as a stream and are stored in pieces; they go out with headers that let nothing run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from aiohttp import web

from bot.messengers.contract import FileRefused
from bot.messengers.web import ids, media, previews
from bot.messengers.web.limits import Gauge, Window
from domain.filetypes import HEAD, UNKNOWN, Looks, clean_name, looks_of

if TYPE_CHECKING:
    from bot.messengers.web.deeds import FindActor, Handler
    from bot.messengers.web.session import Doorkeeper
    from bot.messengers.web.settings import WebLimits
    from bot.messengers.web.store import File, FileStore

CHUNK = 256 * 1024
A_YEAR = 365 * 24 * 3600


class TooBig(Exception):
    """The stream goes on past what is allowed."""


class Shelf:
    """Puts streams into the store and takes them out."""

    def __init__(self, store: FileStore, limits: WebLimits) -> None:
        self._store = store
        self._limits = limits
        self._previews = previews.Previews()

    async def put(self, stream: AsyncIterator[bytes], person: str | None, name: str) -> File:
        """Store a file; nothing of it stays when the stream breaks off. Raises TooBig and what the stream raises."""
        token = ids.new_file()
        file_id = await self._store.begin_file(token, person, clean_name(name))
        try:
            head, size = b"", 0
            async for number, piece in _pieces(stream, self._limits.upload):
                head = head or piece[:HEAD]
                size += len(piece)
                await self._store.add_chunk(file_id, number, piece)
            looks = looks_of(head)
            if looks.mime in media.PICTURES:
                looks = await self._pictured(file_id, looks, size)
            await self._store.complete_file(file_id, looks.mime, size, looks.width, looks.height)
        except BaseException:
            await asyncio.shield(self._store.discard_file(file_id))
            raise
        found = await self._store.file(token)
        if found is None:
            raise LookupError("a file that was just stored is gone")
        return found

    async def _pictured(self, file_id: int, looks: Looks, size: int) -> Looks:
        """Keep a preview of the picture beside it; what none can be made of is a file like any other."""

        async def read() -> bytes:
            pieces = [
                await self._store.chunk(file_id, number) for number in range((size + CHUNK - 1) // CHUNK)
            ]
            return b"".join(pieces)

        fitting = previews.has_preview(looks, size)
        preview = await self._previews.make(looks.mime, read) if fitting else None
        if preview is None:
            return Looks(UNKNOWN)
        await self._store.add_preview(file_id, preview.data)
        return Looks(looks.mime, preview.width, preview.height)

    async def take(self, found: File, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`."""
        for number in range(start // CHUNK, (end + CHUNK - 1) // CHUNK):
            piece = await self._store.chunk(found.id, number)
            first = number * CHUNK
            yield piece[max(start - first, 0) : end - first]

    @contextlib.asynccontextmanager
    async def open(self, token: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """A file as a stream. Raises FileRefused when it is gone."""
        found = await self._store.file(token) if ids.is_file(token) else None
        if found is None:
            raise FileRefused("refused.file_gone")
        yield self.take(found, 0, found.size)


class Files:
    """The routes of files."""

    def __init__(self, shelf: Shelf, store: FileStore, doorkeeper: Doorkeeper, limits: WebLimits) -> None:
        self._shelf = shelf
        self._store = store
        self._doorkeeper = doorkeeper
        self._limits = limits
        self._rate = Window(limits.uploads)
        self._at_once = Gauge(limits.uploads_at_once)

    def upload_route(self, side: str, find: FindActor) -> web.RouteDef:
        """Where the people that `find` finds bring files; the name comes in a header."""

        async def upload(request: web.Request) -> web.StreamResponse:
            self._doorkeeper.check_origin(request)
            actor = await find(request)
            return await self._upload(request, actor.person.native)

        return web.post(f"/web/{side}/files", upload)

    def download_route(self) -> web.RouteDef:
        """Where anybody who knows a file's token gets it."""
        handler: Handler = self._download
        return web.get("/web/files/{token}/{name}", handler)

    async def _upload(self, request: web.Request, person: str) -> web.Response:
        if (request.content_length or 0) > self._limits.upload:
            raise web.HTTPRequestEntityTooLarge(self._limits.upload, text="file")
        address = self._doorkeeper.address(request)
        wait = max(self._rate.wait(person), self._rate.wait(address))
        if wait > 0 or not self._at_once.take(person):
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(int(wait) + 1)}, text="too often")
        try:
            name = unquote(request.headers.get("X-Okno-Name", ""), errors="replace")
            async with asyncio.timeout(self._limits.upload_time):
                found = await self._shelf.put(request.content.iter_chunked(CHUNK), person, name)
        except TooBig:
            raise web.HTTPRequestEntityTooLarge(self._limits.upload, text="file") from None
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="file") from None
        finally:
            self._at_once.give_back(person)
        shown = {"token": found.token, "name": found.name, "mime": found.mime, "size": found.size}
        return web.json_response(
            shown | {"width": found.width, "height": found.height, "kind": media.kind_of(found.mime)}
        )

    async def _download(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        found = await self._store.file(token) if ids.is_file(token) else None
        if found is None:
            raise web.HTTPNotFound(text="file")
        if "preview" in request.query:
            return await self._preview(found)
        start, end, status = _range(request, found.size)
        response = web.StreamResponse(status=status, headers=headers(found, save="save" in request.query))
        if status == 206:
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
        response.content_length = end - start
        await response.prepare(request)
        if request.method != "HEAD":
            async for piece in self._shelf.take(found, start, end):
                await response.write(piece)
        await response.write_eof()
        return response

    async def _preview(self, found: File) -> web.Response:
        data = await self._store.preview(found.id)
        if not data:
            raise web.HTTPNotFound(text="file")
        return web.Response(body=data, headers={**headers(found, save=False), "Content-Type": previews.MIME})


def headers(found: File, *, save: bool) -> dict[str, str]:
    """Headers under which the file can do no harm: only checked types are shown, none can run anything."""
    inline = found.mime in media.INLINE and not save
    # a sandbox would keep browsers from showing a PDF at all; their viewer runs nothing of it on this site
    sandbox = "" if found.mime == "application/pdf" else "; sandbox"
    return {
        "Content-Type": found.mime if found.mime in media.INLINE else UNKNOWN,
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(found.name or 'file', safe='')}",
        "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'{sandbox}",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": f"private, max-age={A_YEAR}, immutable",
        "Accept-Ranges": "bytes",
    }


def _range(request: web.Request, size: int) -> tuple[int, int, int]:
    """Which bytes are asked for (from, up to), and the status of the answer. Raises 416."""
    try:
        asked = request.http_range
    except ValueError:
        return 0, size, 200
    if asked.start is None and asked.stop is None:
        return 0, size, 200
    start = asked.start or 0
    if start < 0:
        start = max(size + start, 0)
    end = size if asked.stop is None else min(asked.stop, size)
    if start >= end:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, end, 206


async def _pieces(stream: AsyncIterator[bytes], most: int) -> AsyncIterator[tuple[int, bytes]]:
    """The stream cut into numbered pieces of one size. Raises TooBig past `most` bytes."""
    buffer, number, size = bytearray(), 0, 0
    async for data in stream:
        size += len(data)
        if size > most:
            raise TooBig
        buffer += data
        while len(buffer) >= CHUNK:
            yield number, bytes(buffer[:CHUNK])
            del buffer[:CHUNK]
            number += 1
    if buffer:
        yield number, bytes(buffer)
