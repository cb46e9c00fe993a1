"""Spans as Telegram lets entities stand in each other: https://core.telegram.org/bots/api#messageentity

What crosses is cut, what can't stand beside something else gives way to it. Texts of Telegram's own are so already;
those of other messengers need not be. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from domain.richtext import Span

_ALONE = frozenset({"mention", "link", "pre", "code"})
"""None of these holds another."""

_BARE = frozenset({"pre", "code"})
"""Nothing is bold or struck out in these."""

_FIRST = ("quote", "mention", "link", "pre", "code")
"""Who stays whole, before all others."""

_MOST = 400
"""So many spans are looked at; Telegram shows about a hundred in a message."""


def nested(spans: Sequence[Span]) -> list[Span]:
    """The spans so that of any two that share characters one lies in the other, and may. In order of their starts."""
    ordered = sorted(spans, key=lambda s: (s.start, -s.length))
    if not _is_fine(ordered):
        placed: list[Span] = []
        for span in sorted(ordered[:_MOST], key=_rank):
            placed += _fitted(span, placed)
        ordered = sorted(placed, key=lambda s: (s.start, -s.length, _rank(s)))
    return ordered


def _rank(span: Span) -> int:
    return _FIRST.index(span.kind) if span.kind in _FIRST else len(_FIRST)


def _is_fine(ordered: Iterable[Span]) -> bool:
    around: list[Span] = []
    for span in ordered:
        while around and around[-1].end <= span.start:
            around.pop()
        if around and (span.end > around[-1].end or not all(_may_share(o, span) for o in around)):
            return False
        around.append(span)
    return True


def _may_share(one: Span, other: Span) -> bool:
    """Whether the two may stand on the same characters."""
    kinds = {one.kind, other.kind}
    if one.kind == other.kind or kinds <= _ALONE:
        return False
    return not kinds & _BARE or "quote" in kinds


def _fitted(span: Span, placed: Sequence[Span]) -> Iterator[Span]:
    """What of the span may stand beside those that are there, cut where it would cross one of them."""
    there = [p for p in placed if p.start < span.end and span.start < p.end]
    ends = {span.start, span.end}
    for other in there:
        if not (other.start <= span.start and span.end <= other.end) and _cuts(other, span):
            ends |= {at for at in (other.start, other.end) if span.start < at < span.end}
    if len(ends) > 2:
        for start, end in pairwise(sorted(ends)):  # a part may cross what the whole has held
            yield from _fitted(replace(span, start=start, length=end - start), there)
    elif all(_may_share(p, span) for p in there):
        yield span


def _cuts(other: Span, span: Span) -> bool:
    """Whether the other one cuts the span: by crossing it, or because the span can't go on behind it."""
    holds = span.start <= other.start and other.end <= span.end
    return not holds or not _may_share(other, span) or span.kind in _ALONE
