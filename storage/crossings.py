"""One-time links with which customers take their conversation to another messenger. Only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from storage.query import Query, p
from storage.schema import crossings

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ADD = Query(insert(crossings).values({c: p(c) for c in ("token_hash", "customer_id", "until")}))
_FIND = Query(select(crossings).where(crossings.c.token_hash == p("token_hash")))
_DROP_OF = Query(delete(crossings).where(crossings.c.customer_id == p("customer_id")))
_PRUNE = Query(delete(crossings).where(crossings.c.until < p("before")))


def new_token() -> str:
    """A token nobody guesses, of characters that an address takes."""
    return secrets.token_urlsafe(24)


def add(conn: Connection, token: str, customer_id: int, until_ms: int) -> None:
    """The token takes the customer's conversation elsewhere until then, once; their earlier ones do no more."""
    _DROP_OF.run(conn, customer_id=customer_id)
    _ADD.run(conn, token_hash=_hash(token), customer_id=customer_id, until=until_ms)


def use(conn: Connection, token: str, now_ms: int) -> int | None:
    """The customer of a token, which is used up by that; None when it is void."""
    found = _FIND.row(conn, token_hash=_hash(token))
    if found is None:
        return None
    _DROP_OF.run(conn, customer_id=found.customer_id)
    return int(found.customer_id) if found.until > now_ms else None


def prune(conn: Connection, before_ms: int) -> None:
    """Forget tokens that were void before that time."""
    _PRUNE.run(conn, before=before_ms)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
