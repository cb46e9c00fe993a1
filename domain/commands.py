"""Words that people type to the program: `/take`, `!move bugs`, `/bug it crashes`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from domain.richtext import RichText

THREAD_COMMANDS = (
    "take",
    "release",
    "assign",
    "move",
    "ok",
    "snooze",
    "close",
    "reopen",
    "answer",
    "note",
    "who",
    "tier",
    "block",
    "unblock",
    "del",
    "help",
)
"""About the ticket in whose thread they are given; in the order in which they are shown."""

DESK_COMMANDS = ("queue", "mine", "stats", "hours", "duty", "away", "handover", "help")
"""About the desk, in any of its threads or outside."""

BINDING_COMMAND = "desk"
"""Makes a chat a desk; for admins, in any group."""

FILING = {"bug": "bugs", "wish": "wishes", "howto": "howto"}
"""The desk in which a customer's word files what they write."""

CUSTOMER_COMMANDS = ("start", "status", "bug", "wish", "howto", "lang", "claim")

EVERYWHERE_ELSE = ("stats", BINDING_COMMAND)
"""Commands that have a place of their own."""

ALL = frozenset((*THREAD_COMMANDS, *DESK_COMMANDS, *CUSTOMER_COMMANDS, *EVERYWHERE_ELSE))

_COMMAND = re.compile(r"([/!])([a-zA-Z_]{1,32})(?=\s|$)")
_DURATION = re.compile(r"(\d{1,5})\s*([smhdсмчд])[a-zа-я]*", re.IGNORECASE)
_UNITS = {
    "s": "seconds",
    "с": "seconds",
    "m": "minutes",
    "м": "minutes",
    "h": "hours",
    "ч": "hours",
    "d": "days",
    "д": "days",
}


@dataclass(frozen=True, slots=True)
class Command:
    """A word with its sign and what follows it."""

    sign: str
    name: str
    rest: RichText

    @property
    def words(self) -> str:
        """What follows, as plain text without white space at its ends."""
        return self.rest.text.strip()


def parse(said: RichText) -> Command | None:
    """The command a text starts with, known or not; None when it starts with none."""
    found = _COMMAND.match(said.text)
    if found is None:
        return None
    return Command(found[1], found[2].lower(), said.slice(found.end(), len(said.text)).strip())


def duration(words: str) -> timedelta | None:
    """`2h`, `30m`, `1d` (or the same in Russian letters) as a time span; None when it isn't one, or is zero."""
    found = _DURATION.fullmatch(words.strip())
    if found is None:
        return None
    span = timedelta(**{_UNITS[found[2].lower()]: int(found[1])})
    return span if span > timedelta(0) else None
