"""An agent's message is kept, and sent to the customer when it is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.events import Wrote
from domain.messages import Content, dump_content
from domain.mirror import Fate
from domain.work import Priority
from handlers import actions, relay, timekeeping
from handlers.turn import Turn, to_ms
from storage import messages, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def speak(
    turn: Turn, ticket: Row, place: Row, person: Row, said: Sequence[Wrote], role: Fate, reply_to: int | None
) -> None:
    """Remember what an agent said, and send it to the customer when it is an answer."""
    first = _store(turn, ticket, place, person, said, role, reply_to)
    if role != "answer":
        return
    customer_place = places.by_id(turn.conn, ticket.customer_place_id)
    relay.copy(turn, customer_place, ticket.id, messages.by_id(turn.conn, first), Priority.ANSWER)
    timekeeping.answer_written(turn, ticket.id, min(said[0].at, turn.now))
    if ticket.state != "closed":
        _answered(turn, ticket, person)


def send_after_all(turn: Turn, ticket: Row, person: Row, message: Row) -> None:
    """What an agent had kept inside goes to the customer now."""
    messages.change(turn.conn, message.id, role="answer", deleted=0, revision=message.revision + 1)
    customer_place = places.by_id(turn.conn, ticket.customer_place_id)
    relay.copy(turn, customer_place, ticket.id, messages.by_id(turn.conn, message.id), Priority.ANSWER)
    timekeeping.answer_written(turn, ticket.id, turn.now)
    if ticket.state != "closed":
        _answered(turn, ticket, person)


def _store(
    turn: Turn, ticket: Row, place: Row, person: Row, said: Sequence[Wrote], role: Fate, reply_to: int | None
) -> int:
    first = 0
    for wrote in said:
        message_id = messages.add(
            turn.conn,
            ticket_id=ticket.id,
            place_id=place.id,
            chat_id=place.chat_id,
            person_id=person.id,
            ref=wrote.ref,
            role=role,
            content=dump_content(wrote.content),
            reply_to_id=reply_to,
            album_id=first or None,
            written_at=to_ms(wrote.at),
        )
        if not first:
            first = message_id
            if len(said) > 1:
                messages.change(turn.conn, message_id, album_id=message_id)
    return first


def _answered(turn: Turn, ticket: Row, person: Row) -> None:
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
