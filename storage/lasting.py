"""What hardly ever changes is remembered from one unit to the next, although other processes write as well.

Each change of such a table also changes a number, in the same transaction; the statement that a unit begins with gives
that number. While it is what it was, what was read under it still holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.query import DRIVER, MEMORY, Memory, Query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

GENERATION = "(SELECT value FROM facts WHERE name = 'generation')"
"""The number, as a part of a statement."""

_LASTING = frozenset(("chats", "chat_aliases", "people", "customers", "desks", "hours_days", "duty"))
_LISTED = frozenset(("hours_days", "duty"))  # asked for as a whole: one more is a change
_NEXT = """
INSERT INTO facts (name, value) VALUES ('generation', '1')
ON CONFLICT (name) DO UPDATE SET value = (facts.value::bigint + 1)::text
"""


class Lasting:
    """What all units of a process know under one number. A new number begins with new tables: whoever still reads under
    the old one remembers into what nobody asks any more.
    """

    def __init__(self) -> None:
        self.generation = ""
        self.memory = Memory()

    def at(self, generation: str) -> None:
        """The number is this now."""
        if generation != self.generation:
            self.generation, self.memory = generation, Memory()

    def forget(self) -> None:
        """What was read may never have been committed."""
        self.generation, self.memory = "", Memory()


class UnitMemory(Memory):
    """What a unit remembers: its own reading until its end, and what lasts. `driver` runs statements of the unit;
    `common` is what units of the connection remember while nobody else writes, and is told of every change.
    """

    def __init__(self, driver: Any, lasting: Lasting, common: Memory | None = None) -> None:
        super().__init__()
        self._lasting = lasting
        self._common = common
        self._shared: Memory | None = None
        self._generation: str | None = None
        self._changes = False
        self._driver = driver
        self._holds: set[int] = set()

    def begin(self) -> None:
        """A new transaction."""
        self.forget()
        self._generation, self._changes, self._shared = None, False, None

    def rest(self) -> None:
        """The tables themselves change until the next transaction begins: nothing is noted."""
        self._changes = True

    def locked(self, tickets: Iterable[int], generation: str | None, shared: Memory | None) -> None:
        """The unit holds its locks: what it read before may be old. The number was this when it took them.

        `shared`: what holds because nobody else writes; of tickets, only what the unit has locked.
        """
        self.forget()
        self._generation = generation or "0"
        self._lasting.at(self._generation)
        self._shared = shared
        self._holds = set(tickets)

    def row(self, query: Query) -> dict[Any, Any]:
        """The rows that the query found."""
        if self._shared is not None:
            known = self._shared.row(query)
            return _Held(known, self._holds) if query.locks else known
        return self._lasting.memory.row(query) if self._lasts(query) else super().row(query)

    def list(self, query: Query) -> dict[Any, tuple[Any, ...]]:
        """The whole answers of a query."""
        if self._shared is not None:
            return self._shared.list(query)
        return self._lasting.memory.list(query) if self._lasts(query) else super().list(query)

    def inserted(self, table: str) -> None:
        """Rows were added to the table."""
        super().inserted(table)
        if self._common is not None:
            self._common.inserted(table)
        if table in _LISTED:
            self._next()

    def changed(self, table: str) -> None:
        """Rows of the table were changed or deleted."""
        super().changed(table)
        if self._common is not None:
            self._common.changed(table)
        if table in _LASTING:
            self._next()

    def _lasts(self, query: Query) -> bool:
        """Whether what lasts answers the query; not for a unit that has changed some of it, which nobody else may see."""
        return not self._changes and self._generation == self._lasting.generation and query.tables <= _LASTING

    def _next(self) -> None:
        if not self._changes:
            self._changes = True
            self._driver.execute(_NEXT, ())

    def past_query(self, statement: str) -> None:
        """Something is executed that no query knows of."""
        self.forget()
        if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            if self._common is not None:
                self._common.forget()
            self._next()


class _Held(dict[Any, Any]):
    """Answers of a query that locks what it finds: only rows that the unit has locked are known."""

    def __init__(self, known: dict[Any, Any], holds: set[int]) -> None:
        self._known = known
        self._holds = holds

    def get(self, values: Any, default: Any = None) -> Any:
        row = self._known.get(values)
        return row if row is not None and row.id in self._holds else default

    def __setitem__(self, values: Any, row: Any) -> None:
        self._holds.add(row.id)
        self._known[values] = row

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        self._known.clear()


def locked(conn: Connection, tickets: Iterable[int] | None) -> None:
    """A unit's first statement has locked these tickets: what is read from now on holds."""
    own = conn.__dict__
    driver = own[DRIVER]
    driver.hold(tickets or ())
    memory = own.get(MEMORY)
    if isinstance(memory, UnitMemory):
        memory.locked(tickets or (), driver.generation, driver.shared)
