"""What Slack is to show, as blocks. Pure. Text from people is data: it goes into rich-text elements, never into markup."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import orjson

from bot.messengers.slack import ids
from domain.names import tidy
from domain.richtext import RichText, Span, plain, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.messages import Content, Location
    from domain.requests import Button, Buttons

Json = dict[str, Any]

MAX_TEXT = 4000
"""Slack grants 40,000 and advises 4,000; what is longer follows as messages of its own."""

MAX_BLOCKS = 12_000
"""Above about 13,200 characters of blocks Slack answers `msg_blocks_too_long`."""

MAX_SECTION = 3000
_MAX_LABEL = 75
_MAX_OPTIONS = 100
_STYLES = {"bold": "bold", "italic": "italic", "strike": "strike", "code": "code"}
_NO_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), " ")
"""Signs that don't show are six characters each in what is sent: so many that they don't fit are spaces."""

_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}'»”…]")


def blocks(words: RichText, buttons: Buttons = (), name: str = "okno") -> list[Json]:
    """The words and the buttons under them. Words whose formatting is too much for blocks go without it.

    `name` keeps several of these apart in one view.
    """
    rows = [_row(f"{name}-{number}", row) for number, row in enumerate(buttons)]
    text = [{"type": "rich_text", "elements": list(_elements(words))}] if words.text.strip() else []
    if len(orjson.dumps(text).decode()) <= MAX_BLOCKS:
        return [*text, *rows]
    pieces = (piece.text for piece in split(plain(words.text.translate(_NO_CONTROLS)), MAX_SECTION))
    sections = [{"type": "section", "text": _plain_text(piece)} for piece in pieces if piece.strip()]
    return [*sections, *rows]


def _plain_text(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": False}


def _row(name: str, row: tuple[Button, ...]) -> Json:
    elements = [_element(f"{name}-{place}", button) for place, button in enumerate(row)]
    return {"type": "actions", "block_id": name, "elements": elements}


def _element(action_id: str, button: Button) -> Json:
    """A button, or a menu of its options."""
    label = _plain_text(button.label[:_MAX_LABEL])
    if not button.options:
        return {"type": "button", "action_id": action_id, "text": label, "value": button.data}
    options = [
        {"text": _plain_text(option.label[:_MAX_LABEL]), "value": option.data}
        for option in button.options[:_MAX_OPTIONS]
    ]
    return {"type": "static_select", "action_id": action_id, "placeholder": label, "options": options}


def _elements(words: RichText) -> Iterator[Json]:
    """Paragraphs, quotes and preformatted text in order."""
    at = 0
    whole = sorted((s for s in words.spans if s.kind in ("quote", "pre")), key=lambda s: (s.start, -s.length))
    for span in whole:
        if span.start < at:
            continue  # one inside another
        if before := words.slice(at, span.start):
            yield _paragraph("rich_text_section", before)
        kind = "rich_text_quote" if span.kind == "quote" else "rich_text_preformatted"
        yield _paragraph(kind, words.slice(span.start, span.end))
        at = span.end + (words.text[span.end : span.end + 1] == "\n")
    if rest := words.slice(at, len(words.text)):
        yield _paragraph("rich_text_section", rest)


def _paragraph(kind: str, words: RichText) -> Json:
    bare = plain(words.text) if kind == "rich_text_preformatted" else words
    return {"type": kind, "elements": list(_inline(bare, linked=kind != "rich_text_preformatted"))}


def _inline(words: RichText, *, linked: bool) -> Iterator[Json]:
    """The stretches between where any formatting begins or ends."""
    edges = {0, len(words.text)}
    spans = list(words.spans)
    if linked:
        spans += _addresses(words)
    for span in spans:
        edges |= {span.start, span.end}
    ordered = sorted(edges)
    for start, end in pairwise(ordered):
        over = [s for s in spans if s.start <= start and end <= s.end]
        yield _stretch(words.text[start:end], over)


def _addresses(words: RichText) -> Iterator[Span]:
    """Addresses written out become links, as people expect; not inside code or another link."""
    taken = [s for s in words.spans if s.kind in ("link", "code", "mention")]
    for found in _LINK.finditer(words.text):
        if not any(s.start < found.end() and found.start() < s.end for s in taken):
            yield Span("link", found.start(), len(found[0]), found[0])


def _stretch(text: str, over: list[Span]) -> Json:
    style = {_STYLES[s.kind]: True for s in over if s.kind in _STYLES}
    more = {"style": style} if style else {}
    for span in over:
        if span.kind == "mention" and ids.is_person(span.value):
            return {"type": "user", "user_id": span.value}
        if span.kind == "link" and span.value:
            return {"type": "link", "url": span.value, "text": text, **more}
    return {"type": "text", "text": text, **more}


def worded(content: Content, header: RichText | None, *, quiet: bool) -> RichText:
    """Header and text; what Slack has no kind for is put into words. Nobody is mentioned when `quiet`."""
    words = content.text or _described(content)
    if header is not None:
        words = header + words
    if quiet:
        words = RichText(words.text, tuple(s for s in words.spans if s.kind != "mention"))
    return words


def _described(content: Content) -> RichText:
    if content.location is not None:
        return _point(content.location)
    if content.contact is not None:
        return plain(f"{tidy(content.contact.name)}\n{tidy(content.contact.phone)}".strip())
    return plain("" if content.files else content.label)


def _point(point: Location) -> RichText:
    where = f"{point.latitude:.6f}, {point.longitude:.6f}"
    lines = [line for line in (point.title, point.address, where) if line]
    text = "\n".join(lines)
    address = f"https://www.openstreetmap.org/?mlat={point.latitude}&mlon={point.longitude}&zoom=16"
    return RichText(text, (Span("link", len(text) - len(where), len(where), address),))
