"""The door to the database: `run` a unit of work, `read` one; the rest of Okno knows no engines.

A unit of work is a plain function of a connection without I/O, safe to run again. The same units serve SQLite
(one writing thread, grouped commits) and PostgreSQL.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.trouble import DatabaseBusy, DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from storage.hints import Hints

__all__ = ["Database", "DatabaseBusy", "DatabaseUnusable", "database_url", "sqlite_path"]

P = ParamSpec("P")
T = TypeVar("T")


class _Store(Protocol):
    """What one kind of database does. Cancelling a future that `submit` gave doesn't cancel its unit."""

    def submit(self, unit: Callable[[Connection], Any]) -> asyncio.Future[Any]: ...

    async def read(self, unit: Callable[[Connection], T]) -> T: ...

    @property
    def waiting(self) -> int: ...

    async def close(self) -> None: ...


class Database:
    """An open database. Made by `open`; belongs to the event loop it was opened in."""

    path: Path | None = None
    """The file; None where there is a server."""

    hints: Hints | None = None
    """How processes that share the database tell each other; None where one has it alone."""

    def __init__(self, store: _Store, path: Path | None) -> None:
        self._store = store
        self.path = path

    @classmethod
    async def open(cls, url: str) -> Database:
        """Check the database, bring an outdated SQLite file to the newest schema, and open it.

        Raises DatabaseUnusable with one line that says what is wrong and what to do.
        """
        parsed = database_url(url)
        if parsed.get_backend_name() == "sqlite":
            from storage.sqlite import SqliteStore

            path = sqlite_path(url)
            return cls(await SqliteStore.open(path), path)
        from storage.postgres import PostgresStore

        store = await PostgresStore.open(parsed)
        database = cls(store, None)
        database.hints = store.hints
        return database

    async def run(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit of work and commit it; returns once it is committed.

        The caller may be cancelled, the unit is not: once asked for, it happens. Raises what the unit raised, or
        DatabaseBusy when the database couldn't commit; then nothing of it happened.
        """
        unit: Callable[[Connection], T] = lambda conn: fn(conn, *args, **kwargs)  # noqa: E731 (faster than partial with kwargs)
        result: T = await self._store.submit(unit)
        return result

    async def read(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that only reads, beside the writer; it sees one consistent state."""
        return await self._store.read(lambda conn: fn(conn, *args, **kwargs))

    async def shrink(self) -> bool:
        """Give a little of what was deleted back to the file system, where the database doesn't do it by itself.

        True while there is more to give back.
        """
        if self.path is not None:
            from storage.sqlite import give_back

            return await self.run(give_back)
        return False

    @property
    def waiting(self) -> int:
        """How many units wait for the writer now."""
        return self._store.waiting

    async def close(self) -> None:
        """Finish what is queued and let go."""
        await self._store.close()


_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def database_url(url: str) -> URL:
    """The address, checked and with its driver. Raises DatabaseUnusable."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusable(
            "storage.url: not an address of a database; use sqlite+aiosqlite:///okno.db"
        ) from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or parsed.drivername not in (driver, parsed.get_backend_name()):
        known = " or ".join(f"{d}://…" for d in _DRIVERS.values())
        raise DatabaseUnusable(f"storage.url: {parsed.drivername} is not supported; use {known}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise DatabaseUnusable("storage.url: names no file; use sqlite+aiosqlite:///okno.db")
    return parsed.set(drivername=driver)


def sqlite_path(url: str) -> Path:
    """The file of an SQLite address, absolute. Raises DatabaseUnusable for any other address."""
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        raise DatabaseUnusable("storage.url: not an SQLite file")
    return Path(parsed.database).expanduser().absolute()
