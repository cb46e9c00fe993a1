"""Slack's rich text, and its older markup, as Okno's. Pure.

People's mentions become plain text (`@U0123`, with the name once that is looked up): nothing they write may ping.
"""

from __future__ import annotations

import re
from typing import Any

from bot.messengers.slack.emoji import emoji_of, from_unicode
from domain.richtext import RichText, Span, SpanKind, plain

Json = dict[str, Any]

_STYLES: tuple[tuple[str, SpanKind], ...] = (
    ("bold", "bold"),
    ("italic", "italic"),
    ("strike", "strike"),
    ("underline", "underline"),
    ("code", "code"),
)
_TOKEN = re.compile(r"<([^<>\s|][^<>|]*)(?:\|([^<>]*))?>")
_INDENT = "    "


def rich_text(blocks: list[Json]) -> RichText | None:
    """What people wrote, of a message's blocks; None when they hold no rich text."""
    written = [block for block in blocks if block.get("type") == "rich_text"]
    if not written:
        return None
    whole = RichText()
    for block in written:
        for element in block.get("elements", ()):
            whole = _on_new_line(whole) + _section(element)
    end = len(whole.text.rstrip("\n"))
    return whole.slice(0, end)


def _on_new_line(text: RichText) -> RichText:
    return text + plain("\n") if text.text and not text.text.endswith("\n") else text


def _section(element: Json) -> RichText:
    """A paragraph, a list, a quote or preformatted text."""
    kind = element.get("type")
    if kind == "rich_text_list":
        return _list(element)
    inner = RichText()
    for item in element.get("elements", ()):
        inner = inner + _inline(item)
    if kind == "rich_text_quote":
        return _spanned(inner, "quote")
    if kind == "rich_text_preformatted":
        return _spanned(plain(inner.text), "pre")
    return inner


def _list(element: Json) -> RichText:
    whole = RichText()
    first = int(element.get("offset", 0)) + 1
    for number, item in enumerate(element.get("elements", ()), first):
        sign = f"{number}. " if element.get("style") == "ordered" else "• "
        line = plain(_INDENT * int(element.get("indent", 0)) + sign) + _section(item)
        whole = _on_new_line(whole) + line
    return whole


def _inline(item: Json) -> RichText:
    kind = item.get("type")
    if kind == "link":
        address = str(item.get("url", ""))
        words = _styled(str(item.get("text") or address), item)
        return words if words.text == address else _spanned(words, "link", address)
    return _styled(_words(str(kind), item), item)


def _words(kind: str, item: Json) -> str:
    """What an element says in plain text."""
    if kind == "emoji":
        codes = item.get("unicode")
        name = str(item.get("name", ""))
        return from_unicode(codes) if codes else emoji_of(name) or f":{name}:"
    if kind == "user":
        return f"@{item.get('user_id', '')}"
    if kind == "broadcast":
        return f"@{item.get('range', '')}"
    if kind == "channel":
        return f"#{item.get('channel_id', '')}"
    if kind == "usergroup":
        return f"@{item.get('usergroup_id', '')}"
    return str(item.get("text") or item.get("fallback") or item.get("value") or "")


def _styled(words: str, item: Json) -> RichText:
    style = item.get("style") or {}
    spans = tuple(Span(kind, 0, len(words)) for name, kind in _STYLES if style.get(name))
    return RichText(words, spans if words else ())


def _spanned(text: RichText, kind: SpanKind, value: str | None = None) -> RichText:
    """The text with a span over all of it but line ends after it."""
    length = len(text.text.rstrip("\n"))
    if not length:
        return text
    return RichText(text.text, (*text.spans, Span(kind, 0, length, value)))


def marked_up(text: str) -> RichText:
    """Text with `<…>` tokens and escaped signs, as messages without rich text have it; signs like `*` stay as typed."""
    whole, at = RichText(), 0
    for token in _TOKEN.finditer(text):
        whole = whole + plain(unescaped(text[at : token.start()])) + _token(token[1], token[2])
        at = token.end()
    return whole + plain(unescaped(text[at:]))


def _token(what: str, label: str | None) -> RichText:
    words = unescaped(label) if label else ""
    if what.startswith(("@", "#")):
        return plain(what[0] + (words or what[1:]))
    if what.startswith("!"):
        return plain("@" + (words.lstrip("@") or what[1:].partition("^")[0]))
    address = unescaped(what)
    if words in ("", address, address.removeprefix("mailto:")):
        return plain(address.removeprefix("mailto:"))
    return RichText(words, (Span("link", 0, len(words), address),))


def unescaped(text: str) -> str:
    """The three escaped signs as people typed them."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Text that Slack shows as it is: no mention, link or format comes of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
