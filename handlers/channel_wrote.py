"""Somebody wrote in a channel that is shared with customers: each line outside a thread begins a conversation there.

Lines of one author that follow one another closely are one question. Colleagues are no customers: what they write in
a conversation's thread is an answer that the customer has already.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from domain import commands
from domain.events import ChatSeen, PersonSeen, Wrote
from domain.moments import to_ms
from domain.work import Priority
from handlers import (
    acquaintance,
    customer_commands,
    filing,
    keeping,
    mentions,
    relay,
    speaking,
    threads,
    timekeeping,
)
from handlers.turn import Turn
from storage import chats, messages, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row

TOGETHER = timedelta(minutes=5)
"""A line so soon after the author's last one goes on with the same question."""


def channel_wrote(turn: Turn, chat: Row, said: Sequence[Wrote]) -> None:
    """One message, or the parts of one album, from a channel shared with customers."""
    first = said[0]
    if first.author.is_bot or first.is_service or messages.by_ref(turn.conn, chat.id, first.ref) is not None:
        return
    person = people.see(turn.conn, turn.messenger, turn.account, first.author, turn.now_ms)
    place = _conversation(turn, chat, person, first)
    if is_colleague(turn, person, first.author):
        if place is not None:
            _answered_here(turn, place, person, said)
        return
    customer = customer_for(turn, person)
    acquaintance.remember(turn, customer, person, first.author)
    command = commands.parse(first.content.text)
    spot = place or places.conversation(turn.conn, chat.id, first.thread or first.ref)
    if command is not None and customer_commands.run(turn, command, said, person, customer, spot):
        return
    if customer.blocked_at is not None:
        return
    if first.thread is None:
        places.change(turn.conn, spot.id, line_by=person.id, line_at=to_ms(first.at))
    filing.file_message(turn, customer, person, spot, said, customer.next_desk)


def _conversation(turn: Turn, chat: Row, person: Row, said: Wrote) -> Row | None:
    """The conversation that the message belongs to: its thread's, or that of the author's line just before."""
    if said.thread is None:
        since = to_ms(said.at - TOGETHER)
        return places.last_line(turn.conn, chat.id, person.id, since)
    found = places.by_root(turn.conn, chat.id, said.thread)
    if found is None:  # a thread under a line that went on with another one
        line = messages.by_ref(turn.conn, chat.id, said.thread)
        found = places.by_id(turn.conn, line.place_id) if line is not None else None
    return found


def is_colleague(turn: Turn, person: Row, seen: PersonSeen) -> bool:
    """Whether they are on the staff: in a desk's chat, an admin, or on the rota. When nobody can say who is in the
    desks' chats, whoever wrote in one is.
    """
    address = mentions.address_of(person)
    on_rota = any(address in shift.agents for shift in turn.policy.rota)
    in_desk = person.in_desk if seen.desks is None else seen.desks
    return bool(in_desk or person.admin or address in turn.policy.admins or on_rota)


def customer_for(turn: Turn, person: Row) -> Row:
    """The person as a customer. Who never wrote in private is reached there by their own id, should that be needed."""
    known = people.customer_of_person(turn.conn, person.id)
    if known is not None:
        return known if known.same_as_id is None else people.customer(turn.conn, known.same_as_id)
    private = chats.see(turn.conn, turn.messenger, turn.account, ChatSeen(person.native, "private"))
    return people.make_customer(turn.conn, person, private.id, turn.now_ms)


def _answered_here(turn: Turn, place: Row, person: Row, said: Sequence[Wrote]) -> None:
    """A colleague answered in the channel itself: the desk sees it, and the customer has their answer."""
    ticket = tickets.current(turn.conn, place.id)
    if ticket is None:
        return
    first = keeping.keep(turn, ticket, place, person, said, "answer", None)
    relay.copy(turn, threads.place_of(turn, ticket), ticket.id, first, Priority.RELAY)
    at = min(said[0].at, turn.now)
    timekeeping.answer_written(turn, ticket.id, at)
    timekeeping.answer_delivered(turn, ticket.id, at, person.id)
    speaking.answered(turn, ticket, person)
