"""Telegram's entities and our spans: UTF-16 offsets on one side, code points on the other. Pure.

Only formatting becomes spans. What Telegram finds by itself (links, mentions, commands) it finds again, and a
mention of a person by their account is left out: what people write pings nobody.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from bot.messengers.telegram.library import types
from bot.messengers.telegram.nesting import nested
from domain.richtext import RichText, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.richtext import SpanKind

_SPANS: dict[str, SpanKind] = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "text_link": "link",
    "blockquote": "quote",
    "expandable_blockquote": "quote",
}
_ENTITIES: dict[SpanKind, str] = {span: entity for entity, span in reversed(_SPANS.items())}
_VALUES = {"pre": "language", "text_link": "url"}


def rich_text(text: str, entities: Any) -> RichText:
    """Text with its entities as rich text. What lies outside the text or cuts a character is rounded to fit."""
    if not entities:
        return RichText(text)
    starts = _unit_starts(text)
    spans = []
    for entity in entities:
        kind = _SPANS.get(entity["type"])
        if kind is None:
            continue
        first, units = entity["offset"], entity["length"]
        start = max(bisect_right(starts, first) - 1, 0)
        end = min(bisect_left(starts, first + units), len(text))
        if start < end:
            value = entity.get(_VALUES.get(entity["type"], ""))
            spans.append(Span(kind, start, end - start, value))
    return RichText(text, tuple(spans))


def mentions_people(entities: Any) -> bool:
    """Whether somebody is mentioned by their account, which pings them without an @ in the text."""
    return any(entity["type"] == "text_mention" for entity in entities or ())


def message_entities(text: RichText) -> list[types.MessageEntity]:
    """The spans as entities; whoever writes in a chat's name has no account to mention."""
    if not text.spans:
        return []
    starts = _unit_starts(text.text)
    return [
        _entity(span, starts[span.start], starts[span.end] - starts[span.start])
        for span in nested(text.spans)
        if span.kind != "mention" or (span.value or "").isdecimal()
    ]


def _entity(span: Span, offset: int, length: int) -> types.MessageEntity:
    if span.kind == "mention":
        person = types.User(id=int(span.value or 0), is_bot=False, first_name="")
        return types.MessageEntity(type="text_mention", offset=offset, length=length, user=person)
    kind = _ENTITIES[span.kind]
    language = span.value if kind == "pre" else None
    url = span.value if kind == "text_link" else None
    return types.MessageEntity(type=kind, offset=offset, length=length, language=language, url=url)


def _unit_starts(text: str) -> Sequence[int]:
    """For each character, and the end, its offset in UTF-16 units."""
    if text.isascii():
        return range(len(text) + 1)
    return list(accumulate((2 if char > "\uffff" else 1 for char in text), initial=0))
