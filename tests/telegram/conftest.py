"""A bot at the fake Telegram, and the journal it hands its events to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.messengers.contract import FileRefused
from bot.messengers.telegram.messenger import TelegramMessenger
from bot.messengers.telegram.settings import TelegramSettings
from domain.events import Event, RawEvent
from tests.carrying import Carrying
from tests.fakes.telegram import TelegramFake

if TYPE_CHECKING:
    from tests.telegram.desk import Desk


class Journal:
    """Keeps events like the real one: once each, in the order of receipt. `broken` makes it refuse."""

    def __init__(self) -> None:
        self.events: list[RawEvent] = []
        self.offered: list[list[str]] = []
        self.broken = 0
        self._news = asyncio.Event()

    async def accept(self, events: Sequence[RawEvent]) -> None:
        self.offered.append([e.key for e in events])
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        known = {e.key for e in self.events}
        self.events += [e for e in events if e.key not in known]
        self._news.set()

    async def wait(self, count: int) -> list[RawEvent]:
        """The first events, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.events) < count:
                self._news.clear()
                await self._news.wait()
        return self.events

    @property
    def texts(self) -> list[str]:
        return [e.parsed["message"]["text"] for e in self.events if "message" in e.parsed]


class Elsewhere:
    """Files of another messenger."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.opened = 0
        self.carry = Carrying(self._open).carry

    @contextlib.asynccontextmanager
    async def _open(self, messenger: str, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        self.opened += 1
        if messenger != "web":
            raise AssertionError(f"files of {messenger}")
        if ref == "later":
            raise FileRefused("refused.file_later", later=True)
        if ref not in self.contents:
            raise FileRefused("refused.file_gone")
        yield self._chunks(self.contents[ref])

    async def _chunks(self, content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), 65536):
            yield content[start : start + 65536]


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so; a minute at most."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (what is waited for lies on both sides of a socket)
            await asyncio.sleep(0.002)


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> Iterator[None]:
    def drop(_logger: Any, _method: str, _event: Any) -> Any:
        raise structlog.DropEvent

    structlog.configure(processors=[drop])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake() as server:
        yield server


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
async def bot(fake: TelegramFake, elsewhere: Elsewhere) -> AsyncIterator[TelegramMessenger]:
    settings = TelegramSettings(fake.token, api_base=fake.url, poll_seconds=1)
    messenger = TelegramMessenger(settings, elsewhere.carry, "en")
    await messenger.connect()
    yield messenger
    await messenger.close()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@contextlib.asynccontextmanager
async def receiving(bot: TelegramMessenger, journal: Journal) -> AsyncIterator[None]:
    """The bot receives meanwhile."""
    task = asyncio.create_task(bot.receive(journal.accept))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def update(fake: TelegramFake) -> dict[str, Any]:
    """The newest update that waits for the bot."""
    return dict(fake.updates.waiting[-1])


def event(fake: TelegramFake, bot: TelegramMessenger) -> Event:
    """The newest update as an event."""
    return bot.convert(update(fake))


@pytest.fixture
def desk(fake: TelegramFake, bot: TelegramMessenger) -> Desk:
    from tests.telegram.desk import Desk

    return Desk(fake, bot)
