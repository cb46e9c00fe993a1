"""Okno's database in PostgreSQL: the same units of work, each in a transaction of its own."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import migrate
from storage.trouble import DatabaseBusy, DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

T = TypeVar("T")

# unique violation, deadlock, serialization failure: another process was there first; the unit decides anew
_REPEATABLE = frozenset(("23505", "40P01", "40001"))
_TRIES = 12
_CONNECTIONS = 16


class PostgresStore:
    """One PostgreSQL database: units run side by side and are repeated when they collide."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(cls, url: URL) -> PostgresStore:
        """Connect and check the schema. Raises DatabaseUnusable."""
        try:
            # units are written as if they ran one after another: SERIALIZABLE makes it so, or has them repeated
            engine = create_async_engine(
                url,
                pool_size=_CONNECTIONS,
                max_overflow=0,
                pool_pre_ping=True,
                isolation_level="SERIALIZABLE",
            )
        except ImportError:
            raise DatabaseUnusable(
                "storage.url: PostgreSQL needs the package asyncpg: pip install asyncpg"
            ) from None
        try:
            async with engine.connect() as conn:
                revision = await conn.run_sync(migrate.current)
        except (OSError, DBAPIError) as error:
            await engine.dispose()
            raise DatabaseUnusable(f"storage.url: PostgreSQL can't be reached: {_reason(error)}") from error
        if revision != migrate.HEAD:
            await engine.dispose()
            if revision is not None:
                migrate.check_known(revision, "The database")
            raise DatabaseUnusable("The database has an older schema: run `okno migrate` once")
        return cls(engine)

    def submit(self, unit: Callable[[Connection], Any]) -> asyncio.Future[Any]:
        """Start a unit; the future holds its result once it is committed."""
        task = asyncio.get_running_loop().create_task(self._commit(unit))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return asyncio.shield(task)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a reading function on one consistent state."""
        try:
            async with self._engine.connect() as conn:
                await conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                return await conn.run_sync(unit)
        except (OSError, OperationalError, InterfaceError) as error:
            raise DatabaseBusy(_reason(error)) from error

    @property
    def waiting(self) -> int:
        """How many units are under way now."""
        return len(self._running)

    async def close(self) -> None:
        """Finish what is under way and let go of the connections."""
        if self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _commit(self, unit: Callable[[Connection], T]) -> T:
        for attempt in range(_TRIES):
            try:
                async with self._engine.begin() as conn:
                    return await conn.run_sync(unit)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _REPEATABLE:
                    if isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated:
                        raise DatabaseBusy(_reason(error)) from error
                    raise
                if attempt == _TRIES - 1:
                    raise _exhausted(error) from error
            except OSError as error:
                raise DatabaseBusy(_reason(error)) from error
            await asyncio.sleep(random.uniform(0, min(0.2, 0.005 * 2**attempt)))  # noqa: S311 (no secret)
        raise AssertionError("the last try returns or raises")


def _exhausted(error: DBAPIError) -> Exception:
    """A unique violation that stays is the unit's own fault; other collisions may pass later."""
    return error if isinstance(error, IntegrityError) else DatabaseBusy(_reason(error))


def _reason(error: BaseException) -> str:
    """The driver's own sentence, on one line and without the address."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split()) or type(cause).__name__
