"""Names and first words as people chose them, made fit to stand inside a line of staff's. Pure."""

from __future__ import annotations

import unicodedata

LONGEST = 128
"""How much of a name is shown, in characters; messengers allow about as much."""

MARKS = 3
"""How many signs may stand above and below one letter: scripts need as many, towers over several lines need more."""

_JOINERS = "\u200c\u200d"  # Persian and emoji need them between two signs
_BLANK = "\u115f\u1160\u3164\uffa0\u2800"  # letters by name that show nothing
_ISOLATE, _END = "\u2068", "\u2069"


def tidy(name: str, longest: int = LONGEST) -> str:
    """The words on one line, without signs that don't show or turn around what stands beside them; empty when nothing
    of it shows."""
    if name.isascii() and name.isprintable():  # nearly all of what comes, and nothing in it can be hidden
        return " ".join(name.split())[:longest].rstrip()
    kept: list[str] = []
    marks = 0
    for char in name[: longest * 80]:
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif category[0] == "C" and not (char in _JOINERS and kept and kept[-1] not in _JOINERS):
            continue
        elif category in ("Mn", "Me"):
            marks += 1
            if marks > MARKS:
                continue
            kept.append(char)
            continue
        else:
            kept.append(char)
        marks = 0
    words = " ".join("".join(kept).split())[:longest].rstrip(" " + _JOINERS)
    return words if shows(words) else ""


def apart(name: str) -> str:
    """The name so that one written from right to left doesn't move what stands beside it."""
    if name.isascii() or not any(unicodedata.bidirectional(char) in ("R", "AL") for char in name):
        return name
    return f"{_ISOLATE}{name}{_END}"


def printable(line: str) -> str:
    """A line for a terminal or a log: what could move the cursor or change colours is written out."""
    if line.isprintable():
        return line
    return "".join(_written_out(char) for char in line)


def _written_out(char: str) -> str:
    hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\n\t" + _JOINERS
    return f"\\u{ord(char):04x}" if hidden else char


def shows(text: str) -> bool:
    """Whether anything of the text is to be seen."""
    return any(_shows(char) for char in text)


def _shows(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CMZ" and char not in _BLANK
