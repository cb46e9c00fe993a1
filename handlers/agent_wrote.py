"""Somebody on the staff wrote in a desk: an answer, a note, staff talk, or a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain import commands
from domain.events import Wrote
from domain.mirror import Answers, Fate, Spoken, fate
from domain.texts import text
from handlers import desk_commands, relay, speaking, threads
from handlers.turn import Turn
from storage import links, messages, once, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row


_ELSEWHERE = frozenset(commands.CUSTOMER_COMMANDS)


@dataclass(frozen=True, slots=True)
class Target:
    """What a staff message answers: the kind of thing, the message behind it and the place it belongs to."""

    answers: Answers = "nothing"
    message_id: int | None = None
    place_id: int | None = None


def agent_wrote(turn: Turn, chat: Row, desk_name: str | None, said: Sequence[Wrote]) -> None:
    """One message, or the parts of one album, from a staff group chat."""
    first = said[0]
    if first.is_service or first.author.is_bot or messages.by_ref(turn.conn, chat.id, first.ref) is not None:
        return
    person = people.see(turn.conn, turn.messenger, turn.account, first.author, turn.now_ms)
    if desk_name is not None and not person.in_desk:
        people.belongs_to_desk(turn.conn, person.id)
    target = target_of(turn, chat, person, first.reply_to)
    place = _place_of(turn, chat, first, target)
    command = commands.parse(first.content.text)
    if command is not None and desk_commands.run(
        turn, desk_commands.Spoken(chat, desk_name, place, person, said, command, target.message_id)
    ):
        return
    if place is None or place.ticket_id is None:
        if desk_name is not None:
            _hint_outside(turn, chat, desk_name, person, first)
        return
    ticket = tickets.get(turn.conn, place.ticket_id)
    if ticket.desk_place_id != place.id:
        threads.say_moved(turn, place, ticket, first.ref)
    elif command is not None and _is_no_answer(command, first):
        words = text(turn.policy.locale, "hint.unknown_command", command=f"{command.sign}{command.name}")
        relay.say(turn, place, words, ticket_id=ticket.id, reply_ref=first.ref)
    else:
        speaking.speak(
            turn, ticket, place, person, said, _fate(turn, ticket, said, target), target.message_id
        )


def _is_no_answer(command: commands.Command, said: Wrote) -> bool:
    """Whether a command that can't be done here is kept from the customer: a lone one with `/`, and whatever the
    program knows elsewhere (a `/claim CODE` above all).
    """
    lone = command.sign == "/" and not command.words and not said.content.files
    return lone or command.name in _ELSEWHERE


def _place_of(turn: Turn, chat: Row, said: Wrote, target: Target) -> Row | None:
    """The ticket's place a message belongs to: its thread, or where there are none, that of what it answers."""
    if said.thread is not None:
        return places.by_root(turn.conn, chat.id, said.thread)
    if chat.threaded or target.place_id is None:
        return None
    return places.by_id(turn.conn, target.place_id)


def target_of(turn: Turn, chat: Row, person: Row, ref: str | None) -> Target:
    """What the message under `ref` is, seen from this agent."""
    if ref is None:
        return Target()
    message = messages.by_ref(turn.conn, chat.id, ref)
    if message is not None:
        own = message.person_id == person.id and message.role == "answer"
        kind: Answers = "note" if message.role == "note" else "own" if own else "agent"
        return Target(kind, message.id, message.place_id)
    found = links.by_ref(turn.conn, chat.id, ref)
    if not found:
        return Target()
    if found[0].role == "card":
        return Target("card", None, found[0].place_id)
    originals = [messages.by_id(turn.conn, link.message_id) for link in found if link.message_id is not None]
    theirs = [m for m in originals if m.role == "customer"]
    if theirs:
        return Target("customer", theirs[-1].id, found[0].place_id)
    return Target("agent" if originals else "bot", None, found[0].place_id)


def _fate(turn: Turn, ticket: Row, said: Sequence[Wrote], target: Target) -> Fate:
    spoken = Spoken(tuple(w.content.text.text for w in said), target.answers, any(w.forwarded for w in said))
    caps = turn.capabilities(turn.messenger)
    mirror = turn.desk(ticket.desk).mirror
    return fate(spoken, mirror, turn.policy.note_prefix, replies_in_threads=caps.replies_in_threads)


def _hint_outside(turn: Turn, chat: Row, desk_name: str, person: Row, said: Wrote) -> None:
    """Outside threads nothing goes to anybody: whoever probably meant a customer is told so, once."""
    meant = said.reply_to is not None or tickets.any_waiting(turn.conn, desk_name)
    if (
        not meant
        or not said.content.text
        or not once.first(turn.conn, "hint-outside", f"{chat.id}:{person.id}", "", turn.now_ms)
    ):
        return
    key = "hint.outside_threads" if chat.threaded else "hint.outside_replies"
    relay.say(turn, places.whole_chat(turn.conn, chat.id), text(turn.policy.locale, key), reply_ref=said.ref)
