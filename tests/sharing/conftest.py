"""Two processes on one PostgreSQL database, as far as the database can tell."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.database import Database
from tests import postgres


@pytest.fixture
def url() -> str:
    return postgres.written(postgres.empty_database())


@pytest.fixture
async def one(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url)
    yield database
    await database.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url)
    yield database
    await database.close()
