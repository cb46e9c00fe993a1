"""An agent chose what becomes of a message that is there already: it goes to the customer after all, is a note, or its
ticket moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.messages import load_content
from domain.mirror import is_note
from domain.texts import text
from handlers import actions, corrections, speaking
from handlers.turn import Turn
from storage import links, messages, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def choose(turn: Turn, chat: Row, person: Row, ref: str, action: str, argument: str) -> str:
    """Do it; gives what the agent is told."""
    locale = turn.policy.locale
    message = messages.by_ref(turn.conn, chat.id, ref)
    place = (
        places.by_id(turn.conn, message.place_id) if message is not None else _place_of_copy(turn, chat, ref)
    )
    if place is None or place.ticket_id is None:
        return text(locale, "choose.no_ticket")
    ticket = tickets.get(turn.conn, place.ticket_id)
    if ticket.desk_place_id != place.id:
        desk = turn.desk(ticket.desk)
        return text(locale, "press.moved", desk=f"{desk.icon} {desk.title}".strip(), number=ticket.id)
    if action == "move":
        return actions.move(turn, ticket, person, argument)
    if message is None or message.role == "customer":
        return text(locale, "choose.not_yours")
    return _note(turn, message) if action == "note" else _send(turn, ticket, person, message)


def _place_of_copy(turn: Turn, chat: Row, ref: str) -> Row | None:
    found = links.by_ref(turn.conn, chat.id, ref)
    return places.by_id(turn.conn, found[0].place_id) if found else None


def _note(turn: Turn, message: Row) -> str:
    if message.role == "answer" and not message.deleted:
        corrections.take_back(turn, message, role="note")
    else:
        messages.change(turn.conn, message.id, role="note")
    return text(turn.policy.locale, "choose.noted")


def _send(turn: Turn, ticket: Row, person: Row, message: Row) -> str:
    locale = turn.policy.locale
    if message.role == "answer":
        return text(locale, "choose.sent_already")
    if is_note((load_content(message.content).text.text,), turn.policy.note_prefix):
        return text(locale, "choose.is_note", prefix=turn.policy.note_prefix)
    speaking.send_after_all(turn, ticket, person, message)
    return text(locale, "choose.sent")
