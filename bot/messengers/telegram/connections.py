"""Keep-alive connections to one HTTP server, for requests whose bodies and answers are small.

A general client spends more on a small request than the Bot API's whole answer costs; nearly all of Okno's calls are
such. Parsing is httptools' (llhttp). No redirects, cookies, compression or proxies: calls that need more than this
go by aiohttp.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT = 10.0
"""How long making a connection may take, in seconds."""

IDLE = 15.0
"""A connection that rested longer isn't used again, in seconds: servers close those."""

LONGEST = 64 * 1024 * 1024
"""The longest answer that is read, in bytes."""


class NoConnectionError(Exception):
    """No connection could be made: nothing of the request has left."""


class BrokenOffError(Exception):
    """The request began to leave, and no whole answer came."""


class Connection(asyncio.Protocol):
    """One connection; one request at a time. Tells `gone` when it can't be used any more."""

    def __init__(self, gone: Callable[[Connection], None]) -> None:
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body: list[bytes] = []
        self._length = 0
        self._ends_by_itself = self._whole = False
        self.usable = True
        self.rests_since = 0.0

    async def ask(self, request: bytes, seconds: float) -> tuple[int, bytes]:
        """Send a request; the answer's status and body. Raises BrokenOffError and TimeoutError."""
        if not self.usable:
            raise BrokenOffError("closed before the request")
        self._body, self._length, self._ends_by_itself, self._whole = [], 0, False, False
        answer: asyncio.Future[tuple[int, bytes]] = self._loop.create_future()
        self._answer = answer
        too_late = self._loop.call_later(seconds, self._fail, TimeoutError("no answer in time"))
        self._transport.write(request)
        try:
            return await answer
        finally:
            too_late.cancel()
            self._answer = None
            if not self._whole:
                self.close()

    def close(self) -> None:
        """Use it no more."""
        self.usable = False
        self._transport.abort()

    def _fail(self, error: Exception) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    # ── what the transport tells ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Part of an answer came; anything that nobody asked for ends the connection."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(BrokenOffError(type(error).__name__))
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """It is closed. An answer that says neither its length nor its end ends with the connection."""
        self.usable = False
        if error is None and self._length and not self._ends_by_itself:
            self._complete()
        self._fail(BrokenOffError("the connection was closed" if error is None else type(error).__name__))
        self._gone(self)

    # ── what the parser tells ──

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self._answer is None or self._answer.done():
            raise BrokenOffError("an answer that nobody asked for")

    def on_header(self, name: bytes, _value: bytes) -> None:
        """A header of the answer."""
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._ends_by_itself = True

    def on_body(self, part: bytes) -> None:
        """Part of the answer's body."""
        self._body.append(part)
        self._length += len(part)
        if self._length > LONGEST:
            raise BrokenOffError("the answer is too long")

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only announces one."""
        if self._parser.get_status_code() >= 200:
            self._complete()
            self.usable = self.usable and self._parser.should_keep_alive()

    def _complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._whole = True
            self._answer.set_result((self._parser.get_status_code(), b"".join(self._body)))


class Connections:
    """Connections to the server of an address like https://host:port/path. Lives in one event loop."""

    def __init__(self, base: str) -> None:
        address = urlsplit(base)
        self._secure = address.scheme == "https"
        self._host = address.hostname or ""
        self._port = address.port or (443 if self._secure else 80)
        self._path = address.path.rstrip("/")
        self._named = address.netloc.rpartition("@")[2]
        self._tls: ssl.SSLContext | None = None
        self._heads: dict[str, bytes] = {}
        self._resting: list[Connection] = []
        self._open: set[Connection] = set()

    async def post(self, name: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Post JSON to what the path holds by that name; the answer's status and body, within so many seconds.

        Raises NoConnectionError, BrokenOffError and TimeoutError; after the latter two nobody knows what was done.
        """
        connection = self._rested() or await self._connected()
        answer = await connection.ask(b"%b%d\r\n\r\n%b" % (self._head(name), len(body), body), seconds)
        if connection.usable:
            connection.rests_since = asyncio.get_running_loop().time()
            self._resting.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        """Let go of all connections."""
        for connection in tuple(self._open):
            connection.close()

    def _rested(self) -> Connection | None:
        """The connection that was used last, if it is fresh enough; else all are stale."""
        latest = asyncio.get_running_loop().time() - IDLE
        while self._resting and self._resting[0].rests_since < latest:
            self._resting.pop(0).close()
        return self._resting.pop() if self._resting else None

    async def _connected(self) -> Connection:
        if self._secure and self._tls is None:
            self._tls = ssl.create_default_context()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._gone), self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            raise NoConnectionError(type(error).__name__) from None
        self._open.add(connection)
        return connection

    def _gone(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._resting:
            self._resting.remove(connection)

    def _head(self, name: str) -> bytes:
        """A request's head up to the body's length."""
        head = self._heads.get(name)
        if head is None:
            lines = (
                f"POST {quote(f'{self._path}/{name}', safe='/:')} HTTP/1.1",
                f"Host: {self._named}",
                "User-Agent: okno",
                "Content-Type: application/json",
                "Content-Length: ",
            )
            head = self._heads[name] = "\r\n".join(lines).encode()
        return head
