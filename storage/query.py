"""A statement built once and run many times.

Building a Core statement costs far more than running it, and SQLAlchemy's execution wraps what a database answers
in microseconds. A `Query` is compiled once; its SQL runs on the driver underneath, so its columns are integers and
text (no type processing happens). Readers of SQLite go through SQLAlchemy.

What hardly ever changes (who somebody is, which chat a desk is in) is asked for again with every message. Where one
connection alone writes, such answers are remembered until their table changes: see `Memory`.
"""

from __future__ import annotations

from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, bindparam, event, insert, update
from sqlalchemy.sql import Delete, Insert, Select, Update, visitors

Row = Any
"""A named tuple of a query's columns."""

DRIVER = "okno_driver"
"""Under this name the stores leave their driver on SQLAlchemy's connection, where a query finds it fastest.

`driver.execute(sql, values)` gives something with `fetchall`, `fetchone` and `rowcount`.
"""

MEMORY = "okno_memory"
"""Under this name the writer leaves its `Memory` there."""

KEPT = 1000
"""How many answers of one query are kept, usually; enough for what a burst touches, and a few megabytes at most."""

_PREFIX = "p_"  # a bind named like a column is taken for that column's value in INSERT and UPDATE


def p(name: str) -> BindParameter[Any]:
    """The parameter `name` of a query."""
    return bindparam(_PREFIX + name)


class Memory:
    """What kept queries have answered on a connection, until one of their tables changes on that connection.

    True only where nobody else writes to the database, and where whoever owns the connection calls `forget` after a
    rollback and after writing past `Query`.
    """

    def __init__(self) -> None:
        self._rows: dict[Query, dict[Any, Row]] = {}
        self._lists: dict[Query, dict[Any, tuple[Row, ...]]] = {}
        self._rows_of: defaultdict[str, list[dict[Any, Row]]] = defaultdict(list)
        self._lists_of: defaultdict[str, list[dict[Any, tuple[Row, ...]]]] = defaultdict(list)

    def row(self, query: Query) -> dict[Any, Row]:
        """The rows that the query found, by the values it was asked with."""
        known = self._rows.get(query)
        if known is None:
            known = self._rows[query] = {}
            for table in query.tables:
                self._rows_of[table].append(known)
        return known

    def list(self, query: Query) -> dict[Any, tuple[Row, ...]]:
        """The whole answers of a query, by the values it was asked with."""
        known = self._lists.get(query)
        if known is None:
            known = self._lists[query] = {}
            for table in query.tables:
                self._lists_of[table].append(known)
        return known

    def inserted(self, table: str) -> None:
        """Rows were added to the table: a row that was found is what it was, a list may lack one."""
        for lists in self._lists_of.get(table, ()):
            lists.clear()

    def changed(self, table: str) -> None:
        """Rows of the table were changed or deleted."""
        for rows in self._rows_of.get(table, ()):
            rows.clear()
        self.inserted(table)

    def forget(self) -> None:
        """Nothing is known any more."""
        for rows in self._rows.values():
            rows.clear()
        for lists in self._lists.values():
            lists.clear()


def remember_on(conn: Connection, memory: Memory) -> None:
    """Remember what kept queries answer on this connection, which must be the only one that writes."""
    if MEMORY not in conn.__dict__:
        event.listen(conn, "before_cursor_execute", _goes_past)
    setattr(conn, MEMORY, memory)


def _goes_past(conn: Connection, *_: object) -> None:
    """Something is executed that no query knows of."""
    conn.__dict__[MEMORY].forget()


