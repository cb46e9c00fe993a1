"""A request was refused: what it means for the message, who is told, and what goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.messages import load_content
from domain.requests import Refused, Send
from domain.richtext import plain
from domain.texts import text
from domain.work import Priority, Work
from handlers import floods, hearing, layout, making, relay, stand_ins, timekeeping
from handlers.turn import Turn
from storage import chats, clocks, messages, once, outbox, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


def refused(turn: Turn, work: Work, outcome: Refused) -> None:
    """Decide by what the refusal holds for: the message, the thread, or the chat as a whole."""
    place = places.by_id(turn.conn, work.place_id)
    if outcome.scope in ("chat", "account"):
        if work.private:
            _customer_unreachable(turn, place, outcome)
        else:
            _park(turn, place, outcome)
    elif outcome.scope == "thread" and place.kind == "thread":
        places.change(turn.conn, place.id, state="left" if place.state == "left" else "lost")
        if place.state == "left":  # nobody moves back into a deleted thread
            _give_up_waiting(turn, place, outcome)
    elif work.step == "letter":
        _message_refused(turn, work, place, outcome)
    else:
        _step_refused(turn, work, place, outcome)


def _step_refused(turn: Turn, work: Work, place: Row, outcome: Refused) -> None:
    """A topic, card, title or mark can't be: the ticket goes on without it."""
    step = work.step.partition(":")[0]
    if step == "topic":
        chats.set_threaded(turn.conn, place.chat_id, threaded=False)
    elif step == "card":
        _park(turn, place, outcome)
    elif step == "card-edit":
        places.change(turn.conn, place.id, card_shown=work.revision)
    elif step == "title":
        places.change(turn.conn, place.id, closed_shown=work.revision)
    elif work.message_id is not None:
        message = messages.by_id(turn.conn, work.message_id)
        messages.change(turn.conn, message.id, mark_shown=message.mark_wanted)
        if outcome.reason == "refused.reaction":
            _say_reaction(turn, message)


def _say_reaction(turn: Turn, message: Row) -> None:
    """A reaction that one side hasn't got is told in the desk: the customer's in words, that an agent's isn't seen."""
    emoji = layout.read_mark(message.mark_wanted)[1]
    ticket = tickets.get(turn.conn, message.ticket_id)
    if not emoji or ticket.desk_place_id is None:
        return
    key = "reaction.of_customer" if message.role == "answer" else "reaction.unseen"
    place = places.by_id(turn.conn, ticket.desk_place_id)
    ref = message.ref if message.place_id == place.id else None
    relay.say(turn, place, text(turn.policy.locale, key, emoji=emoji), ticket_id=ticket.id, reply_ref=ref)


def _message_refused(turn: Turn, work: Work, place: Row, outcome: Refused) -> None:
    if work.letter_id is None:
        raise ValueError("a letter's work names its letter")
    letter = outbox.by_id(turn.conn, work.letter_id)
    if isinstance(work.request, Send) and (parts := stand_ins.left_out(turn, letter, work.request, outcome)):
        stand_ins.tell(turn, letter, work.request, parts)
        return  # it goes out without those files, where it stands
    outbox.finish(turn.conn, letter.id, place.id, "failed", turn.now_ms, outcome.reason)
    outbox.unjoin(turn.conn, letter.id)
    if letter.kind in ("held", "reheld"):
        floods.release(turn, place)  # what can't be asked for comes by itself
    elif letter.kind == "edit":
        _correct(turn, place, letter)
    elif letter.message_id is not None and letter.kind in ("copy", "delete", "correction", "history"):
        say_undelivered(turn, letter, outcome)


def _correct(turn: Turn, place: Row, letter: Row) -> None:
    """What can't be changed in place is said again, as an answer to the copy: all of it, so its other changes go."""
    message = messages.by_id(turn.conn, letter.message_id)
    for other in outbox.waiting_for_message(turn.conn, message.id):
        if other.place_id == place.id and other.kind in ("edit", "copy"):
            outbox.finish(turn.conn, other.id, place.id, "dropped", turn.now_ms)
    for part in range(len(making.correction(turn.conn, turn.policy, place, message))):
        outbox.add(
            turn.conn,
            place_id=place.id,
            kind="correction",
            priority=letter.priority,
            now_ms=turn.now_ms,
            message_id=message.id,
            ticket_id=letter.ticket_id,
            revision=message.revision,
            part=part,
        )
    turn.wake(place.id)


