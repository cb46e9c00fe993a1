"""Entities and spans: what goes out and comes back is the same; odd ones do no harm."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.messengers.telegram.entities import mentions_people, message_entities, rich_text
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


@given(rich_texts())
def test_spans_survive_the_way_through_utf16(text: RichText) -> None:
    back = rich_text(text.text, _as_json(text))
    assert back.text == text.text
    assert sorted(back.spans, key=repr) == sorted(text.spans, key=repr)


@given(rich_texts())
def test_an_entity_covers_the_same_characters_in_utf16(text: RichText) -> None:
    raw = text.text.encode("utf-16-le")
    stretches = sorted(text.text[s.start : s.end] for s in text.spans)
    covered = sorted(
        raw[2 * e.offset : 2 * (e.offset + e.length)].decode("utf-16-le") for e in message_entities(text)
    )
    assert covered == stretches


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
