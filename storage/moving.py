"""Everything in one database copied into another, empty one: SQLite to PostgreSQL, or back.

The source is read as of one moment, the target is written in one transaction: it holds everything or nothing.
"""

from __future__ import annotations

import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from storage import look, migrate
from storage.database import database_url, sqlite_path
from storage.leases import PROCESS
from storage.schema import metadata
from storage.trouble import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Table

PAGE = 500
PAGE_OF_FILES = 20
"""So many rows are carried at once; of files fewer, their rows are large."""

_LEFT_OUT = frozenset(("leases",))  # they belong to processes of the old database
_TABLES = [table for table in metadata.sorted_tables if table.name not in _LEFT_OUT]


class Moved(Protocol):
    """Told of every table: its name, how many of its rows are there, and how many there are."""

    def __call__(self, table: str, done: int, of: int) -> None:
        """Tell."""


class _Side(Protocol):
    async def count(self, table: Table) -> int: ...

    def rows(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]: ...

    async def add(self, table: Table, rows: list[tuple[Any, ...]]) -> None: ...

    async def finish(self) -> None: ...


async def move(source: str, target: str, moved: Moved) -> int:
    """Copy everything; gives how many rows. Raises DatabaseUnusable, and then the target is as it was.

    Nobody may write to either meanwhile: the caller holds the lock of what is a file.
    """
    await _check(source, target)
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(_reading(source))
        there = await stack.enter_async_context(_writing(target))
        for table in _TABLES:
            if await there.count(table):
                raise DatabaseUnusable(
                    f"{_named(target)} isn't empty: {table.name} has rows; nothing was moved"
                )
        total = 0
        for table in _TABLES:
            total += await _carry(table, here, there, moved)
        await there.finish()
    return total


async def _carry(table: Table, here: _Side, there: _Side, moved: Moved) -> int:
    of, done = await here.count(table), 0
    moved(table.name, 0, of)
    async for rows in here.rows(table):
        await there.add(table, rows)
        done += len(rows)
        moved(table.name, done, of)
    found = await there.count(table)
    if found != of:
        raise DatabaseUnusable(f"{table.name}: {of} rows to move, {found} arrived; nothing was moved")
    return of


async def _check(source: str, target: str) -> None:
    standing = await look.standing(source)
    if standing.schema == "missing":
        raise DatabaseUnusable(f"{_named(source)} has no tables: there is nothing to move")
    if standing.schema == "old":
        raise DatabaseUnusable(f"{_named(source)} has an older schema: run `okno migrate` on it first")
    if (await look.standing(target)).schema == "old":
        raise DatabaseUnusable(f"{_named(target)} has an older schema, so it isn't empty")


def _named(url: str) -> str:
    """The database's name without a password."""
    parsed = database_url(url)
    return str(parsed.database) if parsed.get_backend_name() == "sqlite" else parsed.render_as_string()


def _is_file(url: str) -> bool:
    return database_url(url).get_backend_name() == "sqlite"


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[_Side]:
    if _is_file(url):
        conn = sqlite3.connect(f"file:{quote(str(sqlite_path(url)))}?mode=ro", uri=True, isolation_level=None)
        try:
            conn.execute("BEGIN")
            yield _File(conn)
        finally:
            conn.close()
        return
    async with _server(url, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as side:
        yield side


@asynccontextmanager
async def _writing(url: str) -> AsyncIterator[_Side]:
    if not _is_file(url):
        async with _server(url, "BEGIN", create=True) as side:
            yield side
        return
    path = sqlite_path(url)
    new = not path.exists()
    try:
        async with _new_file(path) as file:
            yield file
    except BaseException:
        if new:
            _remove(path)
        raise


@asynccontextmanager
async def _new_file(path: Path) -> AsyncIterator[_Side]:
    from storage.sqlite import SqliteStore
    from storage.writer import engine_for

    await (await SqliteStore.open(path)).close()
    engine = engine_for(path)
    with engine.connect() as connection, connection.begin():
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA defer_foreign_keys = ON")
        yield _File(driver)
    engine.dispose()


def _remove(path: Path) -> None:
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        file.unlink(missing_ok=True)


@asynccontextmanager
async def _server(url: str, begin: str, *, create: bool = False) -> AsyncIterator[_Side]:
    from storage.sessions import Session, engine_for, unreachable

    engine = engine_for(database_url(url), patient=True, isolation_level="AUTOCOMMIT")
    try:
        session = await Session.open(engine)
        try:
            await session.execute(begin)
            if create and await session.make(migrate.current) is None:
                await session.make(migrate.create)
            await session.execute("LOCK TABLE leases IN SHARE MODE")  # no Okno begins anything here meanwhile
            running = await session.raw.fetchval(
                f"SELECT count(*) FROM leases WHERE name LIKE '{PROCESS}%'"
                " AND until > extract(epoch FROM clock_timestamp()) * 1000"
            )
            if running:
                raise DatabaseUnusable(f"{_named(url)} is in use by {running} running Okno: stop it first")
            yield _Server(session.raw)
            await session.execute("COMMIT")
            if create:
                await session.execute("ANALYZE")  # plans are made at once by what there is now
        finally:
            await session.close()
    except DatabaseUnusable:
        raise
    except Exception as error:
        raise unreachable(error) or error from error
    finally:
        await engine.dispose()


def _page(table: Table) -> int:
    return PAGE_OF_FILES if table.name == "web_file_chunks" else PAGE


class _File:
    """An SQLite file, in a transaction."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    async def count(self, table: Table) -> int:
        return int(self._conn.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0])

    async def rows(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        names = ", ".join(f'"{c.name}"' for c in table.columns)
        order = ", ".join(f'"{c.name}"' for c in table.primary_key)
        cursor = self._conn.execute(f'SELECT {names} FROM "{table.name}" ORDER BY {order}')
        while rows := cursor.fetchmany(_page(table)):
            yield rows

    async def add(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{c.name}"' for c in table.columns)
        holders = ", ".join("?" for _ in table.columns)
        self._conn.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({holders})', rows)

    async def finish(self) -> None:
        """SQLite counts on from the highest number by itself."""


class _Server:
    """A PostgreSQL database, in a transaction. `raw` is asyncpg's connection."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def count(self, table: Table) -> int:
        return int(await self._raw.fetchval(f'SELECT count(*) FROM "{table.name}"'))

    async def rows(self, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        names = ", ".join(f'"{c.name}"' for c in table.columns)
        order = ", ".join(f'"{c.name}"' for c in table.primary_key)
        cursor = await self._raw.cursor(f'SELECT {names} FROM "{table.name}" ORDER BY {order}')
        while rows := await cursor.fetch(_page(table)):
            yield [tuple(row) for row in rows]

    async def add(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        from storage.sessions import storable

        names = [c.name for c in table.columns]
        await self._raw.copy_records_to_table(
            table.name, columns=names, records=[[storable(value) for value in row] for row in rows]
        )

    async def finish(self) -> None:
        """Numbers go on after the highest that came along."""
        for table in _TABLES:
            if "id" in table.columns:
                await self._raw.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM \"{table.name}\""
                )
