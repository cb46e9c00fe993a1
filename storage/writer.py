"""The one thread that writes to SQLite: it takes what is queued, commits once, and tells every caller.

A commit with `synchronous=FULL` waits for the disk; sharing it among the units that are queued at that moment
makes many small transactions cheap without giving up that each caller waits for its own commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from storage.query import DRIVER, MEMORY, Memory, remember_on
from storage.trouble import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

GROUP = 64
"""How many units share one commit at most."""

_PRAGMAS = (
    "PRAGMA auto_vacuum = INCREMENTAL",  # holds only if it comes before the first table, and before WAL
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA secure_delete = FAST",  # what was taken out of a page isn't left lying in it
    "PRAGMA cache_size = -8000",
    "PRAGMA temp_store = MEMORY",
)

# what passes by itself or by making room: the unit is as good as before
_BUSY_CODES = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )
)


def engine_for(path: Path, *, begins: bool = True) -> Engine:
    """A synchronous engine on the file, with everything in force that Okno's writing connection needs.

    `begins`: SQLAlchemy's own transactions are begun at the database too. The writer does without: it begins and
    commits on the driver's connection, which costs a tenth.
    """
    known = {"cached_statements": 512}  # more than there are, so that none is ever prepared twice
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args=known)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN and COMMIT are ours
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    if begins:

        @event.listens_for(engine, "begin")
        def _on_begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def storage_trouble(error: BaseException) -> DatabaseBusy | None:
    """The error as trouble of the file or disk, or None when it is the unit's own."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _BUSY_CODES:
        return None
    return DatabaseBusy(str(cause))


@dataclass(slots=True)
class _Unit:
    run: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs units of work in one thread on one connection, many to a commit, in the order they came."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._main, name="okno-writer", daemon=True)
        self._closing = False

    async def start(self) -> None:
        """Open the connection; raises what opening raised."""
        self._thread.start()
        await self._ready

    def submit(self, run: Callable[[Connection], Any]) -> asyncio.Future[Any]:
        """Queue one unit; the future holds its result once it is committed."""
        if self._closing:
            raise DatabaseBusy("the database is closed")
        future = self._loop.create_future()
        self._queue.put(_Unit(run, future))
        return future

    @property
    def waiting(self) -> int:
        """How many units are queued now."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Finish what is queued, then close the connection."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    # ── in the thread ──

    def _main(self) -> None:
        engine = engine_for(self._path, begins=False)
        try:
            conn = engine.connect()
        except Exception as error:  # noqa: BLE001 (whatever it was belongs to whoever opens)
            self._tell(self._ready.set_exception, error)
            return
        setattr(conn, DRIVER, conn.connection.driver_connection)
        remember_on(conn, Memory())
        self._tell(self._ready.set_result, None)
        with conn:
            while units := self._take():
                _settle(conn, units, self._more)
                self._tell(_resolve, units)
        engine.dispose()

    def _take(self) -> list[_Unit]:
        """What is queued, at least one, at most a group; empty when closing."""
        first = self._queue.get()
        if first is None:
            return []
        return [first]

    def _more(self, taken: int) -> _Unit | None:
        """The next unit of a group of which so many are taken; None when it is to be committed."""
        if taken >= GROUP:
            return None
        try:
            unit = self._queue.get_nowait()
        except queue.Empty:
            return None
        if unit is None:
            self._queue.put(None)  # close once this group is done
        return unit

    def _tell(self, callback: Callable[..., Any], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            self._closing = True  # the loop is gone, and with it whoever waited


def _settle(conn: Connection, units: list[_Unit], more: Callable[[int], _Unit | None]) -> None:
    """Run the units, and those that come meanwhile, in one transaction; when one fails, each in one of its own."""
    if _commit(conn, units, more) or len(units) == 1:
        return
    for unit in units:
        unit.result = unit.error = None
        _commit(conn, [unit], lambda _: None)


def _commit(conn: Connection, units: list[_Unit], more: Callable[[int], _Unit | None]) -> bool:
    """Whether the units' fate is decided: committed together, or refused by the storage for all of them.

    `more` gives further ones, which are added to the units.
    """
    driver: Any = conn.connection.driver_connection
    try:
        _roll_back(driver)  # what a broken disk has left open: until it can be, nothing begins
        driver.execute("BEGIN IMMEDIATE")
        unit: _Unit | None = units[0]
        while unit is not None:
            unit.result = unit.run(conn)
            unit = more(len(units))
            if unit is not None:
                units.append(unit)
        _still_open(driver)
        driver.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001 (every error goes to the unit's caller)
        with contextlib.suppress(sqlite3.Error):
            _roll_back(driver)
        conn.__dict__[MEMORY].forget()
        trouble = storage_trouble(error)
        for failed in units:
            failed.result, failed.error = None, trouble or error
        return trouble is not None
    finally:
        if conn.in_transaction():  # what SQLAlchemy believes to be open since a unit used it
            conn.rollback()
    return True


def _roll_back(driver: sqlite3.Connection) -> None:
    if driver.in_transaction:
        driver.execute("ROLLBACK")


def _still_open(driver: sqlite3.Connection) -> None:
    """SQLite ends a transaction by itself after some errors; what a unit did after swallowing one must not count."""
    if not driver.in_transaction:
        raise DatabaseBusy("the transaction was ended by an error inside it")


def _resolve(units: Sequence[_Unit]) -> None:
    for unit in units:
        if unit.future.cancelled():
            continue
        if unit.error is None:
            unit.future.set_result(unit.result)
        else:
            unit.future.set_exception(unit.error)
