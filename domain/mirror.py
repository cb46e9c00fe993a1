"""What becomes of a staff message: does it go to the customer, is it a note, or staff talk? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.policy import Mirror

Answers = Literal["nothing", "customer", "card", "bot", "note", "agent", "own"]
"""What a message answers: a customer's message, the card, other words of the bot, a note, another agent, or an
earlier answer of the same agent's own."""

Fate = Literal["answer", "note", "inside"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The facts about a staff message that decide its fate."""

    texts: tuple[str, ...]
    answers: Answers
    forwarded: bool


def fate(spoken: Spoken, mirror: Mirror, note_prefix: str, *, replies_in_threads: bool) -> Fate:
    """Whether a message in a thread goes to the customer, is a note, or stays staff talk.

    Notes and forwards never go; an answer to the card, to a note or to another agent counts nowhere. With
    `mirror = "all"` everything else goes, with `"replies"` only what answers one of the customer's messages, where
    the messenger has such answers inside threads.
    """
    if is_note(spoken.texts, note_prefix):
        return "note"
    if spoken.forwarded or spoken.answers in ("card", "note", "agent"):
        return "inside"
    if mirror == "all":
        return "answer"
    return "answer" if spoken.answers == "customer" and replies_in_threads else "inside"


def is_note(texts: tuple[str, ...], note_prefix: str) -> bool:
    """Whether a text, or any caption of an album, starts with the note prefix."""
    return any(t.lstrip().startswith(note_prefix) for t in texts)
