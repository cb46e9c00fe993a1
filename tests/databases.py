"""Both kinds of database for tests: which one it is now, and units on it without a loop of one's own.

A test that asks for the fixture `database_url` (or for `database_kind`) runs once on each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from storage import schema
from storage.pipeline import Answer, Pipeline
from storage.query import DRIVER
from tests import postgres

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
    if Choice.kind == "sqlite":
        return _InMemory()
    made = _committing().ready()
    postgres.empty_database()
    return made


def connection() -> Connection:
    """A connection to empty tables, in a transaction that nobody commits."""
    if Choice.kind == "postgresql":
        return _never_committing().begun()
    conn = _InMemory().conn
    setattr(conn, DRIVER, conn.connection.driver_connection)
    return conn


class _InMemory:
    """SQLite in memory; its tables are made once, and copied."""

    def __init__(self) -> None:
        engine, empty = _sqlite()
        self.conn = engine.connect()
        self._raw = _raw(self.conn)
        self._raw.deserialize(empty)

    def run(self, unit: Callable[[Connection], Any]) -> Any:
        self._raw.execute("BEGIN")
        try:
            result = unit(self.conn)
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        self._raw.execute("COMMIT")
        return result

    def close(self) -> None:
        self.conn.close()


@cache
def _sqlite() -> tuple[Engine, bytes]:
    """An engine that makes a database in memory for each connection, and what an empty one with all tables consists of."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    event.listen(engine, "connect", _own_transactions)
    with engine.connect() as conn:
        schema.metadata.create_all(conn)
        return engine, _raw(conn).serialize()


def _raw(conn: Connection) -> sqlite3.Connection:
    raw = conn.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _own_transactions(connection: Any, _: object) -> None:
    connection.isolation_level = None


class _OnServer:
    """PostgreSQL, on one connection; to units it is the connection's driver."""

    patient = True

    def __init__(self, address: URL) -> None:
        self._address = address
        self._connect()

    def _connect(self) -> None:
        self._pipeline = pipeline = Pipeline(self._address, _UNHURRIED)
        self._conn = pipeline.connection
        setattr(self._conn, DRIVER, self)
        event.listen(self._conn, "before_cursor_execute", lambda *_: pipeline.rest())

    def ready(self) -> _OnServer:
        """Itself, with nothing begun."""
        if not self._pipeline.usable:
            self._connect()
        self.execute("ROLLBACK")
        return self

    def run(self, unit: Callable[[Connection], Any]) -> Any:
        self.execute("BEGIN")
        try:
            result = unit(self._conn)
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")
        return result

    def close(self) -> None: ...

    def begun(self) -> Connection:
        """The connection in a new transaction; what was done in the one before is undone."""
        self.ready()
        self.execute(postgres.COUNT_ANEW)
        self.execute("BEGIN")
        return self._conn

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Run one statement."""
        return self._pipeline.ask(sql, values)

    first = execute

    def hold(self, _tickets: Iterable[int]) -> bool:
        """Nobody else is there to wait for."""
        return False


_UNHURRIED = {
    "idle_in_transaction_session_timeout": "0",
    "statement_timeout": "0",
}  # a test may take its time


@cache
def _committing() -> _OnServer:
    """For all tests of a process that commit."""
    return _OnServer(postgres.database())


@cache
def _never_committing() -> _OnServer:
    """For those that don't; with a database of their own, whose tables are always empty."""
    return _OnServer(postgres.untouched_database())
