"""A look into the database from outside: reads only, beside a running Okno or without one, and makes nothing.

`Database.open` is for the program that owns the database; a command that only wants to know something comes here.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from storage import migrate
from storage.database import database_url, sqlite_path
from storage.trouble import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a database's schema: `missing` (made at the first start), `old` or `newest`."""

    schema: str
    revision: str | None


async def standing(url: str) -> Standing:
    """How the database stands. Raises DatabaseUnusable when it can't be used as it is."""
    if database_url(url).get_backend_name() == "sqlite":
        path = sqlite_path(url)
        _check_places(path)
        if not path.exists() or path.stat().st_size == 0:
            return Standing("missing", None)
    revision = await read(url, migrate.current)
    if revision is None:
        return Standing("missing", None)
    migrate.check_known(revision, "The database")
    return Standing("newest" if revision == migrate.HEAD else "old", revision)


async def read(url: str, fn: Callable[[Connection], T]) -> T:
    """Run a reading function. Raises DatabaseUnusable when the database can't be read."""
    parsed = database_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _read_file(sqlite_path(url), fn)
        return await _read_server(parsed, fn)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DatabaseUnusable(f"storage.url: {parsed.database} can't be read: {reason}") from error


async def _read_server(url: URL, fn: Callable[[Connection], T]) -> T:
    from storage.sessions import engine_for, unreachable

    engine = engine_for(url, isolation_level="REPEATABLE READ")
    try:
        async with engine.connect() as conn:
            return await conn.run_sync(fn)
    except Exception as error:
        raise unreachable(error) or error from error
    finally:
        await engine.dispose()


def _read_file(path: Path, fn: Callable[[Connection], T]) -> T:
    def connect() -> Any:
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    with engine.connect() as conn:
        return fn(conn)


def _check_places(path: Path) -> None:
    if not path.parent.is_dir():
        raise DatabaseUnusable(f"storage.url: there is no folder {path.parent}")
    if path.is_dir():
        raise DatabaseUnusable(f"storage.url: {path} is a folder, not a file")
    for what in (path, path.parent) if path.exists() else (path.parent,):
        if not os.access(what, os.W_OK):
            raise DatabaseUnusable(f"{what} is read-only: Okno must be able to write it")
