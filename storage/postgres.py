"""Okno's database in PostgreSQL: units of work side by side, each in a transaction of its own.

Isolation is READ COMMITTED: whoever changes a ticket locks its row first and reads after that, so that the units of
one ticket happen one after another in every process; what may exist once is unique in the tables, and a unit that
meets such a rule decides anew.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import IntegrityError

from storage import migrate
from storage.hints import Hints
from storage.sessions import (
    READING,
    WRITING,
    Sessions,
    engine_for,
    reason,
    sqlstate,
    storage_trouble,
    unreachable,
)
from storage.trouble import DatabaseBusy, DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

T = TypeVar("T")

# unique violation, deadlock, serialization failure, a lock that didn't come: another process was there first
_REPEATABLE = frozenset(("23505", "40P01", "40001", "55P03"))
_TRIES = 12
_WRITERS, _READERS = 12, 4


class PostgresStore:
    """One PostgreSQL database: units run side by side and are repeated when they collide."""

    def __init__(self, url: URL) -> None:
        self._writers = Sessions(url, WRITING, _WRITERS)
        self._readers = Sessions(url, READING, _READERS)
        self._running: set[asyncio.Task[Any]] = set()
        self.hints = Hints(url)

    @classmethod
    async def open(cls, url: URL) -> PostgresStore:
        """Connect and check the schema. Raises DatabaseUnusable."""
        engine = engine_for(url)
        try:
            async with engine.connect() as conn:
                revision = await conn.run_sync(migrate.current)
        except Exception as error:
            raise unreachable(error) or error from error
        finally:
            await engine.dispose()
        if revision is None:
            raise DatabaseUnusable("The database has no tables yet: run `okno migrate` once")
        if revision != migrate.HEAD:
            migrate.check_known(revision, "The database")
            raise DatabaseUnusable("The database has an older schema: run `okno migrate` once")
        return cls(url)

    def submit(self, unit: Callable[[Connection], Any]) -> asyncio.Future[Any]:
        """Start a unit; the future holds its result once it is committed."""
        task = asyncio.get_running_loop().create_task(self._commit(unit))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return asyncio.shield(task)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a reading function on one consistent state."""
        try:
            return await self._readers.run(unit)
        except Exception as error:
            raise storage_trouble(error) or error from error

    @property
    def waiting(self) -> int:
        """How many units are under way now."""
        return len(self._running)

    async def close(self) -> None:
        """Finish what is under way and let go of the connections."""
        while self._running:
            await asyncio.wait(self._running)
        await self.hints.close()
        await self._writers.close()
        await self._readers.close()

    async def _commit(self, unit: Callable[[Connection], T]) -> T:
        for attempt in range(_TRIES):
            try:
                return await self._writers.run(unit)
            except Exception as error:
                if trouble := storage_trouble(error):
                    raise trouble from error
                if sqlstate(error) not in _REPEATABLE:
                    raise
                if attempt == _TRIES - 1:
                    raise _exhausted(error) from error
            await asyncio.sleep(random.uniform(0, min(0.2, 0.005 * 2**attempt)))  # noqa: S311 (no secret)
        raise AssertionError("the last try returns or raises")


def _exhausted(error: Exception) -> Exception:
    """A unique violation that stays is the unit's own fault; other collisions may pass later."""
    own = isinstance(error, IntegrityError) or sqlstate(error) == "23505"
    return error if own else DatabaseBusy(reason(error))
