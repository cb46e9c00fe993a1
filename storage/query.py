"""A statement built once and run many times.

Building a Core statement costs far more than running it, and SQLAlchemy's execution wraps what SQLite answers in
microseconds. A `Query` is compiled once; on SQLite its SQL runs on the connection underneath, so its columns are
integers and text (no type processing happens). Elsewhere it goes through SQLAlchemy.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, bindparam, insert, update
from sqlalchemy.sql import Delete, Insert, Select, Update

Row = Any
"""A named tuple of a query's columns."""

DRIVER = "okno_driver"
"""Under this name the writer leaves SQLite's own connection on SQLAlchemy's, where a query finds it fastest."""

_PREFIX = "p_"  # a bind named like a column is taken for that column's value in INSERT and UPDATE


def p(name: str) -> BindParameter[Any]:
    """The parameter `name` of a query."""
    return bindparam(_PREFIX + name)


class Query:
    """One prebuilt Core statement with parameters `p("name")`, every one of which is given at each run.

    Must not hold expanding parameters (`in_` of a list) or Python-side defaults. Constants that a partial index
    names must be written with `literal_column`, else the index isn't used.
    """

    __slots__ = ("_make", "_sql", "_values", "statement")

    def __init__(self, statement: Select[*tuple[Any, ...]] | Insert | Update | Delete) -> None:
        self.statement = statement
        self._sql: str | None = None
        self._values: Callable[[dict[str, Any]], Sequence[Any]] = tuple
        names = [str(c.key) for c in getattr(statement, "exported_columns", ())]
        self._make: Callable[[Iterable[Any]], Row] = (
            namedtuple("Row", names, rename=True)._make if names else tuple  # type: ignore[attr-defined]
        )

    def rows(self, conn: Connection, **params: Any) -> list[Row]:
        """All rows."""
        return [self._make(r) for r in self._result(conn, params).fetchall()]

    def row(self, conn: Connection, **params: Any) -> Row | None:
        """The first row, or None."""
        found = self._result(conn, params).fetchone()
        return None if found is None else self._make(found)

    def value(self, conn: Connection, **params: Any) -> Any:
        """The first column of the first row, or None."""
        found = self._result(conn, params).fetchone()
        return None if found is None else found[0]

    def run(self, conn: Connection, **params: Any) -> int:
        """Execute for its effect; how many rows it touched."""
        return int(self._result(conn, params).rowcount)

    def _result(self, conn: Connection, params: dict[str, Any]) -> Any:
        driver: Any = conn.__dict__.get(DRIVER)
        if driver is None:
            if conn.dialect.name != "sqlite" or conn.dialect.is_async:  # readers of SQLite are asynchronous
                return conn.execute(self.statement, {_PREFIX + k: v for k, v in params.items()})
            driver = conn.connection.driver_connection
        if self._sql is None:
            self._compile(conn)
        return driver.execute(self._sql, self._values(params))

    def _compile(self, conn: Connection) -> None:
        compiled = self.statement.compile(dialect=conn.dialect)
        keys: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        names = [k.removeprefix(_PREFIX) for k in keys if k.startswith(_PREFIX)]
        if len(names) < len(keys):  # the statement brings values of its own
            slots = [(k.removeprefix(_PREFIX), compiled.params[k], k.startswith(_PREFIX)) for k in keys]
            self._values = lambda params: [params[k] if given else fixed for k, fixed, given in slots]
        elif len(names) > 1:
            self._values = itemgetter(*names)
        elif names:
            name = names[0]
            self._values = lambda params: (params[name],)
        self._sql = str(compiled)


def inserting(table: Table, *columns: str) -> Query:
    """A query that inserts one row of these columns and gives its id."""
    return Query(insert(table).values({c: p(c) for c in columns}).returning(table.c.id))


class Changing:
    """Updates of single rows by id, one prebuilt query for every set of columns that occurs."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._queries: dict[tuple[str, ...], Query] = {}

    def __call__(self, conn: Connection, row_id: int, **values: Any) -> None:
        """Set the given columns of the row `row_id`."""
        columns = tuple(values)
        query = self._queries.get(columns)
        if query is None:
            changed = {c: p(c) for c in columns}
            query = Query(update(self._table).where(self._table.c.id == p("row_id")).values(changed))
            self._queries[columns] = query
        query.run(conn, row_id=row_id, **values)
