"""How content is laid out for where it goes: headers, parts that fit, several texts as one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.messages import Content, Kind
from domain.policy import Capabilities
from domain.richtext import RichText, plain, split, utf16_length

CARRIES_TEXT: frozenset[Kind] = frozenset(
    ("text", "photo", "document", "animation", "audio", "voice", "video", "checklist", "told")
)
"""Kinds that have a text or a caption, or are told in words; the others (a sticker, a location) are copied without a header."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one request carries."""

    contents: tuple[Content, ...]
    header: RichText | None = None


def parts(contents: Sequence[Content], header: RichText | None, caps: Capabilities) -> list[Part]:
    """The contents cut into requests that fit: nothing is lost, the first carries files and header.

    What doesn't fit into a text or caption follows as texts of its own.
    """
    first: list[Content] = []
    rest: list[RichText] = []
    for index, content in enumerate(contents):
        used = utf16_length(header.text) if header is not None and index == 0 else 0
        limit = (caps.max_caption if content.files else caps.max_text) - used
        if utf16_length(content.text.text) <= limit:
            first.append(content)
            continue
        head = split(content.text, max(limit, 2))[0]
        first.append(replace(content, text=head, copyable=False))
        rest += split(content.text.slice(len(head.text), len(content.text.text)), caps.max_text)
    return [Part(tuple(first), header), *(Part((Content(text=piece),)) for piece in rest)]


def joined(texts: Sequence[RichText]) -> RichText:
    """Several texts as one, each on a line of its own."""
    whole = texts[0]
    for following in texts[1:]:
        whole = whole + plain("\n") + following
    return whole
