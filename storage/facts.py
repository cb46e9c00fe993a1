"""Single values of the program itself, by name: the claim code, keys that sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles on SQLite as well

from storage.query import Query, p
from storage.schema import facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

_GET = Query(select(facts.c.value).where(facts.c.name == p("name")))
_INSERT = insert(facts).values(name=p("name"), value=p("value"))
_PUT = Query(_INSERT.on_conflict_do_update(index_elements=["name"], set_={"value": _INSERT.excluded.value}))
_ADD = Query(_INSERT.on_conflict_do_nothing())
_DROP = Query(delete(facts).where(facts.c.name == p("name")))


def get(conn: Connection, name: str) -> str | None:
    """The value, or None."""
    found = _GET.value(conn, name=name)
    return None if found is None else str(found)


def put(conn: Connection, name: str, value: str) -> None:
    """Set the value."""
    _PUT.run(conn, name=name, value=value)


def get_or_make(conn: Connection, name: str, make: Callable[[], str]) -> str:
    """The value; the first time `make` gives it. Two processes get the same one."""
    found = get(conn, name)
    if found is None:
        _ADD.run(conn, name=name, value=make())
        found = get(conn, name)
    if found is None:
        raise LookupError(name)
    return found


def drop(conn: Connection, name: str) -> None:
    """Forget the value."""
    _DROP.run(conn, name=name)