class Query:
    """One prebuilt Core statement with parameters `p("name")`, every one of which is given at each run.

    Must not hold expanding parameters (`in_` of a list) or Python-side defaults. Constants that a partial index
    names must be written with `literal_column`, else the index isn't used.

    `keep`: how many answers may be remembered; of `row` only for what finds one by a key that is unique: such a row
    stays found when others are inserted, and one that wasn't found is asked for again.
    """

    __slots__ = (
        "_changes",
        "_compiled",
        "_dialect",
        "_inserts",
        "_keep",
        "_make",
        "_sql",
        "_values",
        "locks",
        "statement",
        "tables",
    )

    def __init__(
        self, statement: Select[*tuple[Any, ...]] | Insert | Update | Delete, *, keep: int = 0
    ) -> None:
        self.statement = statement
        self.tables = frozenset(str(t.name) for t in visitors.iterate(statement) if isinstance(t, Table))
        self.locks = getattr(statement, "_for_update_arg", None) is not None
        self._keep = keep
        self._changes = self._inserts = ""
        self._sql = self._dialect = ""
        self._values: Callable[[dict[str, Any]], tuple[Any, ...]] = _no_values
        self._compiled: dict[str, tuple[str, Callable[[dict[str, Any]], tuple[Any, ...]]]] = {}
        names = [str(c.key) for c in getattr(statement, "exported_columns", ())]
        self._make: Callable[[Iterable[Any]], Row] = (
            namedtuple("Row", names, rename=True)._make if names else tuple  # type: ignore[attr-defined]
        )

    def rows(self, conn: Connection, **params: Any) -> list[Row]:
        """All rows."""
        memory = conn.__dict__.get(MEMORY) if self._keep else None
        if memory is None or self._dialect != conn.dialect.name:
            return [self._make(r) for r in self._result(conn, params).fetchall()]
        known, values = memory.list(self), self._values(params)
        found = known.get(values)
        if found is None:
            rows = conn.__dict__[DRIVER].execute(self._sql, values).fetchall()
            found = tuple(self._make(r) for r in rows)
            self._remember(known, values, found)
        return list(found)

    def row(self, conn: Connection, **params: Any) -> Row | None:
        """The first row, or None."""
        memory = conn.__dict__.get(MEMORY) if self._keep else None
        if memory is not None and self._dialect == conn.dialect.name:
            return self._remembered(conn, memory.row(self), params)
        found = self._result(conn, params).fetchone()
        return None if found is None else self._make(found)

    def learn(self, conn: Connection, answer: Iterable[Any], **params: Any) -> Row:
        """The row that the query would find now, known from elsewhere: it needn't be asked for."""
        row = self._make(answer)
        memory = conn.__dict__.get(MEMORY) if self._keep else None
        if memory is not None and self._dialect == conn.dialect.name:
            self._remember(memory.row(self), self._values(params), row)
        return row

    def value(self, conn: Connection, **params: Any) -> Any:
        """The first column of the first row, or None."""
        found = self._result(conn, params).fetchone()
        return None if found is None else found[0]

    def run(self, conn: Connection, **params: Any) -> int:
        """Execute for its effect; how many rows it touched."""
        return int(self._result(conn, params).rowcount)

    def post(self, conn: Connection, **params: Any) -> None:
        """Insert what nothing is to be told of: where the database is far, nobody waits for its answer, and an error fails
        the whole unit.
        """
        driver: Any = conn.__dict__.get(DRIVER)
        later = getattr(driver, "post", None)
        if later is None:
            self._result(conn, params)
            return
        if self._dialect != conn.dialect.name:
            self._compile(conn)
        later(self._sql, self._values(params), self._inserts)

    def _remembered(self, conn: Connection, known: dict[Any, Any], params: dict[str, Any]) -> Row | None:
        values = self._values(params)
        row = known.get(values)
        if row is None:
            found = conn.__dict__[DRIVER].execute(self._sql, values).fetchone()
            if found is None:
                return None
            row = self._make(found)
            self._remember(known, values, row)
        return row

    def _remember(self, known: dict[Any, Any], values: Any, answer: Any) -> None:
        if len(known) >= self._keep:
            known.clear()
        known[values] = answer

    def _result(self, conn: Connection, params: dict[str, Any]) -> Any:
        own = conn.__dict__
        driver: Any = own.get(DRIVER)
        if driver is None:
            if conn.dialect.name != "sqlite" or conn.dialect.is_async:  # readers of SQLite are asynchronous
                return conn.execute(self.statement, {_PREFIX + k: v for k, v in params.items()})
            driver = conn.connection.driver_connection
        if self._dialect != conn.dialect.name:
            self._compile(conn)
        result = driver.execute(self._sql, self._values(params))
        if self._changes and MEMORY in own:
            own[MEMORY].changed(self._changes)
        elif self._inserts and MEMORY in own:
            own[MEMORY].inserted(self._inserts)
        return result

    def _compile(self, conn: Connection) -> None:
        """As the connection's kind of database wants it; once for each kind."""
        name = conn.dialect.name
        if name in self._compiled:
            self._sql, self._values = self._compiled[name]
        else:
            self._compile_for(conn)
            self._compiled[name] = self._sql, self._values
        self._dialect = name

    def _compile_for(self, conn: Connection) -> None:
        compiled = self.statement.compile(dialect=conn.dialect)
        keys: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        names = [k.removeprefix(_PREFIX) for k in keys if k.startswith(_PREFIX)]
        if len(names) < len(keys):  # the statement brings values of its own
            slots = [(k.removeprefix(_PREFIX), compiled.params[k], k.startswith(_PREFIX)) for k in keys]
            self._values = lambda params: tuple(params[k] if given else fixed for k, fixed, given in slots)
        elif len(names) > 1:
            self._values = itemgetter(*names)
        elif names:
            name = names[0]
            self._values = lambda params: (params[name],)
        sql = str(compiled)
        if isinstance(self.statement, Update | Delete) or " DO UPDATE " in sql:
            self._changes = str(self.statement.table.name)  # type: ignore[union-attr]
        elif isinstance(self.statement, Insert):
            self._inserts = str(self.statement.table.name)
        self._sql = sql


def _no_values(_: dict[str, Any]) -> tuple[Any, ...]:
    return ()


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
