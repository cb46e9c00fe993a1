"""Connections to PostgreSQL by asyncpg, kept open for what reads; what writes has its own (`storage/pipeline.py`).

A unit is given SQLAlchemy's connection; its queries run as prepared statements on asyncpg's underneath (see
`storage/query.py`), which costs a quarter. Transactions are begun and committed there as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only, greenlet_spawn

from storage.lasting import GENERATION, Lasting, UnitMemory
from storage.query import DRIVER, MEMORY
from storage.trouble import DatabaseBusy, DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

T = TypeVar("T")

READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

CONNECTING = 10.0
"""How long a connection may take to come, in seconds."""

LONGEST = 70.0
"""How long a statement may take, in seconds; the server ends it a little earlier."""

SETTINGS = {
    "jit": "off",
    # whoever hangs in the middle of a transaction lets go of its locks before anybody takes over its leases
    "idle_in_transaction_session_timeout": "4000",
    "lock_timeout": "5000",
    "statement_timeout": "60000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

# connection lost or refused, out of resources, shut down, read-only standby: the unit is as good as before
_TROUBLES = ("08", "53", "57P", "58")
_MORE_TROUBLES = frozenset(("25006", "25P03"))


def engine_for(url: URL, *, patient: bool = False, **more: Any) -> AsyncEngine:
    """An engine that keeps no connections of its own. `patient`: what it is for may take long.

    Raises DatabaseUnusable without the driver.
    """
    settings = {k: v for k, v in SETTINGS.items() if not (patient and k.endswith("_timeout"))}
    arguments = {"server_settings": {"application_name": "okno", **settings}, "timeout": CONNECTING}
    if not patient:
        arguments["command_timeout"] = LONGEST
    try:
        return create_async_engine(url, poolclass=NullPool, connect_args=arguments, **more)
    except ImportError:
        raise DatabaseUnusable("storage.url: PostgreSQL needs the package asyncpg: make install") from None


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of the error; empty when it isn't PostgreSQL's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def storage_trouble(error: BaseException) -> DatabaseBusy | None:
    """The error as trouble of the server or of the way there, or None when it is the unit's own."""
    import asyncpg
    import psycopg

    if isinstance(error, DatabaseBusy):
        return error
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = sqlstate(error)
    # else it is our mistake
    closed = isinstance(cause, asyncpg.InterfaceError) and "connection" in str(cause)
    closed = closed or (isinstance(cause, psycopg.OperationalError) and not code)
    gone = closed or isinstance(cause, OSError | TimeoutError)
    invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    if gone or invalidated or code.startswith(_TROUBLES) or code in _MORE_TROUBLES:
        return DatabaseBusy(reason(error))
    return None


def unreachable(error: Exception) -> DatabaseUnusable | None:
    """What to tell the terminal when the first contact fails; None when the fault isn't PostgreSQL's or the way's."""
    if storage_trouble(error) is None and not sqlstate(error):
        return None
    return DatabaseUnusable(f"storage.url: PostgreSQL can't be used: {reason(error)}")


def reason(error: BaseException) -> str:
    """The driver's own sentence, on one line and without the address."""
    cause = (error.orig if isinstance(error, DBAPIError) else error) or error
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return " ".join(str(cause).split()) or type(cause).__name__


def storable(value: Any) -> Any:
    """The value as PostgreSQL takes it: its text knows no zero character, which anybody may send."""
    return value.replace("\x00", "\ufffd") if type(value) is str and "\x00" in value else value


