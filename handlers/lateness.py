"""Delivery that takes long is said aloud: an answer's in its thread, a desk's to the leads; once until it is over. Of a
messenger that takes nothing it is said almost at once.

What is said is made when it goes out, and isn't sent when it has become untrue meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.messages import Content
from domain.moments import to_ms
from domain.policy import LEADS
from domain.requests import Send
from domain.richtext import plain
from domain.texts import text
from domain.work import Priority
from handlers import hearing
from handlers.turn import Turn
from storage import chats, outbox, places, tickets

if TYPE_CHECKING:
    from collections.abc import Collection

    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row

ANSWER_LATE = timedelta(seconds=30)
"""An answer that waits so long is late."""

RELAY_LATE = timedelta(minutes=2)
"""What a customer wrote and still waits to be shown to the desk after so long is late."""

FAILING_LATE = timedelta(seconds=5)
"""Either is so already after so long where the messenger takes nothing at the moment."""

_AT_ONCE = 200


def tell(turn: Turn, failing: Collection[str]) -> None:
    """Say of answers and desks that delivery is late, unless that was said of them and isn't over.

    `failing`: the messengers where nothing arrives at the moment.
    """
    answers = outbox.late_answers(turn.conn, to_ms(turn.now - ANSWER_LATE), _AT_ONCE)
    relays = outbox.late_relays(turn.conn, to_ms(turn.now - RELAY_LATE), _AT_ONCE)
    for messenger in failing:
        before = to_ms(turn.now - FAILING_LATE)
        answers += outbox.late_answers(turn.conn, before, _AT_ONCE, messenger)
        relays += outbox.late_relays(turn.conn, before, _AT_ONCE, messenger)
    for letter in {letter.id: letter for letter in answers}.values():
        if not outbox.ticket_is_late(turn.conn, letter.ticket_id, letter.place_id):
            _tell_thread(turn, letter.ticket_id)
        outbox.change(turn.conn, letter.id, reason="late")
    for letter in {letter.id: letter for letter in relays}.values():
        if not outbox.count_late(turn.conn, letter.chat_id):
            _tell_leads(turn, letter.chat_id)
        outbox.change(turn.conn, letter.id, reason="late")


def _tell_thread(turn: Turn, ticket_id: int) -> None:
    ticket = tickets.get(turn.conn, ticket_id)
    if ticket.desk_place_id is not None:
        _write(turn, places.by_id(turn.conn, ticket.desk_place_id), ticket_id, "", Priority.RELAY)


def _tell_leads(turn: Turn, chat_id: int) -> None:
    """The leads, or who else can hear; best of all elsewhere, since their messenger may be what is in trouble."""
    messenger = chats.by_id(turn.conn, chat_id).messenger
    elsewhere = hearing.places_that_hear(turn, lambda chat: bool(chat.messenger != messenger))
    leads = chats.binding(turn.conn, LEADS)
    if not elsewhere and leads is not None and leads.chat_id != chat_id:
        elsewhere = [places.whole_chat(turn.conn, leads.chat_id)]
    for there in elsewhere:
        _write(turn, there, None, str(chat_id), Priority.PING)


def _write(turn: Turn, place: Row, ticket_id: int | None, payload: str, priority: Priority) -> None:
    outbox.add(
        turn.conn,
        place_id=place.id,
        kind="late",
        priority=priority,
        now_ms=turn.now_ms,
        ticket_id=ticket_id,
        payload=payload,
    )
    turn.wake(place.id)


def notice(conn: Connection, policy: Policy, place: Row, letter: Row) -> Send | None:
    """What is late, as of now; None when it isn't any more."""
    words = _thread_words(conn, policy, letter) if letter.ticket_id else _leads_words(conn, policy, letter)
    if words is None:
        return None
    threaded = place.kind == "chat" or place.threaded
    return Send(
        place.native,
        (Content(text=plain(words)),),
        f"letter-{letter.id}",
        thread=place.root if place.threaded else None,
        reply_to=None if threaded else place.card_ref,
        quiet_mentions=True,
        role="bot",
    )


def _thread_words(conn: Connection, policy: Policy, letter: Row) -> str | None:
    ticket = tickets.get(conn, letter.ticket_id)
    late = outbox.ticket_is_late(conn, ticket.id, ticket.customer_place_id)
    return text(policy.locale, "late.answer") if late else None


def _leads_words(conn: Connection, policy: Policy, letter: Row) -> str | None:
    chat_id = int(letter.payload)
    count = outbox.count_late(conn, chat_id)
    if not count:
        return None
    name = chats.desk_of(conn, chat_id)
    desk = policy.desk(name) if name else None
    return text(policy.locale, "late.desk", desk=desk.title if desk else name or "–", n=count)
