"""What happens once: hints, notices, digests; the row is the proof."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, literal_column, select

from storage.query import Query, p
from storage.schema import once

_HERE = (once.c.kind == p("kind"), once.c.scope == p("scope"), once.c.period == p("period"))
_FIND = Query(select(once.c.at).where(*_HERE))
_ADD = Query(insert(once).values({c: p(c) for c in ("kind", "scope", "period", "at")}))
_FORGET = Query(delete(once).where(once.c.kind == p("kind"), once.c.scope == p("scope")))
_PRUNE = Query(delete(once).where(once.c.at < p("before"), once.c.kind != literal_column("'hint-outside'")))


def first(conn: Connection, kind: str, scope: str, period: str, now_ms: int) -> bool:
    """Whether this is the first time; from then on it isn't."""
    if _FIND.value(conn, kind=kind, scope=scope, period=period) is not None:
        return False
    _ADD.run(conn, kind=kind, scope=scope, period=period, at=now_ms)
    return True


def prune(conn: Connection, before_ms: int) -> None:
    """What was first so long ago happens no more."""
    _PRUNE.run(conn, before=before_ms)


def forget(conn: Connection, kind: str, scope: str) -> None:
    """It may happen once again."""
    _FORGET.run(conn, kind=kind, scope=scope)