class _Answer:
    """What a statement gave, as a query reads it."""

    __slots__ = ("_rows", "_statement")

    def __init__(self, rows: list[Any], statement: Any) -> None:
        self._rows = rows
        self._statement = statement

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None

    @property
    def rowcount(self) -> int:
        """From PostgreSQL's word about the statement that ran last: `UPDATE 3`."""
        count = self._statement.get_statusmsg().rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class _Driver:
    """asyncpg's connection as a query wants it; every statement is prepared once. One that only reads locks nothing."""

    __slots__ = ("_locks", "_prepare", "_statements")

    patient = True
    shared = None

    def __init__(self, raw: Any, *, locks: bool) -> None:
        self._prepare = raw.prepare
        self._locks = locks
        self._statements: dict[str, Any] = {}

    def execute(self, sql: str, values: Sequence[Any]) -> _Answer:
        """Run one statement; only inside a unit."""
        statement = self._statements.get(sql)
        if statement is None:
            wanted = sql if self._locks else sql.partition(" FOR UPDATE")[0]
            statement = self._statements[sql] = await_only(self._prepare(wanted))
        return _Answer(await_only(statement.fetch(*map(storable, values))), statement)

    def first(self, sql: str, values: Sequence[Any]) -> _Answer:
        """The same."""
        return self.execute(sql, values)

    def expect(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        """Raise the error when nothing is found."""
        if not self.execute(sql, values).fetchall():
            raise otherwise

    def hold(self, _tickets: Iterable[int]) -> None:
        """Nobody else uses this connection meanwhile."""

    @property
    def generation(self) -> str | None:
        """The number of what lasts, as it is now."""
        found = self.execute(f"SELECT {GENERATION}", ()).fetchone()
        return None if found[0] is None else str(found[0])


class Session:
    """One connection. `raw` is asyncpg's."""

    def __init__(self, connection: AsyncConnection, raw: Any, *, locks: bool) -> None:
        self._connection = connection
        self.raw = raw
        self.sync = cast("Connection", connection.sync_connection)
        setattr(self.sync, DRIVER, _Driver(raw, locks=locks))
        self._memory = UnitMemory(self.sync.__dict__[DRIVER], Lasting())
        setattr(self.sync, MEMORY, self._memory)
        event.listen(self.sync, "before_cursor_execute", lambda *told: self._memory.past_query(told[2]))

    @classmethod
    async def open(cls, engine: AsyncEngine, *, locks: bool = True) -> Session:
        """Connect. `locks`: not for what only reads."""
        connection = await engine.connect()
        raw = (await connection.get_raw_connection()).driver_connection
        return cls(connection, raw, locks=locks)

    async def execute(self, command: str) -> str:
        """A command without parameters, and PostgreSQL's word about it."""
        return str(await self.raw.execute(command))

    async def run(self, unit: Callable[[Connection], T]) -> T:
        """Run the unit in the transaction that is open, and commit. What it has asked is remembered until its end."""
        self._memory.begin()
        result = await self.call(unit)
        if await self.execute("COMMIT") != "COMMIT":
            raise DatabaseBusy("the transaction was ended by an error inside it")
        return result

    async def make(self, part: Callable[[Connection], T]) -> T:
        """Run what may make tables, in the transaction that is open."""
        self._memory.rest()
        return await self.call(part)

    async def call(self, part: Callable[[Connection], T]) -> T:
        """Run a part of the transaction that is open."""
        result: T = await greenlet_spawn(_run, self.sync, part)
        return result

    @property
    def usable(self) -> bool:
        """Whether the connection is there, as far as is known."""
        return not self.raw.is_closed()

    async def roll_back(self) -> None:
        """Nothing of the open transaction holds."""
        if self.usable:
            await self.execute("ROLLBACK")

    async def close(self) -> None:
        """Let go at once, without a word to the server, which may not answer; one that is gone is no reason to complain."""
        self.raw.terminate()
        with contextlib.suppress(Exception):
            await self._connection.close()


def _run(conn: Connection, unit: Callable[[Connection], T]) -> T:
    try:
        return unit(conn)
    finally:
        if conn.in_transaction():  # what SQLAlchemy believes to be open since the unit used it
            conn.rollback()


class Readers:
    """So many connections at most that only read, opened when needed; whoever comes first is served first."""

    def __init__(self, url: URL, most: int) -> None:
        self._engine = engine_for(url, isolation_level="AUTOCOMMIT")  # BEGIN and COMMIT are ours
        self._idle: list[Session] = []
        self._room = asyncio.Semaphore(most)

    async def run(self, unit: Callable[[Connection], T]) -> T:
        """Run the unit on one consistent state. Raises what the unit, the driver or the server raised."""
        async with self._room:
            session = await self._begun()
            try:
                result = await session.run(unit)
            except BaseException as error:
                await self._after(session, error)
                raise
            self._idle.append(session)
            return result

    async def close(self) -> None:
        """Close what is open; nothing may be under way."""
        while self._idle:
            await self._idle.pop().close()
        await self._engine.dispose()

    async def _begun(self) -> Session:
        """A connection with a transaction just begun; one that was idle may have been closed by the server."""
        while self._idle:
            session = self._idle.pop()
            try:
                await session.execute(READING)
            except Exception:  # noqa: BLE001 (nothing has happened yet: another one is taken)
                await session.close()
            else:
                return session
        session = await Session.open(self._engine, locks=False)
        try:
            await session.execute(READING)
        except BaseException:
            await session.close()
            raise
        return session

    async def _after(self, session: Session, error: BaseException) -> None:
        if isinstance(error, Exception) and storage_trouble(error) is None and session.usable:
            try:
                await session.roll_back()
            except Exception:  # noqa: BLE001 (the first error is the one to tell)
                await session.close()
            else:
                self._idle.append(session)
            return
        await session.close()
