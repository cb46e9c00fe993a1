"""A statement built once and run many times.

Building a Core statement costs far more than running it, and SQLAlchemy's execution wraps what SQLite answers in
microseconds. A `Query` is compiled once per dialect; on SQLite its SQL runs on the connection underneath, so its
columns are integers and text (no type processing happens). Elsewhere it goes through SQLAlchemy.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql import ClauseElement, Delete, Insert, Select, Update
from sqlalchemy.sql.selectable import ReturnsRows

Row = Any
"""A named tuple of a query's columns."""


class Query:
    """One prebuilt Core statement with `bindparam`s, every one of which is given at each run.

    Must not hold expanding parameters (`in_` of a list) or Python-side defaults.
    """

    __slots__ = ("_make", "_slots", "_sql", "statement")

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self.statement = statement
        self._sql: str | None = None
        self._slots: tuple[tuple[str, Any], ...] = ()
        self._make: Callable[[Iterable[Any]], Row] = tuple

    def rows(self, conn: Connection, **params: Any) -> list[Row]:
        """All rows."""
        if conn.dialect.name != "sqlite":
            return [self._make(r) for r in conn.execute(self._prepared(conn), params)]
        return [self._make(r) for r in self._cursor(conn, params).fetchall()]

    def row(self, conn: Connection, **params: Any) -> Row | None:
        """The first row, or None."""
        if conn.dialect.name != "sqlite":
            found = conn.execute(self._prepared(conn), params).first()
        else:
            found = self._cursor(conn, params).fetchone()
        return None if found is None else self._make(found)

    def value(self, conn: Connection, **params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.row(conn, **params)
        return None if row is None else row[0]

    def run(self, conn: Connection, **params: Any) -> int:
        """Execute for its effect; how many rows it touched."""
        if conn.dialect.name != "sqlite":
            return conn.execute(self._prepared(conn), params).rowcount
        return int(self._cursor(conn, params).rowcount)

    def _prepared(self, conn: Connection) -> Any:
        if self._sql is None:
            self._compile(conn)
        return self.statement

    def _cursor(self, conn: Connection, params: dict[str, Any]) -> Any:
        if self._sql is None:
            self._compile(conn)
        values = [params[key] if fixed is None else fixed for key, fixed in self._slots]
        # the driver's own connection: no pool checkout, no result wrapping
        return conn.connection.driver_connection.execute(self._sql, values)  # type: ignore[union-attr]

    def _compile(self, conn: Connection) -> None:
        names = _column_names(self.statement)
        if names:
            self._make = namedtuple("Row", names, rename=True)._make  # type: ignore[misc]
        compiled = self.statement.compile(dialect=conn.dialect)
        self._slots = tuple((key, compiled.params[key]) for key in getattr(compiled, "positiontup", None) or ())
        self._sql = str(compiled)


def _column_names(statement: ClauseElement) -> list[str]:
    if isinstance(statement, ReturnsRows):
        return [str(c.key) for c in getattr(statement, "exported_columns", ())]
    return []
