"""Who does what when several processes share one PostgreSQL database: leases by the database's own clock.

A lease has an owner, an end, and a token that grows whenever it changes hands: what was begun under an older token may
not be written down. Nothing here is ever asked on SQLite, where one process has everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from storage.lasting import locked
from storage.query import DRIVER
from storage.trouble import InTheWay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

LASTS = 6.0
"""How long a lease holds without being renewed, in seconds."""

PROCESS = "process:"
"""What the names of processes begin with; each holds a lease on its own."""

_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_END = f"{_NOW} + {int(LASTS * 1000)}"

# a name that is free, has expired, or is ours
_TAKE_NAMES = f"""
INSERT INTO leases (name, owner, token, until)
SELECT name, $1, 1, {_END} FROM unnest($2::text[]) AS name ORDER BY name
ON CONFLICT (name) DO UPDATE SET
  owner = $1,
  token = leases.token + CASE WHEN leases.owner = $1 THEN 0 ELSE 1 END,
  until = {_END}
WHERE leases.owner = $1 OR leases.until < {_NOW}
RETURNING name, token
"""
_RENEW_CHATS = f"""
UPDATE chats SET lease_until = {_END} WHERE id = ANY($2::bigint[]) AND lease_owner = $1 RETURNING id
"""
_PROCESSES = f"SELECT count(*) FROM leases WHERE name LIKE '{PROCESS}%' AND until > {_NOW}"
_FORGET_PROCESSES = f"DELETE FROM leases WHERE name LIKE '{PROCESS}%' AND until < {_NOW} - 3600000"
_DROP_NAMES = "UPDATE leases SET until = 0, owner = '' WHERE owner = $1"
_DROP_CHATS = """
UPDATE chats SET lease_owner = '', lease_until = 0
FROM unnest($2::bigint[], $3::bigint[]) AS held(id, token)
WHERE chats.id = held.id AND lease_owner = $1 AND lease_token = held.token
"""
_TAKE_CHAT = f"""
WITH before AS (SELECT id, lease_owner, lease_until FROM chats WHERE id = $2 FOR NO KEY UPDATE)
UPDATE chats SET
  lease_owner = $1,
  lease_token = lease_token + CASE WHEN before.lease_owner = $1 THEN 0 ELSE 1 END,
  lease_until = {_END}
FROM before
WHERE chats.id = before.id AND (before.lease_owner IN ('', $1) OR before.lease_until < {_NOW})
RETURNING lease_token, before.lease_owner
"""
_HOLDS_NAME = "SELECT 1 FROM leases WHERE name = $1 AND owner = $2 AND token = $3"
# the lease still is what it was; the ticket's row is locked; the chat's slots are used up
_PASSING = """
WITH fence AS (
  SELECT 1 FROM chats WHERE id = $1 AND lease_owner = $2 AND lease_token = $3
), concerned AS (
  SELECT id FROM tickets
  WHERE id IN (SELECT ticket_id FROM letters WHERE id = $6 UNION SELECT ticket_id FROM places WHERE id = $7)
    AND EXISTS (SELECT 1 FROM fence)
), held AS (
  SELECT id FROM tickets WHERE id IN (SELECT id FROM concerned) ORDER BY id FOR UPDATE
), used AS (
  INSERT INTO attempts (chat_id, at) SELECT $1, $4 FROM fence, generate_series(1, $5::int)
  WHERE (SELECT count(*) FROM held) = (SELECT count(*) FROM concerned)
)
SELECT (SELECT count(*) FROM fence), (SELECT count(*) FROM concerned), (SELECT array_agg(id) FROM held)
"""
_PASSING_UNLESS_LOCKED = _PASSING.replace("FOR UPDATE", "FOR UPDATE SKIP LOCKED")


class Beat(NamedTuple):
    """What a process holds: names with their tokens, chats; and how many processes there are."""

    names: dict[str, int]
    chats: set[int]
    processes: int


class Fence(NamedTuple):
    """What somebody who sends to a chat does so under."""

    chat_id: int
    owner: str
    token: int


def beat(conn: Connection, owner: str, names: Sequence[str], chats: Sequence[int]) -> Beat:
    """Renew what is held and take what is free of the names; whatever is missing from the answer is lost."""
    taken = _run(conn, _TAKE_NAMES, owner, [PROCESS + owner, *names])
    renewed = _run(conn, _RENEW_CHATS, owner, list(chats)) if chats else []
    _run(conn, _FORGET_PROCESSES)
    (processes,) = _run(conn, _PROCESSES)[0]
    return Beat({row[0]: row[1] for row in taken}, {row[0] for row in renewed}, int(processes))


def take_chat(conn: Connection, owner: str, chat_id: int) -> tuple[int, bool] | None:
    """The chat's token, and whether whoever had it let go in good order; None while somebody else has it.

    What is the owner's already stays as it is.
    """
    found = _run(conn, _TAKE_CHAT, owner, chat_id)
    return (int(found[0][0]), found[0][1] in ("", owner)) if found else None


def drop_chats(conn: Connection, owner: str, held: Sequence[tuple[int, int]]) -> None:
    """Let go of chats (with their tokens) in good order: nothing is in flight there."""
    _run(conn, _DROP_CHATS, owner, [chat for chat, _ in held], [token for _, token in held])


def drop_names(conn: Connection, owner: str) -> None:
    """Let go of every name."""
    _run(conn, _DROP_NAMES, owner)


def expect(conn: Connection, name: str, owner: str, token: int, otherwise: Exception) -> None:
    """The unit fails with that error unless the name still is that owner's under that token."""
    conn.__dict__[DRIVER].expect(_HOLDS_NAME, (name, owner, token), otherwise)


def passes(
    conn: Connection, fence: Fence, place_id: int, letter_id: int | None, now_ms: int, slots: int
) -> bool:
    """Whether the chat is still held as it was: then so many of its slots are used, and the ticket is locked.

    To be asked first in a unit: whatever is read afterwards holds until its end. Raises InTheWay.
    """
    driver = conn.__dict__[DRIVER]
    sql = _PASSING if driver.patient else _PASSING_UNLESS_LOCKED
    values = (fence.chat_id, fence.owner, fence.token, now_ms, slots, letter_id or 0, place_id)
    passing, concerned, held = driver.first(sql, values).fetchone()
    if len(held or ()) < concerned:
        raise InTheWay("the letter's ticket")
    locked(conn, held)
    return bool(passing)


def alone(conn: Connection, key: int) -> bool:
    """Whether this unit is the only one that does the thing of that key now; SQLite has no others."""
    if conn.dialect.name == "sqlite":
        return True
    return bool(_run(conn, "SELECT pg_try_advisory_xact_lock($1, $2)", _OKNO, key)[0][0])


def one_by_one(conn: Connection, key: int) -> None:
    """Do the thing of that key when nobody else does."""
    if conn.dialect.name != "sqlite":
        _run(conn, "SELECT pg_advisory_xact_lock($1, $2)", _OKNO, key)


_OKNO = 0x6F6B6E6F
SWEEPING, PRUNING, STARTING = 1, 2, 3


def _run(conn: Connection, sql: str, *values: Any) -> list[Any]:
    rows: list[Any] = conn.__dict__[DRIVER].execute(sql, values).fetchall()
    return rows
