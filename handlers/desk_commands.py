"""What agents may type in a desk: about the ticket whose thread they are in, or about the desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain import commands
from domain.events import Wrote
from domain.policy import LEADS
from domain.richtext import RichText
from domain.texts import text
from handlers import (
    actions,
    binding,
    corrections,
    duty_commands,
    hours_commands,
    listings,
    relay,
    speaking,
    threads,
)
from handlers.turn import Turn
from storage import messages, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command as it was given: where, by whom, and the message it answers."""

    chat: Row
    desk_name: str | None
    place: Row | None
    person: Row
    said: Sequence[Wrote]
    command: commands.Command
    answered_id: int | None


def run(turn: Turn, spoken: Spoken) -> bool:
    """Do what the command asks; False when it is none that is known here, and the message is a message."""
    name = spoken.command.name
    if name == "desk":
        binding.desk_command(turn, spoken.chat, spoken.person, spoken.command.words, spoken.said[0].ref)
        return True
    ticket_place = spoken.place if spoken.place is not None and spoken.place.ticket_id is not None else None
    if ticket_place is not None and name in _THREAD:
        ticket = tickets.get(turn.conn, ticket_place.ticket_id)
        if ticket.desk_place_id != ticket_place.id:
            threads.say_moved(turn, ticket_place, ticket, spoken.said[0].ref)
        else:
            words = _THREAD[name](turn, spoken, ticket)
            if words:
                relay.say(turn, ticket_place, words, ticket_id=ticket.id, reply_ref=spoken.said[0].ref)
        return True
    if name in _DESK and spoken.desk_name is not None:
        place = ticket_place or places.whole_chat(turn.conn, spoken.chat.id)
        relay.say(turn, place, _DESK[name](turn, spoken), reply_ref=spoken.said[0].ref)
        return True
    if name in _THREAD and spoken.desk_name not in (None, LEADS):
        key = "command.needs_thread" if spoken.chat.threaded else "command.needs_reply"
        words = text(turn.policy.locale, key, command=name)
        relay.say(turn, places.whole_chat(turn.conn, spoken.chat.id), words, reply_ref=spoken.said[0].ref)
        return True
    return False


def _take(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.take(turn, ticket, spoken.person)


def _release(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.release(turn, ticket, spoken.person)


def _assign(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.assign(turn, ticket, spoken.person, spoken.command.words, spoken.chat.messenger)


def _move(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    words = actions.move(turn, ticket, spoken.person, spoken.command.words)
    moved = tickets.get(turn.conn, ticket.id).desk_place_id != ticket.desk_place_id
    return "" if moved else words  # the pointer that moving leaves says it


def _ok(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.no_answer_needed(turn, ticket, spoken.person)


def _snooze(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.snooze(turn, ticket, spoken.person, commands.duration(spoken.command.words))


def _close(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.close(turn, ticket, spoken.person)


def _reopen(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.reopen(turn, ticket, spoken.person)


def _answer(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    """What follows goes to the customer, whatever the desk's rule."""
    first = spoken.said[0]
    if not spoken.command.words and not first.content.files:
        return text(turn.policy.locale, "answer.usage")
    rest = replace(first.content, text=spoken.command.rest, copyable=False)
    said = speaking.without_word(spoken.said, rest)
    speaking.speak(turn, ticket, _place(spoken), spoken.person, said, "answer", spoken.answered_id)
    return ""


def _note(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    speaking.speak(turn, ticket, _place(spoken), spoken.person, spoken.said, "note", spoken.answered_id)
    return ""


def _place(spoken: Spoken) -> Row:
    if spoken.place is None:
        raise ValueError("a command about a ticket is given in its thread")
    return spoken.place


def _who(turn: Turn, spoken: Spoken, ticket: Row) -> RichText:
    return listings.who(turn, ticket)


def _block(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.block(turn, ticket, spoken.person, blocked=True)


def _unblock(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.block(turn, ticket, spoken.person, blocked=False)


def _del(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    """Takes back the answer that the command answers; where nothing answers a single message, one's own newest."""
    message = messages.by_id(turn.conn, spoken.answered_id) if spoken.answered_id is not None else None
    if not turn.capabilities(turn.messenger).replies_in_threads:
        message = messages.newest_answer_of(turn.conn, ticket.id, spoken.person.id)
        if message is None:
            return text(turn.policy.locale, "del.nothing")
    if message is None or message.role != "answer":
        return text(turn.policy.locale, "del.usage")
    if corrections.is_too_late(turn, message):
        reason = text(turn.policy.locale, "refused.delete_too_late")
        return text(turn.policy.locale, "undelivered.delete", reason=reason)
    corrections.take_back(turn, message)
    return text(turn.policy.locale, "del.done")


def _tier(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return actions.set_tier(turn, ticket, spoken.person, spoken.command.words)


def _help(turn: Turn, spoken: Spoken, ticket: Row) -> str:
    return text(turn.policy.locale, "help.thread", prefix=turn.policy.note_prefix)


def _queue(turn: Turn, spoken: Spoken) -> RichText:
    return listings.queue(turn, spoken.desk_name or "")


def _mine(turn: Turn, spoken: Spoken) -> RichText:
    return listings.mine(turn, spoken.person)


def _stats(turn: Turn, spoken: Spoken) -> str:
    return listings.stats(turn, spoken.desk_name or LEADS, spoken.command.words)


def _desk_help(turn: Turn, spoken: Spoken) -> str:
    return text(turn.policy.locale, "help.desk")


def _hours(turn: Turn, spoken: Spoken) -> str:
    return hours_commands.hours(turn, spoken.desk_name or LEADS, spoken.person, spoken.command.words)


def _duty(turn: Turn, spoken: Spoken) -> str:
    return duty_commands.duty(turn, spoken.person, spoken.command.words)


def _away(turn: Turn, spoken: Spoken) -> str:
    return duty_commands.away(turn, spoken.person, spoken.command.words)


def _handover(turn: Turn, spoken: Spoken) -> str:
    return duty_commands.handover(turn, spoken.person, spoken.command.words)


_THREAD: dict[str, Callable[[Turn, Spoken, Row], str | RichText]] = {
    "take": _take,
    "release": _release,
    "assign": _assign,
    "move": _move,
    "ok": _ok,
    "snooze": _snooze,
    "close": _close,
    "reopen": _reopen,
    "answer": _answer,
    "note": _note,
    "who": _who,
    "block": _block,
    "unblock": _unblock,
    "del": _del,
    "tier": _tier,
    "help": _help,
}
_DESK: dict[str, Callable[[Turn, Spoken], str | RichText]] = {
    "queue": _queue,
    "mine": _mine,
    "stats": _stats,
    "help": _desk_help,
    "hours": _hours,
    "duty": _duty,
    "away": _away,
    "handover": _handover,
}
