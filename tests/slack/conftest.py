"""A Slack app against the fake server, and a journal that keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.messengers.slack.messenger import SlackMessenger
from bot.messengers.slack.settings import SlackSettings
from tests.fakes.slack import SlackFake
from tests.telegram.conftest import Elsewhere, Journal


@pytest.fixture
async def fake() -> AsyncIterator[SlackFake]:
    async with SlackFake(again=0.05) as server:
        yield server


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
async def app(fake: SlackFake, elsewhere: Elsewhere) -> AsyncIterator[SlackMessenger]:
    settings = SlackSettings(fake.bot_token, fake.app_token, api_base=fake.api_base, silence=0.4)
    messenger = SlackMessenger(settings, elsewhere.carry, "en")
    await messenger.connect()
    yield messenger
    await messenger.close()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@contextlib.asynccontextmanager
async def receiving(app: SlackMessenger, journal: Journal) -> AsyncIterator[None]:
    """The app receives meanwhile."""
    task = asyncio.create_task(app.receive(journal.accept))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
