"""A server that answers exactly what it is told, byte for byte: what no fake of a platform would ever say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: status line, headers and body; less of the body than promised when `short`; nothing at all
    but silence when `hangs`."""

    body: bytes = b""
    status: str = "200 OK"
    kind: str = "application/json"
    headers: tuple[str, ...] = ()
    short: bool = False
    hangs: bool = False

    def bytes(self) -> bytes:
        length = len(self.body) + (1000 if self.short else 0)
        head = (
            f"HTTP/1.1 {self.status}",
            f"Content-Type: {self.kind}",
            f"Content-Length: {length}",
            *self.headers,
        )
        return "\r\n".join((*head, "", "")).encode() + self.body


@dataclass(slots=True)
class Raw:
    """The running server. `answers` are given in order; the last of them for ever."""

    answers: list[Answer] = field(default_factory=list)
    asked: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._asked(reader):
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                self.asked += 1
                if answer.hangs:
                    await reader.read()  # until the other side gives up
                    break
                writer.write(answer.bytes())
                await writer.drain()
                if answer.short:
                    break
        writer.close()

    async def _asked(self, reader: asyncio.StreamReader) -> bool:
        """Read one request; False when there is none."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = [
            line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        ]
        if length:
            await reader.readexactly(int(length[0]))
        return True


@asynccontextmanager
async def raw(*answers: Answer) -> AsyncIterator[Raw]:
    """A server that gives these answers."""
    said = Raw(list(answers))
    server = await asyncio.start_server(said.serve, "127.0.0.1", 0)
    said.port = server.sockets[0].getsockname()[1]
    try:
        yield said
    finally:
        server.close()
