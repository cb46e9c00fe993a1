"""A customer is erased: what their tickets leave behind in chats is taken back where the platform lets a bot do so.

Several units of work, each of them small, so that nobody waits for one; `bot/erasure.py` asks for them in turn. The
tables themselves are emptied by `storage/erasing.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from domain.moments import to_ms
from domain.policy import Policy
from domain.work import Effects, Priority
from handlers import actions, letters, pinging
from handlers.turn import Turn
from storage import clocks, erasing, outbox, places, tickets

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row

AT_ONCE = 20
"""Messages of one deletion; a request refused as a whole takes few others with it."""


@dataclass(slots=True)
class Summary:
    """What there is of a customer, and what of it stays out of reach. Counts."""

    customer_id: int
    name: str
    addresses: list[str]
    tickets: int = 0
    open: int = 0
    messages: int = 0
    copies: Counter[str] = field(default_factory=Counter)  # by messenger: to be deleted in desks
    too_old: Counter[str] = field(default_factory=Counter)  # by messenger: in desks, no longer deletable
    theirs: Counter[str] = field(default_factory=Counter)  # by messenger: in the customer's own chat
    staff: Counter[str] = field(default_factory=Counter)  # by messenger: written by agents in desks


def summary(conn: Connection, policy: Policy, customer_id: int, now: datetime) -> Summary:
    """What erasing the customer would do, and could not do. Only reads."""
    family = erasing.family(conn, customer_id)
    told = Summary(customer_id, family[0].name, [f"{row.messenger}:{row.native}" for row in family])
    for ticket in erasing.tickets_of(conn, customer_id):
        told.tickets += 1
        told.open += ticket.state != "closed"
        _count(conn, policy, ticket.id, now, told)
    return told


def _count(conn: Connection, policy: Policy, ticket_id: int, now: datetime, told: Summary) -> None:
    desks = {place.id: place for place in erasing.places_of(conn, ticket_id)}
    for shown in erasing.shown(conn, ticket_id):
        place = desks.get(shown.place_id)
        if place is None:
            told.theirs[places.by_id(conn, shown.place_id).messenger] += 1
        elif place.messenger != policy.home:
            kind = told.copies if _deletable(policy, place.messenger, shown.sent_at, now) else told.too_old
            kind[place.messenger] += 1
    groups = {place.chat_id: place.messenger for place in desks.values()}
    for row in erasing.counted(conn, ticket_id):
        told.messages += row.count
        messenger = groups.get(row.chat_id)
        if row.role != "customer" and messenger not in (None, policy.home):
            told.staff[str(messenger)] += row.count


def _deletable(policy: Policy, messenger: str, sent_at: int, now: datetime) -> bool:
    caps = policy.capabilities.get(messenger)
    if caps is None or not caps.deletes:
        return False
    sent = datetime.fromtimestamp(sent_at / 1000, UTC)
    return now - sent < (caps.delete_within or timedelta.max)


def close(conn: Connection, policy: Policy, now: datetime, customer_id: int) -> Effects:
    """Close the customer's open tickets without a word."""
    turn = Turn(conn, policy, now)
    for ticket in erasing.tickets_of(conn, customer_id):
        if ticket.state != "closed":
            actions.close_silently(turn, tickets.get(conn, ticket.id))
    return letters.finish(turn)


def take_back(conn: Connection, policy: Policy, now: datetime, ticket_id: int) -> Effects:
    """Drop what waits of a ticket, delete its copies in desks, and rename its threads there."""
    turn = Turn(conn, policy, now)
    shown = erasing.shown(conn, ticket_id)
    for place in erasing.places_of(conn, ticket_id):
        for letter in outbox.waiting_of(conn, place.id):
            outbox.finish(conn, letter.id, place.id, "dropped", turn.now_ms, "erased")
        refs = [
            row.ref
            for row in shown
            if row.place_id == place.id and _deletable(policy, place.messenger, row.sent_at, now)
        ]
        if refs and place.state in ("open", "left"):
            _ask_to_delete(turn, place, ticket_id, refs)
        if place.state == "open":
            places.change(conn, place.id, closed_wanted=1, closed_shown=0)
            turn.wake(place.id, "state")
    ticket = tickets.get(conn, ticket_id)
    for letter in outbox.waiting_of(conn, ticket.customer_place_id):
        if letter.ticket_id == ticket_id:
            outbox.finish(conn, letter.id, ticket.customer_place_id, "dropped", turn.now_ms, "erased")
    erasing.empty_ticket(conn, ticket_id)
    tickets.record(conn, ticket_id, None, "erased", turn.now_ms)
    clock = clocks.latest(conn, ticket_id)
    if clock is not None:
        pinging.refresh(turn, clock.id)
    return letters.finish(turn)


def _ask_to_delete(turn: Turn, place: Row, ticket_id: int, refs: list[str]) -> None:
    for start in range(0, len(refs), AT_ONCE):
        outbox.add(
            turn.conn,
            place_id=place.id,
            kind="erase",
            priority=Priority.RELAY,
            now_ms=turn.now_ms,
            ticket_id=ticket_id,
            part=start,
            payload=erasing.dump_refs(refs[start : start + AT_ONCE]),
        )
    turn.wake(place.id)


def forget(conn: Connection, now: datetime, customer_id: int) -> None:
    """Nobody is this customer any more, nor any of those who turned out to be them."""
    at = to_ms(now)
    for row in erasing.family(conn, customer_id):
        erasing.empty_customer(conn, row, places.whole_chat(conn, row.chat_id).id, at)
