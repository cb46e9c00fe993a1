"""The pages' conversion of anything: nothing raises, nothing is lost."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messengers.web.convert import convert
from domain import composing
from domain.events import Wrote
from domain.messages import Content, dump_content, load_content
from domain.policy import Capabilities
from domain.richtext import plain, silence_mentions, split, utf16_length
from tests.conversion.generated import contents, mangled, rich_texts

ANYTHING = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
CHAT = {"native": "c:abc", "kind": "private", "title": "Anna"}
PERSON = {"native": "c:abc", "name": "Anna", "locale": "ru", "timezone": "", "is_admin": False}
AROUND: dict[str, Any] = {"v": 1, "chat": CHAT, "person": PERSON, "ref": "1", "at": 1_700_000_000_000}
CONTENT = {
    "v": 1,
    "text": "hi",
    "spans": [["bold", 0, 1, None]],
    "files": [{"kind": "photo", "ref": "A" * 32}],
}
EVENTS = st.sampled_from(
    [
        AROUND | {"what": "wrote", "content": CONTENT, "reply_to": "1"},
        AROUND | {"what": "edited", "content": CONTENT},
        AROUND | {"what": "deleted"},
        AROUND | {"what": "reacted", "emoji": "👍"},
        AROUND | {"what": "pressed", "data": "card:1:take", "press": "p"},
        AROUND | {"what": "introduced"},
    ]
)


@ANYTHING
@given(contents())
def test_what_is_stored_comes_back(content: Content) -> None:
    assert load_content(dump_content(content)) == content
    event = convert(AROUND | {"what": "wrote", "content": orjson.loads(dump_content(content))})
    assert isinstance(event, Wrote)
    assert event.content.text == content.text


@settings(ANYTHING, max_examples=300)
@given(mangled(EVENTS))
def test_what_is_malformed_is_refused(payload: Any) -> None:
    try:
        convert(payload)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        return  # the intake takes any of them for an event that can't be read


CAPS = st.builds(
    Capabilities, st.sampled_from([4096, 4000, 16_000]), st.sampled_from([1024, 4000, 16_000]), st.just(10)
)


@settings(ANYTHING, max_examples=150)
@given(st.lists(contents(), min_size=1, max_size=10), st.booleans(), CAPS)
def test_parts_fit_and_nothing_is_lost(said: list[Content], headed: bool, caps: Capabilities) -> None:
    header = plain("Anna #1\n") if headed else None
    parts = composing.parts(said, header, caps)
    assert len(parts[0].contents) == len(said)
    for part in parts:
        for number, content in enumerate(part.contents):
            own = utf16_length(content.text.text)
            own += utf16_length(part.header.text) if part.header is not None and number == 0 else 0
            assert own <= (caps.max_caption if content.files else caps.max_text)
            assert all(0 <= s.start < s.end <= len(content.text.text) for s in content.text.spans)
    pieces = ["".join(c.text.text for c in part.contents) for part in parts]
    assert sorted("".join(pieces)) == sorted("".join(c.text.text for c in said))


@ANYTHING
@given(rich_texts(), st.integers(2, 5000))
def test_splitting_cuts_no_character_and_no_format(words: Any, limit: int) -> None:
    parts = split(words, limit)
    assert "".join(p.text for p in parts) == words.text
    assert all(utf16_length(p.text) <= limit for p in parts)
    covered = sum(s.length for p in parts for s in p.spans)
    assert covered == sum(s.length for s in words.spans)


@ANYTHING
@given(rich_texts())
def test_silenced_mentions_keep_every_character(words: Any) -> None:
    silent = silence_mentions(words)
    assert silent.text.replace("\u2060", "") == words.text.replace("\u2060", "")
    assert all(0 <= s.start < s.end <= len(silent.text) for s in silent.spans)
    assert not any(s.kind == "mention" for s in silent.spans)