def say_undelivered(turn: Turn, letter: Row, outcome: Refused) -> None:
    """The thread says what didn't arrive and why; a customer's words that couldn't be copied are in the notice."""
    message = messages.by_id(turn.conn, letter.message_id)
    locale = turn.policy.locale
    reason = _reason(locale, outcome)
    desk_place = _desk_place(turn, letter)
    if desk_place is None:
        return
    if message.role == "answer":
        if letter.kind == "copy":
            timekeeping.answer_refused(turn, message.ticket_id, clocks.moment(message.written_at) or turn.now)
        key = "undelivered.delete" if letter.kind == "delete" else "undelivered.answer"
        ref = message.ref if message.place_id == desk_place.id else None
        relay.say(
            turn, desk_place, text(locale, key, reason=reason), ticket_id=letter.ticket_id, reply_ref=ref
        )
        return
    said = layout.labelled(load_content(message.content)).text
    words = plain(text(locale, "undelivered.relay", reason=reason))
    relay.say(turn, desk_place, words + plain("\n") + said if said else words, ticket_id=letter.ticket_id)


def _reason(locale: str, outcome: Refused) -> str:
    if outcome.reason == "refused.platform" and outcome.detail:
        return f"{text(locale, outcome.reason)} ({outcome.detail})"
    return stand_ins.reason_of(locale, outcome.reason, outcome.detail)


def _desk_place(turn: Turn, letter: Row) -> Row | None:
    if letter.ticket_id is None:
        return None
    ticket = tickets.get(turn.conn, letter.ticket_id)
    return None if ticket.desk_place_id is None else places.by_id(turn.conn, ticket.desk_place_id)


def _customer_unreachable(turn: Turn, place: Row, outcome: Refused) -> None:
    """Nothing reaches this customer: what waits for them has failed, and each ticket is told once."""
    told: set[int] = set()
    for letter in outbox.waiting_of(turn.conn, place.id):
        outbox.finish(turn.conn, letter.id, place.id, "failed", turn.now_ms, outcome.reason)
        if letter.kind == "copy" and letter.ticket_id is not None and letter.ticket_id not in told:
            told.add(letter.ticket_id)
            say_undelivered(turn, letter, outcome)
            timekeeping.unreachable(turn, letter.ticket_id)
    due = messages.mark_due(turn.conn, place.id)
    while due is not None:
        messages.change(turn.conn, due.id, mark_shown=due.mark_wanted)
        due = messages.mark_due(turn.conn, place.id)


def _give_up_waiting(turn: Turn, place: Row, outcome: Refused) -> None:
    for letter in outbox.waiting_of(turn.conn, place.id):
        outbox.finish(turn.conn, letter.id, place.id, "failed", turn.now_ms, outcome.reason)


def _park(turn: Turn, place: Row, outcome: Refused) -> None:
    """Nothing is sent to this staff chat until the bot can write there again; the leads are told once a day."""
    chats.park(turn.conn, place.chat_id, outcome.reason)
    desk = chats.desk_of(turn.conn, place.chat_id)
    told = hearing.places_that_hear(turn, lambda chat: bool(chat.id != place.chat_id))
    today = f"{turn.now:%Y-%m-%d} {outcome.reason}"
    if told and once.first(turn.conn, "parked", str(place.chat_id), today, turn.now_ms):
        locale = turn.policy.locale
        known = turn.policy.desk(desk) if desk else None
        where = known.title if known else place.native
        words = text(locale, "desk.unreachable", desk=where, reason=_reason(locale, outcome))
        for there in told:
            relay.say(turn, there, words, priority=Priority.PING)


def unpark(turn: Turn, chat_id: int, *, certainly: bool) -> None:
    """The bot may be able to write there again: everything that waited goes on.

    `certainly`: its standing there has changed, and the leads are told should that not be enough. What people say
    there proves only that the bot is in.
    """
    chats.park(turn.conn, chat_id, "")
    if certainly:
        once.forget(turn.conn, "parked", str(chat_id))
    for place_id in places.of_chat(turn.conn, chat_id):
        turn.wake(place_id)
        turn.wake(place_id, "state")
