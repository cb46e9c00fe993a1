"""Okno's database in one SQLite file: a writing thread, and readers that never wait for it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage import migrate
from storage.trouble import DatabaseUnusable
from storage.writer import Writer, storage_trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection

T = TypeVar("T")


class SqliteStore:
    """One file: `submit` to its writer, `read` through read-only connections."""

    def __init__(self, writer: Writer, readers: AsyncEngine) -> None:
        self._writer = writer
        self._readers = readers

    @classmethod
    async def open(cls, path: Path) -> SqliteStore:
        """Check the file, migrate it if it is older, and open it. Raises DatabaseUnusable."""
        await asyncio.to_thread(_make_ready, path)
        writer = Writer(path)
        try:
            await writer.start()
        except DBAPIError as error:
            raise DatabaseUnusable(f"{path}: can't be opened: {error.orig}") from error
        return cls(writer, _reading_engine(path))

    def submit(self, unit: Callable[[Connection], Any]) -> asyncio.Future[Any]:
        """Queue a unit; the future holds its result once it is committed."""
        return self._writer.submit(unit)

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a reading function on one consistent state, beside the writer."""
        try:
            async with self._readers.connect() as conn:
                return await conn.run_sync(unit)
        except (DBAPIError, sqlite3.Error) as error:
            raise storage_trouble(error) or error from error

    @property
    def waiting(self) -> int:
        """How many units wait for the writer now."""
        return self._writer.waiting

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        await self._readers.dispose()
        await self._writer.close()  # last of all, so that it can empty the write-ahead log


GIVEN_BACK = 200
"""How many free pages are given back at once; more would hold up the writer."""

SPARE = 1000
"""So many free pages are left: what comes next needs them."""


def give_back(conn: Connection) -> bool:
    """Shorten the file by some of its free pages; whether there are more than are worth keeping."""
    driver: Any = conn.connection.driver_connection
    (free,) = driver.execute("PRAGMA freelist_count").fetchone()
    for _ in range(min(max(free - SPARE, 0), GIVEN_BACK)):
        driver.execute("PRAGMA incremental_vacuum(1)")  # the driver takes only the first step of a longer one
    return bool(free - SPARE > GIVEN_BACK)


def _reading_engine(path: Path) -> AsyncEngine:
    address = URL.create(
        "sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"}
    )
    engine = create_async_engine(address, pool_size=2, max_overflow=2)

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # several statements see one state

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None

    return engine


def _make_ready(path: Path) -> None:
    """The file exists, can be written, and has the newest schema; else DatabaseUnusable."""
    if not path.parent.is_dir():
        raise DatabaseUnusable(f"storage.url: there is no folder {path.parent}")
    if path.is_dir():
        raise DatabaseUnusable(f"storage.url: {path} is a folder, not a file")
    _check_writable(path)
    revision = _revision(path)
    if revision == migrate.HEAD:
        return
    if revision is not None:
        migrate.check_known(revision, str(path))
        _copy(path, path.with_name(f"{path.name}.before-{revision}"))
    try:
        migrate.upgrade(f"sqlite:///{path}")
    except DBAPIError as error:
        if storage_trouble(error) is None:
            raise
        raise DatabaseUnusable(f"{path} can't be written: {error.orig}") from error


def _check_writable(path: Path) -> None:
    """SQLite writes beside the file as well as into it."""
    for what in (path, path.parent) if path.exists() else (path.parent,):
        if not os.access(what, os.W_OK):
            raise DatabaseUnusable(f"{what} is read-only: Okno must be able to write it")
    if path.exists():
        try:
            with path.open("r+b"):
                pass
        except OSError as error:
            raise DatabaseUnusable(f"{path} can't be written: {error.strerror}") from error
        return
    try:
        # made by nobody but Okno, readable by nobody else
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise DatabaseUnusable(f"{path} can't be made: {error.strerror}") from error


def _revision(path: Path) -> str | None:
    """The file's schema revision; None for a file without tables. Raises DatabaseUnusable for anything else."""
    try:
        conn = sqlite3.connect(path)
        try:
            tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "alembic_version" in tables:
                found = conn.execute("SELECT version_num FROM alembic_version").fetchone()
                return found[0] if found else None
        finally:
            conn.close()
    except sqlite3.DatabaseError as error:
        trouble = storage_trouble(error)
        what = "is not an SQLite database" if "not a database" in str(error) else f"can't be read: {error}"
        raise DatabaseUnusable(f"{path} {what}") from (trouble or error)
    if tables:
        raise DatabaseUnusable(
            f"{path} is another program's SQLite database: choose another file for storage.url"
        )
    return None


def _copy(path: Path, copy: Path) -> None:
    """A consistent copy, with what still lies in the write-ahead log."""
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"{copy}: the copy before migrating failed: {error}") from error
    finally:
        source.close()
        target.close()
    copy.chmod(0o600)
