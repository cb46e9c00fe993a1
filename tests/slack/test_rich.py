"""Rich text in and out: nothing is lost on the way, and nothing that people type becomes markup."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messengers.slack.blocks import MAX_BLOCKS, blocks, worded
from bot.messengers.slack.emoji import emoji_of, name_of
from bot.messengers.slack.rich import escaped, marked_up, rich_text, unescaped
from domain.messages import Contact, Content, Location
from domain.requests import Button
from domain.richtext import RichText, Span, SpanKind, plain

KINDS: tuple[SpanKind, ...] = ("bold", "italic", "strike", "code")


def section(*items: dict[str, Any], kind: str = "rich_text_section") -> dict[str, Any]:
    return {"type": kind, "elements": list(items)}


def read(*elements: dict[str, Any]) -> RichText:
    found = rich_text([{"type": "rich_text", "elements": list(elements)}])
    assert found is not None
    return found


def said(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def test_styles_links_and_emoji_are_read():
    words = read(
        section(
            said("see "),
            said("this", bold=True, italic=True),
            {"type": "link", "url": "https://example.org", "text": "page"},
            {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fd"},
            {"type": "emoji", "name": "partyparrot"},
        )
    )
    assert words.text == "see thispage👋🏽:partyparrot:"
    assert set(words.spans) == {
        Span("bold", 4, 4),
        Span("italic", 4, 4),
        Span("link", 8, 4, "https://example.org"),
    }


def test_lists_quotes_and_code_are_read():
    words = read(
        section(said("first\n")),
        {**section(section(said("a")), section(said("b")), kind="rich_text_list"), "style": "ordered"},
        {**section(section(said("c")), kind="rich_text_list"), "style": "bullet", "indent": 1},
        section(said("quoted"), kind="rich_text_quote"),
        section(said("x = 1"), kind="rich_text_preformatted"),
    )
    assert words.text == "first\n1. a\n2. b\n    • c\nquoted\nx = 1"
    assert [(s.kind, words.text[s.start : s.end]) for s in words.spans] == [
        ("quote", "quoted"),
        ("pre", "x = 1"),
    ]


def test_mentions_are_plain_text():
    words = read(section({"type": "user", "user_id": "U0001"}, {"type": "broadcast", "range": "channel"}))
    assert words == plain("@U0001@channel")
    assert marked_up("<@U0001|anna> <!here> <#C1|general> &lt;b&gt;").text == "@anna @here #general <b>"


def test_links_in_older_markup_are_read():
    words = marked_up("*see* <https://example.org|page> <https://a.b> <mailto:a@b.c|a@b.c>")
    assert words.text == "*see* page https://a.b a@b.c"
    assert words.spans == (Span("link", 6, 4, "https://example.org"),)


@given(st.text())
def test_what_is_escaped_reads_as_it_was(text: str):
    assert unescaped(escaped(text)) == text
    assert "<" not in escaped(text)


@st.composite
def formatted(draw: st.DrawFn) -> RichText:
    text = draw(st.text(alphabet="ab 😀<&\n", min_size=1, max_size=30))
    spans = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text) - 1))
        spans.append(Span(draw(st.sampled_from(KINDS)), start, draw(st.integers(1, len(text) - start))))
    return RichText(text, tuple(spans))


@given(formatted())
def test_what_goes_out_reads_as_it_was(words: RichText):
    made = blocks(words)
    if not words.text.strip():
        assert made == []
        return
    again = rich_text(made)
    assert again is not None
    assert again.text == words.text.rstrip("\n")
    for kind in KINDS:
        assert covered(again, kind) == covered(words, kind, len(again.text))


def covered(words: RichText, kind: str, within: int = 10_000) -> set[int]:
    return {i for s in words.spans if s.kind == kind for i in range(s.start, s.end) if i < within}


def test_quotes_and_code_go_out_as_such():
    words = RichText("before\nquoted\nafter", (Span("quote", 7, 6),))
    assert [e["type"] for e in blocks(words)[0]["elements"]] == [
        "rich_text_section",
        "rich_text_quote",
        "rich_text_section",
    ]
    assert rich_text(blocks(words)) == words


def test_only_the_program_mentions_and_addresses_become_links():
    words = RichText("Ivan https://a.example/x. end", (Span("mention", 0, 4, "U0001"),))
    items = blocks(words)[0]["elements"][0]["elements"]
    assert items[0] == {"type": "user", "user_id": "U0001"}
    assert items[2]["url"] == "https://a.example/x"
    quiet = worded(Content(text=words), None, quiet=True)
    assert blocks(quiet)[0]["elements"][0]["elements"][0] == {"type": "text", "text": "Ivan "}


def test_too_much_formatting_for_blocks_goes_without_it_and_keeps_its_buttons():
    words = RichText("ab" * 2000, tuple(Span("bold", i, 1) for i in range(0, 2000, 2)))
    assert "".join(b["text"]["text"] for b in blocks(words)) == words.text
    assert all(len(b["text"]["text"]) <= 3000 for b in blocks(words))
    kinds = [b["type"] for b in blocks(words, ((Button("Take", "card:1:take"),),))]
    assert kinds == ["section", "section", "actions"]
    assert MAX_BLOCKS < 13_200


def test_what_slack_has_no_kind_for_is_put_into_words():
    place = worded(Content("location", location=Location(55.75, 37.61, "Office")), None, quiet=False)
    assert place.text == "Office\n55.750000, 37.610000"
    assert place.spans[0].kind == "link"
    assert worded(Content("contact", contact=Contact("Anna", "+7")), None, quiet=False).text == "Anna\n+7"
    assert worded(Content("dice", label="🎲 5"), plain("H "), quiet=False).text == "H 🎲 5"


@pytest.mark.parametrize("emoji", ["👍", "❤️", "❤", "✅", "🔥", "👍🏽", "🤷"])
def test_emoji_have_names(emoji: str):
    name = name_of(emoji)
    assert name is not None
    assert (emoji_of(name) or "").replace("\ufe0f", "")[0] == emoji[0]


def test_a_workspaces_own_emoji_has_none():
    assert emoji_of("partyparrot") is None
    assert name_of("not an emoji") is None
