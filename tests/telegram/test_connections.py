"""Keep-alive connections to a server that answers as servers may: in pieces, late, wrongly, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messengers.telegram import connections
from bot.messengers.telegram.connections import BrokenOffError, Connections, NoConnectionError

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Does with each connection what it was told to; `requests` are the heads and bodies that came."""

    def __init__(self, *answers: bytes | Answer) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while self.answers:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length: ")[2].split()[0])
                self.requests.append((head, await reader.readexactly(length)))
                answer = self.answers.pop(0)
                if not isinstance(answer, bytes):
                    await answer(reader, writer)
                    break
                writer.write(answer)
                if b"close" in answer:
                    break
        writer.close()

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Connections]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        connected = Connections(f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/bot1:x/")
        try:
            yield connected
        finally:
            connected.close()
            server.close()


async def test_one_connection_serves_one_call_after_the_other() -> None:
    server = Server(OK, OK, OK)
    async with server.running() as connected:
        for _ in range(3):
            assert await connected.post("getMe", b"{}", 5) == (200, b"{}")
    assert server.connections == 1
    head, body = server.requests[0]
    assert head.startswith(f"POST /bot1:x/getMe HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n")
    assert "Content-Type: application/json\r\nContent-Length: 2\r\n" in head
    assert body == b"{}"


async def test_calls_at_once_go_side_by_side() -> None:
    server = Server(OK, OK, OK)
    async with server.running() as connected:
        answers = await asyncio.gather(*(connected.post("m", b"{}", 5) for _ in range(3)))
    assert answers == [(200, b"{}")] * 3
    assert server.connections == 3


@given(cuts=st.lists(st.integers(1, 30), max_size=12), chunked=st.booleans(), text=st.binary(max_size=60))
def test_an_answer_may_come_in_any_pieces(cuts: list[int], chunked: bool, text: bytes) -> None:
    head = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(text)
    body = (
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text)
        if chunked and text
        else b"0\r\n\r\n"
        if chunked
        else text
    )
    raw = b"HTTP/1.1 429 Too Many Requests\r\n" + head + b"\r\n\r\n" + body

    async def in_pieces(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = 0
        for cut in [*cuts, len(raw)]:
            writer.write(raw[at : at + cut])
            await writer.drain()
            await asyncio.sleep(0)
            at += cut

    async def ask() -> tuple[int, bytes]:
        async with Server(in_pieces).running() as connected:
            return await connected.post("m", b"{}", 5)

    assert asyncio.run(ask()) == (429, text)


async def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    server = Server(b"HTTP/1.0 502 Bad Gateway\r\nConnection: close\r\n\r\nsorry", OK)
    async with server.running() as connected:
        assert await connected.post("m", b"{}", 5) == (502, b"sorry")
        assert await connected.post("m", b"{}", 5) == (200, b"{}")
    assert server.connections == 2


async def test_an_announcement_is_no_answer() -> None:
    async with Server(b"HTTP/1.1 100 Continue\r\n\r\n" + OK).running() as connected:
        assert await connected.post("m", b"{}", 5) == (200, b"{}")


async def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server = Server(closing, OK)
    async with server.running() as connected:
        assert await connected.post("m", b"{}", 5) == (200, b"{}")
        assert await connected.post("m", b"{}", 5) == (200, b"{}")
    assert server.connections == 2


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def half(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(OK[:-1])
    await writer.drain()


@pytest.mark.parametrize(
    "answer",
    [
        hang_up,
        reset,
        half,
        b"no HTTP at all, close\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n close",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n close",
    ],
)
async def test_a_call_that_was_cut_off_says_so_and_the_next_one_works(answer: bytes | Answer) -> None:
    async with Server(answer, OK).running() as connected:
        with pytest.raises(BrokenOffError):
            await connected.post("m", b"{}", 5)
        assert await connected.post("m", b"{}", 5) == (200, b"{}")


async def test_what_nobody_asked_for_ends_the_connection() -> None:
    server = Server(OK + OK, OK)
    async with server.running() as connected:
        assert await connected.post("m", b"{}", 5) == (200, b"{}")
        await asyncio.sleep(0)
        assert await connected.post("m", b"{}", 5) == (200, b"{}")
    assert server.connections == 2


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_a_server_that_hangs_is_given_up() -> None:
    server = Server(hang, OK)
    async with server.running() as connected:
        with pytest.raises(TimeoutError):
            await connected.post("m", b"{}", 0.02)
        assert await connected.post("m", b"{}", 5) == (200, b"{}")


async def test_a_call_that_is_not_wanted_any_more_leaves_no_answer_behind() -> None:
    asked = asyncio.Event()

    async def asked_then_hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await hang(reader, writer)

    async with Server(asked_then_hang, OK).running() as connected:
        call = asyncio.create_task(connected.post("m", b"{}", 5))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await connected.post("m", b"{}", 5) == (200, b"{}")


async def test_an_endless_answer_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LONGEST", 1000)
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000
    async with Server(long).running() as connected:
        with pytest.raises(BrokenOffError):
            await connected.post("m", b"{}", 5)


async def test_a_connection_that_has_rested_too_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE", -1.0)
    server = Server(OK, OK)
    async with server.running() as connected:
        await connected.post("m", b"{}", 5)
        await connected.post("m", b"{}", 5)
    assert server.connections == 2


async def test_nobody_there() -> None:
    server = Server()
    async with server.running():
        pass
    for host in (f"127.0.0.1:{server.port}", "no-such-host.invalid"):
        with pytest.raises(NoConnectionError):
            await Connections(f"http://{host}/bot1:x/").post("m", b"{}", 5)


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server at 127.0.0.1 needs, and the certificate that those have to trust who are to trust it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


async def test_by_tls_to_those_whom_the_system_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = Server(OK, OK)
    async with server.running(context) as connected:
        for _ in range(2):
            assert await connected.post("m", b"{}", 5) == (200, b"{}")
    assert server.connections == 1
    monkeypatch.delenv("SSL_CERT_FILE")
    stranger = Server(OK)
    async with stranger.running(context) as connected:
        with pytest.raises(NoConnectionError):
            await connected.post("m", b"{}", 5)
    assert stranger.requests == []
