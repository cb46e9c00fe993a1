"""Rich text: plain text plus spans, with offsets in code points.

Text from people is data. It is sent with entities or rich-text blocks and never pasted into markup.
UTF-16 offsets exist only at Telegram's edge (`bot/messengers/telegram/convert.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

SpanKind = Literal[
    "bold", "italic", "underline", "strike", "spoiler", "code", "pre", "link", "quote", "mention"
]


@dataclass(frozen=True, slots=True)
class Span:
    """One formatted stretch; `start` and `length` count code points.

    `value` is the address of a `link`, the language of a `pre`, the person's own id in the messenger of a
    `mention` (only the program itself makes mentions; those of people are plain text).
    """

    kind: SpanKind
    start: int
    length: int
    value: str | None = None

    @property
    def end(self) -> int:
        """Where it ends: the first code point after it."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class RichText:
    """Text and its spans; spans lie inside the text and have a positive length."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text)

    def __add__(self, other: RichText) -> RichText:
        moved = tuple(replace(s, start=s.start + len(self.text)) for s in other.spans)
        return RichText(self.text + other.text, self.spans + moved)

    def slice(self, start: int, end: int) -> RichText:
        """The part from `start` up to `end`, with the spans clipped to it."""
        end = min(end, len(self.text))
        spans = []
        for span in self.spans:
            first, last = max(span.start, start), min(span.end, end)
            if first < last:
                spans.append(replace(span, start=first - start, length=last - first))
        return RichText(self.text[start:end], tuple(spans))

    def strip(self) -> RichText:
        """Without white space at both ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.slice(start, max(start, len(self.text.rstrip())))


def plain(text: str) -> RichText:
    """Text without formatting."""
    return RichText(text)


_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "… ", " ")


def _cut(text: str, limit: int) -> int:
    """Where to end a part of at most `limit` code points: a paragraph, line, sentence or word, else hard."""
    window = text[:limit]
    for mark in _BREAKS:
        at = window.rfind(mark, limit // 3)
        if at >= 0:
            return at + len(mark)
    return limit


def split(text: RichText, limit: int) -> tuple[RichText, ...]:
    """Parts of at most `limit` UTF-16 units each, cut at paragraph, line, sentence or word ends where there are any.

    Nothing is lost: the parts joined are the text. Platforms count in different units; UTF-16 is the strictest
    of them that okno meets, so a part fits everywhere.
    """
    if limit < 2:
        raise ValueError("a part holds at least one character of two units")
    parts: list[RichText] = []
    rest = text
    while utf16_length(rest.text) > limit:
        fitting = _fitting(rest.text, limit)
        at = _cut(rest.text, fitting)
        parts.append(rest.slice(0, at))
        rest = rest.slice(at, len(rest.text))
    if rest.text or not parts:
        parts.append(rest)
    return tuple(parts)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, as Telegram and browsers count."""
    return len(text) if text.isascii() else len(text) + sum(1 for c in text if c > "\uffff")


def _fitting(text: str, limit: int) -> int:
    """How many code points from the start fit into `limit` UTF-16 units (at least one)."""
    units = 0
    for count, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > limit:
            return max(count, 1)
    return len(text)


_E_MAIL = re.compile(
    r"(?<![\w@.+-])[A-Za-z0-9][A-Za-z0-9.+_-]*(?<=[A-Za-z0-9])@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w@-])"
)


def may_ping(text: str) -> bool:
    """Whether an @ in the text may be taken for a mention: every one but those of e-mail addresses."""
    return "@" in text and "@" in _E_MAIL.sub("", text)


def silence_mentions(text: RichText) -> RichText:
    """The text with U+2060 after every @ that may be taken for a mention, and no mention spans, so that it pings nobody.

    No platform takes an @ inside a word for a mention, so e-mail addresses stay as they are, to be copied. Offsets of
    the remaining spans follow.
    """
    spans = tuple(s for s in text.spans if s.kind != "mention")
    if not may_ping(text.text):
        return RichText(text.text, spans) if spans != text.spans else text
    kept = {found.start() + found[0].index("@") for found in _E_MAIL.finditer(text.text)}
    loud = {at for at, char in enumerate(text.text) if char == "@" and at not in kept}
    shift = [0]
    for at in range(len(text.text)):
        shift.append(shift[-1] + (1 if at in loud else 0))
    moved = tuple(
        replace(s, start=s.start + shift[s.start], length=s.length + shift[s.end] - shift[s.start])
        for s in spans
    )
    broken = "".join(f"{char}\u2060" if at in loud else char for at, char in enumerate(text.text))
    return RichText(broken, moved)
