"""An agent chose what becomes of a message that is there already: it goes to the customer after all, is a note, or its
ticket moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.messages import load_content
from domain.mirror import is_note
from domain.requests import Button, Buttons
from domain.texts import text
from handlers import actions, corrections, speaking
from handlers.turn import Turn
from storage import links, messages, places, tickets

if TYPE_CHECKING:
    from storage.query import Row

_IN_A_ROW = 5


def choose(turn: Turn, chat: Row, person: Row, ref: str, action: str, argument: str) -> tuple[str, Buttons]:
    """Do it; gives what the agent is told. To move without saying where offers them the desks."""
    if action == "move" and not argument:
        return _where_to(turn, chat, ref)
    return _chosen(turn, chat, person, ref, action, argument), ()


def _where_to(turn: Turn, chat: Row, ref: str) -> tuple[str, Buttons]:
    place = _place(turn, chat, ref)
    if place is None or place.ticket_id is None:
        return text(turn.policy.locale, "choose.no_ticket"), ()
    ticket = tickets.get(turn.conn, place.ticket_id)
    offered = [
        Button(f"{desk.icon} {desk.title}".strip(), f"move:{ticket.id}:{desk.name}")
        for desk in turn.policy.desks
        if desk.name != ticket.desk
    ]
    rows = tuple(tuple(offered[at : at + _IN_A_ROW]) for at in range(0, len(offered), _IN_A_ROW))
    return text(turn.policy.locale, "choose.where", number=ticket.id), rows


def moved(turn: Turn, chat: Row, person: Row, number: int, desk: str) -> str:
    """Move the ticket to the desk that was chosen among those offered; only from the chat where the ticket is."""
    ticket = tickets.by_id(turn.conn, number)
    place = (
        places.by_id(turn.conn, ticket.desk_place_id) if ticket is not None and ticket.desk_place_id else None
    )
    if ticket is None or place is None or place.chat_id != chat.id:
        return text(turn.policy.locale, "choose.no_ticket")
    return actions.move(turn, ticket, person, desk)


def _chosen(turn: Turn, chat: Row, person: Row, ref: str, action: str, argument: str) -> str:
    locale = turn.policy.locale
    message = messages.by_ref(turn.conn, chat.id, ref)
    place = _place(turn, chat, ref)
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


def _place(turn: Turn, chat: Row, ref: str) -> Row | None:
    """The ticket's place that the message belongs to, be it an agent's or a copy."""
    message = messages.by_ref(turn.conn, chat.id, ref)
    if message is not None:
        return places.by_id(turn.conn, message.place_id)
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
