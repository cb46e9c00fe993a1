"""An agent's message is kept, and sent to the customer when it is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.events import Wrote
from domain.messages import Content
from domain.mirror import Fate
from domain.work import Priority
from handlers import actions, keeping, relay, timekeeping
from handlers.turn import Turn
from storage import messages, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def speak(
    turn: Turn, ticket: Row, place: Row, person: Row, said: Sequence[Wrote], role: Fate, reply_to: int | None
) -> None:
    """Remember what an agent said, and send it to the customer when it is an answer."""
    first = keeping.keep(turn, ticket, place, person, said, role, reply_to)
    if role != "answer":
        return
    customer_place = places.by_id(turn.conn, ticket.customer_place_id)
    relay.copy(turn, customer_place, ticket.id, first, Priority.ANSWER)
    timekeeping.answer_written(turn, ticket.id, min(said[0].at, turn.now))
    if ticket.state != "closed":
        answered(turn, ticket, person)


def send_after_all(turn: Turn, ticket: Row, person: Row, message: Row) -> None:
    """What an agent had kept inside goes to the customer now."""
    messages.change(turn.conn, message.id, role="answer", deleted=0, revision=message.revision + 1)
    customer_place = places.by_id(turn.conn, ticket.customer_place_id)
    relay.copy(turn, customer_place, ticket.id, messages.by_id(turn.conn, message.id), Priority.ANSWER)
    timekeeping.answer_written(turn, ticket.id, turn.now)
    if ticket.state != "closed":
        answered(turn, ticket, person)


def answered(turn: Turn, ticket: Row, person: Row) -> None:
    """An answer: now the customer is waited for, and whoever answered first has the ticket."""
    if ticket.state == "customer" and ticket.assignee_id is not None:
        tickets.change(turn.conn, ticket.id, touched_at=turn.now_ms)
        return
    values = {
        "state": "customer",
        "unanswered_since": None,
        "snoozed_until": None,
        "answered_at": ticket.answered_at or turn.now_ms,
        "assignee_id": ticket.assignee_id or person.id,
    }
    tickets.change(turn.conn, ticket.id, **values, touched_at=turn.now_ms)
    tickets.record(turn.conn, ticket.id, person.id, "answered", turn.now_ms)
    actions.touch_card(turn, ticket)


def without_word(said: Sequence[Wrote], rest: Content) -> list[Wrote]:
    """The message with other content in its first part: what follows a command's word."""
    return [replace(said[0], content=rest), *said[1:]]
