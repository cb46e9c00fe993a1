"""A connection to PostgreSQL on which statements are sent without waiting for the answers to earlier ones.

A round trip costs both sides three times what a statement costs; those that are sent together share one. This is libpq's
pipeline mode through psycopg: https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

from __future__ import annotations

import contextlib
import select
from collections import deque
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import adapt, pq
from psycopg.adapt import PyFormat
from psycopg.errors import error_from_result
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from storage.sessions import CONNECTING, LONGEST, SETTINGS, storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.abc import Buffer, Transformer
    from psycopg.pq.abc import PGresult
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

_END = "end of what was pushed"
_GOOD = frozenset((pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY))


class Answer:
    """What a statement gave, as a query reads it."""

    __slots__ = ("_result", "_transformer")

    def __init__(self, result: PGresult, transformer: Transformer) -> None:
        self._result = result
        self._transformer = transformer

    def fetchall(self) -> list[Any]:
        """All rows."""
        if not self._result.ntuples:
            return []
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(0, self._result.ntuples, tuple)

    def fetchone(self) -> Any:
        """The first row, or None."""
        if not self._result.ntuples:
            return None
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_row(0, tuple)

    @property
    def rowcount(self) -> int:
        """How many rows it touched."""
        return self._result.command_tuples or 0

    @property
    def said(self) -> bytes:
        """PostgreSQL's word about it: `UPDATE 3`."""
        return self._result.command_status or b""


class Pipeline:
    """One connection. Answers come in the order in which statements were sent.

    Raises psycopg's errors; after an OperationalError without a code it is of no use any more.
    """

    def __init__(self, url: URL, settings: Mapping[str, str]) -> None:
        self.raw = psycopg.Connection.connect(
            **_parameters(url), autocommit=True, cursor_factory=psycopg.RawCursor
        )
        self._libpq = self.raw.pgconn
        self._transformer = adapt.Transformer(self.raw)
        self._statements: dict[str, bytes] = {}
        self._sent: deque[str] = (
            deque()
        )  # what is to be answered: a statement (empty), or the preparing of this one
        self._failed: psycopg.Error | None = None
        self._prepared = 0
        self._poll = select.poll()
        self._waits_for = select.POLLIN
        self._poll.register(self._libpq.socket, self._waits_for)
        given = "; ".join(f"SET {name} = '{value}'" for name, value in {**SETTINGS, **settings}.items())
        self.raw.execute(given.encode())
        self.connection = self._connection()

    def _connection(self) -> Connection:
        """SQLAlchemy's, for statements that aren't prebuilt; only while nothing is under way, see `apart`."""
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self.raw,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",  # BEGIN and COMMIT are ours
            paramstyle="numeric_dollar",
            use_native_hstore=False,
            skip_autocommit_rollback=True,
        )
        return engine.connect()

    def send(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Send a statement, prepared when it is sent for the first time."""
        self._ready()
        name = self._statements.get(sql)
        if name is None:
            name = self._statements[sql] = b"okno_%d" % self._prepared
            self._prepared += 1
            self._libpq.send_prepare(name, sql.encode())
            self._sent.append(sql)
        self._libpq.send_query_prepared(name, [None if v is None else self._written(v) for v in values])
        self._sent.append("")

    def push(self) -> None:
        """Let the server have what was sent so far, and answer it at once. After an error it does no more of that."""
        self._ready()
        self._libpq.pipeline_sync()
        self._sent.append(_END)
        self._flush()

    def receive(self) -> Answer | psycopg.Error:
        """Wait for the next answer. What follows an error, of what was pushed together, has failed by it as well."""
        while True:
            item = self._sent.popleft()
            if item is _END:
                self._next()
                self._failed = None
                continue
            result = self._next()
            self._next()  # a statement has one result, and then an end
            if result is not None and result.status in _GOOD:
                if item:
                    continue
                return Answer(result, self._transformer)
            self._failed = self._failed or _error(result)
            if not item:
                return self._failed
            del self._statements[item]  # it isn't prepared

    def drain(self) -> None:
        """Wait for all that is under way, whatever comes of it."""
        self.push()
        while any(not item for item in self._sent):
            self.receive()
        self.calm()

    def calm(self) -> None:
        """Everything is answered: nothing of it is left on the way."""
        while self._sent:
            self._sent.popleft()
            self._next()
        self._failed = None

    def _flush(self) -> None:
        while self._libpq.flush():
            self._wait(select.POLLIN | select.POLLOUT)

    def _next(self) -> PGresult | None:
        while self._libpq.is_busy():
            self._wait(select.POLLIN)
        return self._libpq.get_result()

    def _wait(self, what: int) -> None:
        """Wait for the server, while other threads go on."""
        if what != self._waits_for:
            self._poll.modify(self._libpq.socket, what)
            self._waits_for = what
        if not (ready := self._poll.poll(LONGEST * 1000)):
            self._libpq.finish()
            raise psycopg.OperationalError("the server doesn't answer")
        if ready[0][1] & ~select.POLLOUT:
            self._libpq.consume_input()

    def _written(self, value: Any) -> Buffer:
        """The value as PostgreSQL reads it."""
        kind = type(value)
        if kind is int:
            return b"%d" % value
        if kind is str:
            text: str = storable(value)
            return text.encode()
        (written,) = self._transformer.dump_sequence([value], [PyFormat.TEXT])
        return written or b""

    def ask(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Send one statement and wait for its answer; nothing else may be under way."""
        self.send(sql, values)
        self.push()
        return answered(self.receive())

    def rest(self) -> None:
        """Let SQLAlchemy use the connection until the next statement is sent; nothing may be under way."""
        self.calm()
        if self._libpq.pipeline_status:
            self._libpq.exit_pipeline_mode()
            self._libpq.nonblocking = 0

    def _ready(self) -> None:
        if not self._libpq.pipeline_status:
            self._libpq.nonblocking = 1
            self._libpq.enter_pipeline_mode()

    @property
    def usable(self) -> bool:
        """Whether the connection is there, as far as is known."""
        return bool(self._libpq.status == pq.ConnStatus.OK)

    def close(self) -> None:
        """Let go."""
        with contextlib.suppress(Exception):
            self.raw.close()


def answered(answer: Answer | psycopg.Error) -> Answer:
    """The answer. Raises what came instead."""
    if isinstance(answer, psycopg.Error):
        raise answer
    return answer


def _error(result: PGresult | None) -> psycopg.Error:
    if result is None:
        return psycopg.OperationalError("the connection was closed")
    return error_from_result(result)


def _parameters(url: URL) -> dict[str, Any]:
    """How to reach the server, in libpq's words; what only tunes the other driver is left out."""
    _, told = url.get_dialect()().create_connect_args(url)
    names = {"database": "dbname", "ssl": "sslmode"}
    given = {names.get(name, name): value for name, value in told.items()}
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else value
        for name, value in given.items()
        if name in _KNOWN
    } | _WATCHED


# a server that is cut off in the middle is given up for lost after some seconds
_WATCHED = {
    "application_name": "okno",
    "connect_timeout": int(CONNECTING),
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
_KNOWN = frozenset(
    ("host", "port", "user", "password", "dbname", "sslmode", "passfile", "target_session_attrs")
)
