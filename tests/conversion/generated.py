"""Whatever people may send, and whatever a platform may say about it that is not as it should be."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from domain.filetypes import clean_name
from domain.messages import Attachment, Contact, Content, Location
from domain.requests import Button
from domain.richtext import RichText, Span, SpanKind

NASTY = (
    "@everyone",
    "@channel",
    "<!channel>",
    "<!here|here>",
    "<@U0123ABCD>",
    "<#C0123ABCD|general>",
    "@agent_username",
    "<b>bold</b>",
    "*b* _i_ ~s~ `c` ```pre```",
    "[x](http://evil.example)",
    "https://example.org/a_b?c=d&e=<f>",
    "javascript:alert(1)",
    "&amp;&lt;",
    "\u202egnp.exe",
    "\u2066\u2069\u200f\u061c",
    "\u200b\u200d\ufeff\u2060",
    "\u05e9\u05dc\u05d5\u05dd",
    "👨‍👩‍👧‍👦🏳️‍🌈🇷🇺",
    "𝕋𝕖𝕩𝕥",
    "e" + "\u0301" * 40,
    "\x00\x01\x1b[31m\x07",
    "\n\n\n",
    "\r\n\t \u2028\u2029\x85",
    "{name} %s {0} ${x}",
    "/start@other_bot /bug",
    "//note",
    "- " * 40,
)

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(NASTY),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        st.builds(
            lambda a, n: a * n,
            st.sampled_from(["я", "a ", "😀", "@", "<", "&", "\n", "\u200b", "\x07"]),
            st.integers(1, 5000),
        ),
    ),
    max_size=6,
).map("".join)
"""Texts of any length, with what is dangerous somewhere."""

KINDS: tuple[SpanKind, ...] = (
    "bold",
    "italic",
    "underline",
    "strike",
    "spoiler",
    "code",
    "pre",
    "link",
    "quote",
    "mention",
)
FILE_KINDS = ("photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker")


@st.composite
def rich_texts(draw: DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> RichText:
    """Formatted text, its formats anywhere, one over another."""
    text = draw(texts)
    spans = []
    for _ in range(draw(st.integers(0, 6)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        length = draw(st.integers(1, len(text) - start))
        kind = draw(st.sampled_from(KINDS))
        values: dict[str, Any] = {
            "link": st.sampled_from(
                ["https://example.org/", "tg://user?id=1", "javascript:alert(1)", "", None]
            ),
            "pre": st.sampled_from(["python", "", None]),
            "mention": st.sampled_from(["42", "U0123ABCD", "-100:Boss", "", None]),
        }
        spans.append(Span(kind, start, length, draw(values[kind]) if kind in values else None))
    return RichText(text, tuple(spans))


NAMES = st.one_of(
    st.sampled_from(
        ["", "a.txt", "../../etc/passwd", "C:\\x\\y.exe", '"q"\r\nX: y', "n" * 300, "\u202egpj.exe"]
    ),
    TEXTS,
)


@st.composite
def attachments(draw: DrawFn) -> Attachment:
    """A file, claimed to be anything."""
    some = st.one_of(st.none(), st.integers(0, 100_000))
    return Attachment(
        draw(st.sampled_from(FILE_KINDS)),
        draw(st.sampled_from(["ref-1 u1", "ref-2 u2", "ref-3 u3"])),
        clean_name(draw(NAMES)),
        draw(st.sampled_from(["", "image/png", "text/html", "x", "видео/mp4"])),
        draw(st.one_of(st.none(), st.integers(0, 2**40))),
        draw(some),
        draw(some),
        draw(some),
        draw(st.booleans()),
    )


@st.composite
def contents(draw: DrawFn) -> Content:
    """Anything that a message may say."""
    words = draw(rich_texts())
    what = draw(st.sampled_from(["text", "file", "file", "location", "contact", "label"]))
    label = draw(TEXTS)
    if what == "file":
        file = draw(attachments())
        return Content(file.kind, words, (file,), label=label if file.kind == "sticker" else "")
    if what == "location":
        point = Location(
            draw(st.floats(-90, 90)), draw(st.floats(-180, 180)), draw(st.sampled_from(["", "Café"]))
        )
        return Content("venue" if point.title else "location", location=point, label=label)
    if what == "contact":
        return Content(
            "contact", contact=Contact(draw(TEXTS), draw(st.sampled_from(["", "+7 900", "x"]))), label=label
        )
    if what == "label":
        return Content(draw(st.sampled_from(["poll", "dice", "other"])), words, label=label or "?")
    return Content(text=words)


BUTTONS = st.lists(
    st.lists(
        st.builds(Button, st.text(min_size=1, max_size=90), st.just("card:1:take")), min_size=1, max_size=3
    ).map(tuple),
    max_size=3,
).map(tuple)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [
            0,
            -1,
            2**31,
            2**63,
            1e300,
            "",
            "x",
            "1700000000.000001",
            [],
            {},
            [None],
            [1],
            [[]],
            {"id": 1},
        ]
    ),
)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(node, dict):
        for key, value in node.items():
            found += _paths(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            found += _paths(value, (*path, index))
    return found


@st.composite
def mangled(draw: DrawFn, events: st.SearchStrategy[Any]) -> Any:
    """An event in which fields are missing or not what they should be."""
    event = copy.deepcopy(draw(events))
    for _ in range(draw(st.integers(1, 3))):
        paths = _paths(event)
        if not paths:
            break
        *way, last = draw(st.sampled_from(paths))
        parent = event
        for step in way:
            parent = parent[step]
        if draw(st.booleans()) and isinstance(parent, dict):
            del parent[last]
        else:
            parent[last] = copy.deepcopy(draw(JUNK))
    return event
