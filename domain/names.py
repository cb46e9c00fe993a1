"""Names and first words as people chose them, made fit to stand inside a line of staff's. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 128
"""How much of a name is shown, in characters; messengers allow about as much."""

_TURNS_LINES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def tidy(name: str) -> str:
    """The words on one line, without signs that turn around what stands beside it; empty when nothing of it shows."""
    if name.isascii() and name.isprintable():  # nearly all of what comes, and nothing in it can be hidden
        return " ".join(name.split())[:LONGEST].rstrip()
    shown = "".join(" " if char.isspace() else char for char in name if char not in _TURNS_LINES)
    words = " ".join(shown.split())[:LONGEST].rstrip()
    return words if any(_shows(char) for char in words) else ""


def _shows(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CMZ" and char != "\u3164"
