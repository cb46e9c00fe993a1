"""Work that several processes share on PostgreSQL: whose an event is, and what nobody has in hand.

An event is handled by whoever marks its journal row first, in its lane's order: the mark is part of the handler's own
transaction, so that a process that ends in the middle leaves the row as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from storage.journal import JournalRow
from storage.lasting import locked
from storage.query import DRIVER
from storage.trouble import InTheWay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

# The row is found by its number alone (an expression hides from the planner that the lane's index could serve as well),
# and the lane's first one by the lane's index: a plan made while the table was empty must hold when it isn't.
_CLAIM = """
UPDATE journal SET state = 'done'
WHERE id = $1 AND state || '' = 'new' AND id = (
    SELECT first.id FROM journal AS first
    WHERE first.messenger = journal.messenger AND first.account = journal.account
      AND first.lane = journal.lane AND first.state = 'new'
    ORDER BY first.position, first.id LIMIT 1
  )
"""
_CLAIM_ALONE = f"{_CLAIM} RETURNING id"
# with the tickets that the event may concern: those of what it names, and in a private chat the one that is open
_CHAT = """coalesce(
  (SELECT id FROM chats WHERE messenger = $2 AND account = $3 AND native = $4),
  (SELECT chat_id FROM chat_aliases WHERE messenger = $2 AND account = $3 AND native = $4)
)"""
_OPEN = f"""
SELECT id FROM tickets WHERE state <> 'closed'
  AND customer_id = (SELECT coalesce(same_as_id, id) FROM customers WHERE chat_id = {_CHAT})
"""
_OF_THREAD = f"UNION SELECT ticket_id FROM places WHERE chat_id = {_CHAT} AND root = $5::text"
_OF_REFS = f"""
UNION SELECT ticket_id FROM messages WHERE chat_id = {_CHAT} AND ref = ANY($refs::text[])
UNION SELECT ticket_id FROM links WHERE chat_id = {_CHAT} AND ref = ANY($refs::text[])
"""
_CLAIM_AND_HOLD = f"""
WITH concerned AS (%s),
held AS (SELECT id FROM tickets WHERE id IN (SELECT id FROM concerned) ORDER BY id FOR UPDATE%s),
claimed AS ({_CLAIM} AND (SELECT count(*) FROM held) = (SELECT count(*) FROM concerned) RETURNING id)
SELECT (SELECT count(*) FROM claimed), (SELECT count(*) FROM concerned), (SELECT array_agg(id) FROM held)
"""


def _claiming(thread: bool, refs: bool, *, patient: bool) -> str:
    """The statement for an event that names a thread, or messages: it asks for no more than is named."""
    named = (_OF_THREAD if thread else "") + (_OF_REFS if refs else "").replace(
        "$refs", "$6" if thread else "$5"
    )
    found = f"SELECT id FROM tickets WHERE id IN ({_OPEN} {named})" if named else _OPEN
    return _CLAIM_AND_HOLD % (found, "" if patient else " SKIP LOCKED")


_CLAIMING = {
    (thread, refs, patient): _claiming(thread, refs, patient=patient)
    for thread in (False, True)
    for refs in (False, True)
    for patient in (False, True)
}
_COLUMNS = "id, messenger, account, lane, position, album, payload, received_at"
_OF_LANE = f"""
SELECT {_COLUMNS} FROM journal
WHERE messenger = $1 AND account = $2 AND lane = $3 AND state = 'new' ORDER BY position, id LIMIT $4
"""
_LEFT = f"""
SELECT {_COLUMNS} FROM journal
WHERE state = 'new' AND id > $1 AND received_at < $2 ORDER BY id LIMIT $3
"""
# lanes of places that have something to send, in chats that are this owner's or nobody's: what is due first, which is
# little, and then whose it is (OFFSET 0 keeps the planner from looking through all chats instead)
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_UNSENT = f"""
WITH due AS MATERIALIZED (
  SELECT place_id, 'letters' AS lane FROM letters WHERE state = 'waiting' AND place_id > $2
  UNION SELECT id, 'state' FROM places
    WHERE state IN ('open', 'left') AND (card_wanted <> card_shown OR closed_wanted <> closed_shown) AND id > $2
  UNION SELECT place_id, 'state' FROM messages WHERE mark_wanted <> mark_shown AND place_id > $2
)
SELECT due.place_id, due.lane, chat.id, chat.lease_owner = $1 AS ours
FROM (SELECT place_id, lane FROM due ORDER BY place_id) AS due
CROSS JOIN LATERAL (SELECT chat_id FROM places WHERE id = due.place_id OFFSET 0) AS place
CROSS JOIN LATERAL (
  SELECT id, lease_owner FROM chats
  WHERE id = place.chat_id AND parked = '' AND messenger = ANY($3::text[])
    AND (lease_owner = $1 OR lease_until < {_NOW}) OFFSET 0
) AS chat
ORDER BY due.place_id LIMIT $4
"""


class Subject(NamedTuple):
    """What an event names: its chat, its thread, and messages in it."""

    messenger: str
    account: str
    chat: str
    thread: str | None
    refs: tuple[str, ...]


class Unsent(NamedTuple):
    """A lane of a place with something to send; `ours`: its chat is leased by whoever asks."""

    place_id: int
    lane: str
    chat_id: int
    ours: bool


def claim(conn: Connection, row_ids: Sequence[int], subject: Subject | None) -> bool:
    """Mark the events as handled and lock their tickets; False when they aren't first of their lane, or not new.

    To be asked first in a unit: whatever is read afterwards holds until its end. Of several events the first decides.
    Raises InTheWay.
    """
    first, *rest = row_ids
    driver = conn.__dict__[DRIVER]
    if subject is None:
        claimed = bool(driver.first(_CLAIM_ALONE, (first,)).fetchall())
    else:
        sql = _CLAIMING[subject.thread is not None, bool(subject.refs), driver.patient]
        names: list[Any] = [subject.messenger, subject.account, subject.chat]
        names += [subject.thread] if subject.thread is not None else []
        names += [list(subject.refs)] if subject.refs else []
        claimed, concerned, held = driver.first(sql, (first, *names)).fetchone()
        if len(held or ()) < concerned:
            raise InTheWay("a ticket of the event")
        locked(conn, held)
    if claimed:
        for row_id in rest:
            _run(conn, _CLAIM_ALONE, row_id)
    return bool(claimed)


def of_lane(conn: Connection, messenger: str, account: str, lane: str, most: int) -> list[JournalRow]:
    """What waits in a lane, in order."""
    return [_row(r) for r in _run(conn, _OF_LANE, messenger, account, lane, most)]


def left(conn: Connection, after: int, before_ms: int, most: int) -> list[JournalRow]:
    """What came before that time and waits still, after row `after`."""
    return [_row(r) for r in _run(conn, _LEFT, after, before_ms, most)]


def unsent(conn: Connection, owner: str, after: int, messengers: Sequence[str], most: int) -> list[Unsent]:
    """Some of the lanes with something to send, of places after that one."""
    return [Unsent(*r) for r in _run(conn, _UNSENT, owner, after, list(messengers), most)]


def _row(found: Any) -> JournalRow:
    row_id, messenger, account, lane, position, album, payload, received_at = found
    return JournalRow(row_id, messenger, account, lane, position, album, payload, None, received_at)


def _run(conn: Connection, sql: str, *values: Any) -> list[Any]:
    rows: list[Any] = conn.__dict__[DRIVER].execute(sql, values).fetchall()
    return rows
