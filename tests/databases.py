"""Both kinds of database for tests: which one it is now, and units on it without a loop of one's own.

A test that asks for the fixture `database_url` (or for `database_kind`) runs once on each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.util import await_only, greenlet_spawn

from storage import schema
from storage.query import DRIVER
from storage.sessions import Session, engine_for
from tests import postgres

T = TypeVar("T")
Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")


class Choice:
    """What the running test is on."""

    kind: Kind = "sqlite"


class Units(Protocol):
    """Tables on which units run one after another, each committed."""

    def run(self, unit: Callable[[Connection], Any]) -> Any: ...

    def close(self) -> None: ...


def fresh() -> Units:
    """Empty tables of the kind that the running test is on."""
    return _InMemory() if Choice.kind == "sqlite" else _OnServer()


def connection() -> Connection:
    """A connection to empty tables, in a transaction that nobody commits."""
    if Choice.kind == "postgresql":
        return inside().conn
    conn = _InMemory().conn
    setattr(conn, DRIVER, conn.connection.driver_connection)
    return conn


class _InMemory:
    """SQLite in memory."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")
        event.listen(self._engine, "connect", _own_transactions)
        self.conn = self._engine.connect()
        schema.metadata.create_all(self.conn)

    def run(self, unit: Callable[[Connection], Any]) -> Any:
        self.conn.exec_driver_sql("BEGIN")
        try:
            result = unit(self.conn)
        except BaseException:
            self.conn.exec_driver_sql("ROLLBACK")
            raise
        self.conn.exec_driver_sql("COMMIT")
        return result

    def close(self) -> None:
        self.conn.close()
        self._engine.dispose()


class _OnServer:
    """PostgreSQL; whoever asks waits."""

    def __init__(self) -> None:
        self._session = _session()
        postgres.empty_database()

    def run(self, unit: Callable[[Connection], Any]) -> Any:
        return postgres.bridge().run(_committed(self._session, unit))

    def close(self) -> None: ...


async def _committed(session: Session, unit: Callable[[Connection], Any]) -> Any:
    await session.execute("BEGIN")
    try:
        return await session.run(unit)
    except BaseException:
        await session.roll_back()
        raise


@cache
def _session() -> Session:
    return postgres.bridge().run(Session.open(engine_for(postgres.database(), isolation_level="AUTOCOMMIT")))


class Inside:
    """A loop that runs a whole test inside one transaction on PostgreSQL, so that it may use the connection at will."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        engine = engine_for(postgres.database(), isolation_level="AUTOCOMMIT")
        self._session = self.loop.run_until_complete(Session.open(engine))

    def run(self, test: Callable[[], object]) -> None:
        """Run it, and undo whatever it did."""
        try:
            self.get(test)
        finally:
            self.loop.run_until_complete(self._session.roll_back())

    def get(self, part: Callable[[], T]) -> T:
        """Run a part of it."""
        return self.loop.run_until_complete(greenlet_spawn(part))

    @property
    def conn(self) -> Connection:
        """The connection, in a new transaction on empty tables; only inside `run`."""
        await_only(self._session.execute(f"ROLLBACK; BEGIN; {postgres.emptying()}"))
        return self._session.sync


@cache
def inside() -> Inside:
    """One for all tests of a process."""
    return Inside()


def _own_transactions(connection: Any, _: object) -> None:
    connection.isolation_level = None
