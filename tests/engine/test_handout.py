"""Files handed out: under addresses that nobody guesses, that end, and that no browser runs anything of."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import handout
from bot.handout import Handout, Links
from bot.health import Health
from bot.messengers.contract import FileRefused
from bot.server import Server
from domain.events import ChatSeen, PersonSeen, RawEvent, Wrote
from domain.messages import Attachment, Content, dump_content
from domain.policy import Address, Capabilities, Desk, Policy
from handlers import dispatch
from storage import Connection, journal, messages
from storage.database import Database

NOW = datetime.now(UTC)
NAME = "../<b>отчёт\u202egpj.html"
BYTES = bytes(range(256)) * 1000
WEEK = timedelta(days=7)


class Shelf:
    """A messenger's files, served through the program's server."""

    def __init__(self, db: Database, server: Server, links: Links) -> None:
        self.db, self.server, self.links = db, server, links
        self.base = ""
        self.refuses: FileRefused | None = None
        self.breaks: FileRefused | None = None
        self.opened = 0

    @contextlib.asynccontextmanager
    async def open(self, messenger: str, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        assert (messenger, ref) == ("web", "ref-1")
        self.opened += 1
        if self.refuses is not None:
            raise self.refuses
        yield self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(BYTES), 10_000):
            if self.breaks is not None and start > 100_000:
                raise self.breaks
            yield BYTES[start : start + 10_000]

    async def wrote(self, size: int | None = len(BYTES)) -> int:
        """A customer's message with a file; its number."""
        file = Attachment("document", "ref-1", NAME, "text/html", size)
        return await self.db.run(_filed, Content("document", files=(file,)))

    def link(self, message: int, at: datetime = NOW) -> str:
        return self.base + self.links.link(message, "x.html", int(at.timestamp() * 1000))


def _filed(conn: Connection, content: Content) -> int:
    policy = Policy(
        (Desk("howto", "How-to", "", "all", address=Address("web", "howto"), default=True),),
        capabilities={"web": Capabilities(1000, 1000, threads=True)},
        accounts={"web": "okno"},
    )
    rows = journal.append(conn, "web", "okno", [RawEvent("k", "l", 1, "{}")], 0)
    said = Wrote(ChatSeen("anna", "private"), PersonSeen("anna", "Anna"), "m1", content, NOW)
    dispatch.handle(conn, policy, NOW, "web", [rows[0].id], [said])
    return 1


def _changed(conn: Connection, message: int, change: dict[str, object]) -> None:
    messages.change(conn, message, **change)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    db = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'okno.db'}")
    links = Links("", WEEK)
    links.key = b"the key of this test"
    server = Server("127.0.0.1", 0, db, Health())
    made = Shelf(db, server, links)
    server.add(Handout(db, links, made.open).routes())
    made.base = f"http://127.0.0.1:{await server.open()}"
    yield made
    await server.close()
    await db.close()


async def test_a_file_comes_whole_and_can_only_be_saved(shelf: Shelf) -> None:
    link = shelf.link(await shelf.wrote())
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        assert (answer.status, await answer.read()) == (200, BYTES)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Length"] == str(len(BYTES))
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment; filename*=UTF-8''%3Cb%3E%D0%BE")
        assert disposition.endswith("gpj.html")
        assert "%2F" not in disposition


async def test_ranges_and_heads(shelf: Shelf) -> None:
    link = shelf.link(await shelf.wrote())
    async with aiohttp.ClientSession() as session:
        for asked, start, end in (
            ("0-9", 0, 10),
            ("123456-200000", 123456, 200001),
            ("-7", len(BYTES) - 7, len(BYTES)),
        ):
            async with session.get(link, headers={"Range": f"bytes={asked}"}) as answer:
                assert (answer.status, await answer.read()) == (206, BYTES[start:end])
                assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(BYTES)}"
        async with session.get(link, headers={"Range": f"bytes={len(BYTES)}-"}) as answer:
            assert answer.status == 416
        opened = shelf.opened
        async with session.head(link) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(BYTES)))
        assert shelf.opened == opened


async def test_a_file_of_unknown_size_comes_whole(shelf: Shelf) -> None:
    link = shelf.link(await shelf.wrote(None))
    async with (
        aiohttp.ClientSession() as session,
        session.get(link, headers={"Range": "bytes=5-9"}) as answer,
    ):
        assert (answer.status, await answer.read()) == (200, BYTES)


async def test_addresses_that_are_none_or_over_lead_nowhere(shelf: Shelf) -> None:
    message = await shelf.wrote()
    good = shelf.link(message)
    path, _, name = good.rpartition("/")
    old = shelf.link(message, NOW - WEEK - timedelta(seconds=2))
    other = Links(shelf.base, WEEK)
    other.key = b"another key"
    guessed = other.link(message, "x", int(NOW.timestamp() * 1000))
    async with aiohttp.ClientSession() as session:
        for link in (old, guessed, f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}/{name}", f"{path}A/{name}"):
            async with session.get(link) as answer:
                assert answer.status == 404, link
        for token in ("x", "%2e%2e", "é", "=" * 40, "A" * 38):
            async with session.get(f"{shelf.base}/files/{token}/x") as answer:
                assert answer.status == 404
        async with session.get(shelf.link(message + 1)) as answer:
            assert answer.status == 410
    assert shelf.opened == 0


async def test_what_was_deleted_or_taken_back_is_gone(shelf: Shelf) -> None:
    message = await shelf.wrote()
    link = shelf.link(message)
    async with aiohttp.ClientSession() as session:
        changes: list[dict[str, object]] = [{"role": "note"}, {"role": "customer", "deleted": 1}]
        for change in changes:
            await shelf.db.run(_changed, message, change)
            async with session.get(link) as answer:
                assert answer.status == 410
    assert shelf.opened == 0


async def test_a_file_that_cannot_be_had_says_so(shelf: Shelf) -> None:
    link = shelf.link(await shelf.wrote())
    async with aiohttp.ClientSession() as session:
        for refused, status in (
            (FileRefused("refused.file_later", later=True), 503),
            (FileRefused("refused.file_gone"), 410),
        ):
            shelf.refuses = refused
            async with session.get(link) as answer:
                assert answer.status == status
                assert ("Retry-After" in answer.headers) == (status == 503)


async def test_what_breaks_off_is_not_taken_for_whole(shelf: Shelf) -> None:
    link = shelf.link(await shelf.wrote())
    shelf.breaks = FileRefused("refused.file_later", later=True)
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    link = shelf.link(1)
    shelf.breaks = None
    file = Attachment("document", "ref-1", NAME, "text/html", len(BYTES) + 1)
    await shelf.db.run(
        lambda conn: messages.change(conn, 1, content=dump_content(Content("document", files=(file,))))
    )
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_too_many_at_once_are_asked_to_come_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = shelf.link(await shelf.wrote())
    monkeypatch.setattr(handout, "AT_ONCE_OF_ONE", 0)
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


@given(st.text(max_size=60), st.integers(1, 2**40))
def test_no_token_but_ours_is_read(token: str, message: int) -> None:
    links = Links("https://files.example", WEEK)
    links.key = b"k"
    assert links.read(token, 0.0) is None
    made = links.link(message, "n", 5_000)
    assert links.read(made.split("/")[4], 6.0) == message
    assert links.read(made.split("/")[4], 5 + WEEK.total_seconds()) is None
