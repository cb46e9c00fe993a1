"""Who gets a ticket by the rota, and whom words in a thread mention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.policy import Address
from domain.richtext import RichText
from escalation import assign as choice
from escalation.rota import Override, Rota
from handlers import mentions
from handlers.turn import Turn
from storage import clocks, people, rules, tickets

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row


def rota_of(conn: Connection, policy: Policy) -> Rota:
    """The rota of the settings with what was set over it."""
    found = []
    for row in rules.overrides(conn):
        start = clocks.moment(row.start_at)
        if start is not None:
            found.append(Override(row.change, tuple(row.agents.split()), start, clocks.moment(row.end_at)))
    return Rota(policy.rota, found)


def assign(turn: Turn, ticket: Row, passed: frozenset[str] = frozenset()) -> bool:
    """Give the ticket to who should have it by the desk's rule; False when it stays as it is."""
    desk = turn.desk(ticket.desk)
    if desk.assign == "queue":
        return False
    on_duty = rota_of(turn.conn, turn.policy).on_duty(turn.now)
    address = choice.assignee(desk.assign, on_duty, _open_counts(turn), passed)
    person = _person(turn, address) if address else None
    if person is None:
        return False
    tickets.change(turn.conn, ticket.id, assignee_id=person.id, assigned_at=turn.now_ms)
    tickets.record(turn.conn, ticket.id, None, "assigned", turn.now_ms, mentions.address_of(person))
    return True


def _open_counts(turn: Turn) -> dict[str, int]:
    return {f"{row.messenger}:{row.native}": row.count for row in tickets.open_by_assignee(turn.conn)}


def _person(turn: Turn, address: str) -> Row | None:
    """The agent of an address; one that was never heard of is remembered by it."""
    messenger, _, native = address.partition(":")
    found = people.find(turn.conn, messenger, native)
    if found is None and messenger in turn.policy.accounts:
        return people.expect(turn.conn, messenger, turn.policy.accounts[messenger], native, turn.now_ms)
    return found


def passed(turn: Turn, ticket: Row) -> frozenset[str]:
    """Who had the ticket by the rota already, since its question was asked."""
    since = ticket.unanswered_since or 0
    events = tickets.history(turn.conn, ticket.id)
    return frozenset(e.detail for e in events if e.what == "assigned" and ":" in e.detail and e.at >= since)


def named(turn: Turn, place: Row, ticket: Row) -> RichText:
    """Whom a reminder mentions: who has the ticket, if on duty; else those who are."""
    rota = rota_of(turn.conn, turn.policy)
    holder = None
    if ticket.assignee_id is not None:
        holder = mentions.address_of(people.by_id(turn.conn, ticket.assignee_id))
    who = choice.mentioned(holder, rota.on_duty(turn.now), rota_in_use=rota.in_use)
    return mentions.of_addresses(turn.conn, place, [Address(*a.split(":", 1)) for a in who])
