"""Entities and spans: what goes out and comes back is the same; odd ones do no harm."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.messengers.telegram.entities import mentions_people, message_entities, rich_text
from bot.messengers.telegram.nesting import nested
from domain.richtext import RichText, Span

TEXT = st.text(st.sampled_from("ab @/é😀👨‍👩‍👧\u2060\n"), max_size=40)
KINDS: st.SearchStrategy[Any] = st.sampled_from(
    ["bold", "italic", "underline", "strike", "spoiler", "code", "pre", "link", "quote"]
)


@st.composite
def rich_texts(draw: st.DrawFn) -> RichText:
    text = draw(TEXT)
    spans = []
    for _ in range(draw(st.integers(0, 4)) if text else 0):
        start = draw(st.integers(0, len(text) - 1))
        kind = draw(KINDS)
        value = {"link": "https://x.example", "pre": "python"}.get(kind)
        spans.append(Span(kind, start, draw(st.integers(1, len(text) - start)), value))
    return RichText(text, tuple(spans))


def _as_json(text: RichText) -> list[dict[str, Any]]:
    return [e.model_dump(exclude_none=True) for e in message_entities(text)]


def _stretches(text: RichText) -> set[tuple[str, str | None, int]]:
    return {(s.kind, s.value, at) for s in text.spans for at in range(s.start, s.end)}


def _may_share(one: str, other: str) -> bool:
    alone = {"link", "pre", "code"}
    if one == other or {one, other} <= alone:
        return False
    return "quote" in (one, other) or not {one, other} & {"pre", "code"}


@given(rich_texts())
def test_formatting_survives_the_way_through_utf16_as_far_as_telegram_has_it(text: RichText) -> None:
    back = rich_text(text.text, _as_json(text))
    assert back.text == text.text
    lost = _stretches(text) - _stretches(back)
    assert _stretches(back) <= _stretches(text)
    for kind, _, at in lost:  # only what can't stand beside something else there
        there = [k for k, _, place in _stretches(back) if place == at]
        assert any(not _may_share(kind, other) for other in there)


@given(rich_texts())
def test_entities_stand_in_each_other_as_telegram_allows(text: RichText) -> None:
    entities = _as_json(text)
    raw = text.text.encode("utf-16-le")
    for number, one in enumerate(entities):
        first, last = one["offset"], one["offset"] + one["length"]
        raw[2 * first : 2 * last].decode("utf-16-le")
        for other in entities[:number]:
            begin, end = other["offset"], other["offset"] + other["length"]
            if begin < last and first < end:
                assert begin <= first <= last <= end
                spans = rich_text(text.text, [one, other]).spans
                assert _may_share(spans[0].kind, spans[1].kind)


def test_formatting_as_other_messengers_have_it() -> None:
    link, code = Span("link", 0, 4, "https://x.example"), Span("code", 0, 4)
    assert nested((code, link)) == [link]
    assert nested((Span("bold", 0, 5), Span("quote", 3, 6))) == [
        Span("bold", 0, 3),
        Span("quote", 3, 6),
        Span("bold", 3, 2),
    ]
    assert nested((Span("bold", 0, 9), Span("code", 3, 3))) == [
        Span("bold", 0, 3),
        Span("code", 3, 3),
        Span("bold", 6, 3),
    ]
    assert len(nested([Span("bold", n, 5000 - n) for n in range(5000)])) == 1


@given(TEXT, st.lists(st.tuples(KINDS, st.integers(-5, 60), st.integers(-5, 60)), max_size=5))
def test_odd_entities_never_break_a_text(text: str, odd: list[tuple[str, int, int]]) -> None:
    names = {"strike": "strikethrough", "link": "text_link", "quote": "blockquote"}
    entities = [{"type": names.get(kind, kind), "offset": o, "length": n} for kind, o, n in odd]
    read = rich_text(text, entities)
    assert read.text == text
    assert all(0 <= s.start < s.end <= len(text) for s in read.spans)


def test_half_a_character_is_rounded_to_the_whole() -> None:
    assert rich_text("😀x", [{"type": "bold", "offset": 1, "length": 1}]).spans == (Span("bold", 0, 1),)


def test_what_telegram_finds_by_itself_and_mentions_of_people_are_no_spans() -> None:
    entities = [
        {"type": "mention", "offset": 0, "length": 2},
        {"type": "text_mention", "offset": 0, "length": 2, "user": {"id": 5}},
        {"type": "custom_emoji", "offset": 0, "length": 2, "custom_emoji_id": "1"},
        {"type": "something_new", "offset": 0, "length": 2},
    ]
    assert rich_text("😀 hello", entities).spans == ()
    assert mentions_people(entities)
    assert not mentions_people(entities[:1])


def test_whoever_writes_in_a_groups_name_is_only_named() -> None:
    assert message_entities(RichText("Boss, look", (Span("mention", 0, 4, "-1001:Boss"),))) == []


def test_a_mention_by_the_program_names_the_person() -> None:
    entity = message_entities(RichText("Ivan, look", (Span("mention", 0, 4, "42"),)))[0]
    assert (entity.type, entity.length) == ("text_mention", 4)
    assert entity.user is not None
    assert entity.user.id == 42


def test_an_expandable_quote_stays_a_quote() -> None:
    read = rich_text("long", [{"type": "expandable_blockquote", "offset": 0, "length": 4}])
    assert message_entities(read)[0].type == "blockquote"


def test_what_is_cut_off_crosses_nothing_that_the_whole_held() -> None:
    spans = (
        Span("strike", 4, 3),
        Span("bold", 0, 1),
        Span("strike", 0, 5),
        Span("link", 4, 2, "https://x.example"),
    )
    shown = [(e["type"], e["offset"], e["length"]) for e in _as_json(RichText("@" * 7, spans))]
    assert sorted(shown, key=lambda e: (e[1], -e[2])) == shown
    assert [e for e in shown if e[0] == "strikethrough"] == [
        ("strikethrough", 0, 4),
        ("strikethrough", 4, 1),
        ("strikethrough", 5, 1),
        ("strikethrough", 6, 1),
    ]
