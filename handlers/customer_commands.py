"""The few words customers may type: by choice only, nothing stands before a human."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain import commands
from domain.events import Wrote
from domain.hours_words import greeting
from domain.texts import LOCALES, text
from handlers import actions, crossing, filing, relay
from handlers.turn import Turn
from storage import facts, messages, people, places, tickets

if TYPE_CHECKING:
    from storage.query import Row

CLAIM_CODE = "claim_code"


def run(
    turn: Turn, command: commands.Command, said: Sequence[Wrote], person: Row, customer: Row, place: Row
) -> bool:
    """Do what the command asks; False when it isn't one of the customers', and is to be relayed as it is, as are
    files with a word under them that does nothing with files.
    """
    if command.sign != turn.capabilities(turn.messenger).command_prefix:
        return False
    if said[0].content.files and command.name not in commands.FILING:
        return False
    locale = turn.locale_of(person)
    in_private = place.kind == "chat"
    if command.name == "claim" and not in_private:
        return False
    if in_private and command.name == "start" and command.words.startswith(crossing.SIGN):
        crossing.arrive(turn, person, customer, place, command.words)
    elif command.name == "start":
        relay.say(turn, place, greeting(locale, turn.policy))
    elif command.name == "status":
        relay.say(turn, place, status(turn, customer, None if in_private else place.chat_id, locale))
    elif command.name == "lang":
        relay.say(turn, place, _lang(turn, person, command.words, locale))
    elif command.name == "claim":
        return _claim(turn, person, command.words, place, locale)
    elif command.name in commands.FILING and turn.policy.desk(commands.FILING[command.name]) is not None:
        _file(turn, command, said, person, customer, place)
    else:
        return False
    return True


def status(turn: Turn, customer: Row, chat_id: int | None, locale: str) -> str:
    """The customer's tickets; where others read along, only those of that chat."""
    found = tickets.of_customer(turn.conn, customer.id)
    if chat_id is not None:
        found = [t for t in found if places.by_id(turn.conn, t.customer_place_id).chat_id == chat_id]
    if not found:
        return text(locale, "status.none")
    lines = [
        text(
            locale,
            f"status.{ticket.state}",
            number=ticket.id,
            subject=ticket.subject or text(locale, "status.untitled"),
        )
        for ticket in found
    ]
    return "\n".join(lines)


def _lang(turn: Turn, person: Row, wanted: str, locale: str) -> str:
    chosen = wanted.lower()[:2]
    if chosen in LOCALES:
        people.choose_locale(turn.conn, person.id, chosen)
        return text(chosen, "lang.chosen")
    sign = turn.capabilities(turn.messenger).command_prefix
    return text(locale, "lang.usage", languages=", ".join(f"{sign}lang {code}" for code in LOCALES))


def _claim(turn: Turn, person: Row, code: str, place: Row, locale: str) -> bool:
    """Whoever sends the code from the terminal first becomes an admin; with no code out, it is a message like any."""
    expected = facts.get(turn.conn, CLAIM_CODE)
    if not expected:
        return False
    if not hmac.compare_digest(code.strip().upper().encode(), expected.encode()):
        relay.say(turn, place, text(locale, "claim.wrong"))
        return True
    facts.put(turn.conn, CLAIM_CODE, "")
    people.make_admin(turn.conn, person.id)
    relay.say(turn, place, text(locale, "claim.done"))
    return True


def _file(
    turn: Turn, command: commands.Command, said: Sequence[Wrote], person: Row, customer: Row, place: Row
) -> None:
    """File in a desk what follows the word, else what it answers, else what they write next."""
    desk = commands.FILING[command.name]
    first = said[0]
    if command.words or first.content.files:
        if customer.blocked_at is None:
            rest = [filing.without_command(first, command), *said[1:]]
            filing.file_message(turn, customer, person, place, rest, desk)
        return
    current = tickets.current(turn.conn, place.id) if place.kind == "conversation" else None
    if current is not None:
        actions.move(turn, current, None, desk)
        return
    answered = messages.by_ref(turn.conn, place.chat_id, first.reply_to) if first.reply_to else None
    if answered is not None and customer.blocked_at is None:
        filing.refile(turn, customer, place, answered, desk)
        return
    people.change_customer(turn.conn, customer.id, next_desk=desk)
    relay.say(turn, place, text(turn.locale_of(person), f"file.{command.name}"))
