"""Slack's conversion of anything: nothing raises, nothing is lost, limits are kept."""

from __future__ import annotations

import unicodedata
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messengers.slack import ids
from bot.messengers.slack.blocks import MAX_TEXT, blocks, worded
from bot.messengers.slack.convert import Reader, convert
from bot.messengers.slack.rich import escaped, marked_up, rich_text, unescaped
from domain.events import Event, Wrote
from domain.messages import Content, dump_content, load_content
from domain.requests import Button
from domain.richtext import RichText, split
from tests.conversion.generated import BUTTONS, TEXTS, contents, mangled, rich_texts

ME = Reader("U0BOT", "en")
ANYTHING = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
MAX_ALL_BLOCKS = 13_200

ELEMENTS = [
    {"type": "text", "text": "a", "style": {"bold": True}},
    {"type": "link", "url": "http://x", "text": "l"},
    {"type": "emoji", "name": "smile", "unicode": "1f604"},
    {"type": "emoji", "name": "party"},
    {"type": "user", "user_id": "U2"},
    {"type": "broadcast", "range": "here"},
    {"type": "channel", "channel_id": "C1"},
    {"type": "date", "timestamp": 1, "fallback": "then"},
    {"type": "color", "value": "#fff"},
]
RICH = [
    {"type": "rich_text_section", "elements": ELEMENTS},
    {
        "type": "rich_text_list",
        "style": "ordered",
        "indent": 1,
        "offset": 2,
        "elements": [{"type": "rich_text_section", "elements": ELEMENTS}],
    },
    {"type": "rich_text_quote", "elements": ELEMENTS},
    {"type": "rich_text_preformatted", "elements": ELEMENTS},
]
FILE = {
    "id": "F1",
    "name": "a.png",
    "mimetype": "image/png",
    "size": 10,
    "original_w": 3,
    "original_h": 4,
    "mode": "hosted",
    "url_private": "https://files.slack.com/x",
}
MESSAGE: dict[str, Any] = {
    "type": "message",
    "user": "U1",
    "channel": "D1",
    "ts": "1700000000.000100",
    "thread_ts": "1700000000.000001",
    "text": "hi <@U2> <http://x|l> &amp;",
    "blocks": [{"type": "rich_text", "elements": RICH}],
    "files": [FILE, FILE | {"id": "F2", "mimetype": "audio/mp4", "duration_ms": 1200}],
    "attachments": [{"is_share": True, "text": "t", "author_name": "B"}],
}


def callback(event: Any) -> Any:
    return {"type": "event_callback", "team_id": "T1", "event_id": "E1", "event": event}


PAYLOADS = st.sampled_from(
    [
        callback(MESSAGE),
        callback({**MESSAGE, "channel": "C1", "subtype": "thread_broadcast"}),
        callback({k: v for k, v in MESSAGE.items() if k not in ("blocks", "files", "attachments")}),
        callback({**MESSAGE, "files": [{"id": "F1", "mode": "tombstone"}]}),
        callback(
            {
                "type": "message",
                "subtype": "message_changed",
                "channel": "D1",
                "ts": "1700000001.000100",
                "message": MESSAGE | {"edited": {"user": "U1", "ts": "1700000001.000000"}, "text": "new"},
                "previous_message": MESSAGE,
            }
        ),
        callback(
            {
                "type": "message",
                "subtype": "message_deleted",
                "channel": "D1",
                "ts": "1700000001.000100",
                "deleted_ts": "1700000000.000100",
                "previous_message": MESSAGE,
            }
        ),
        callback(
            {
                "type": "reaction_added",
                "user": "U1",
                "reaction": "+1",
                "event_ts": "1700000000.1",
                "item": {"type": "message", "channel": "C1", "ts": "1700000000.000100"},
            }
        ),
        callback(
            {
                "type": "member_joined_channel",
                "user": "U0BOT",
                "channel": "C1",
                "inviter": "U1",
                "event_ts": "1700000000.1",
            }
        ),
        {
            "type": "block_actions",
            "trigger_id": "1.4",
            "user": {"id": "U1", "name": "a"},
            "channel": {"id": "C1"},
            "message": MESSAGE,
            "actions": [{"action_id": "x", "value": "card:1:take", "action_ts": "1700000000.1"}],
        },
        {
            "type": "message_action",
            "callback_id": "okno_send",
            "trigger_id": "1.3",
            "user": {"id": "U1", "name": "a"},
            "channel": {"id": "C1"},
            "message": MESSAGE,
            "action_ts": "1700000000.1",
        },
        {
            "command": "/okno",
            "text": "queue",
            "channel_id": "C1",
            "user_id": "U1",
            "user_name": "a",
            "trigger_id": "1.2",
            ids.RECEIVED: 1.0,
        },
    ]
)


def read(payload: Any) -> list[Event]:
    """The events of what Slack sent; those that are refused in the one way that the intake expects are left out."""
    found = []
    for raw in ids.raw_events(payload):
        try:
            found.append(convert(orjson.loads(raw.payload), ME))
        except ValueError:
            continue
    return found


@ANYTHING
@given(PAYLOADS)
def test_every_kind_is_read(payload: Any) -> None:
    assert read(payload)


@settings(ANYTHING, max_examples=600)
@given(mangled(PAYLOADS))
def test_what_is_malformed_is_refused_in_one_way(payload: Any) -> None:
    for event in read(payload):
        if isinstance(event, Wrote):
            assert load_content(dump_content(event.content)) == event.content


@ANYTHING
@given(st.lists(rich_texts(), min_size=1, max_size=3))
def test_texts_arrive_whole(said: list[RichText]) -> None:
    for words in said:
        sections = [{"type": "text", "text": words.text}] if words.text else []
        event = callback(
            {
                **MESSAGE,
                "files": None,
                "attachments": None,
                "blocks": [
                    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": sections}]}
                ],
            }
        )
        (wrote,) = read(event)
        assert isinstance(wrote, Wrote)
        assert wrote.content.text.text == words.text.rstrip("\n")


@ANYTHING
@given(TEXTS)
def test_what_is_escaped_is_shown_as_typed(text: str) -> None:
    shown = escaped(text)
    assert not set("<>") & set(shown)
    assert unescaped(shown) == text
    assert marked_up(shown).text == text


@settings(ANYTHING, max_examples=200)
@given(contents(), BUTTONS, st.booleans())
def test_whatever_is_said_fits_and_nothing_is_lost(
    content: Content, buttons: tuple[tuple[Button, ...], ...], quiet: bool
) -> None:
    words = worded(content, None, quiet=quiet)
    assert content.text.text in words.text
    for part in split(words, MAX_TEXT):
        made = blocks(part, buttons)
        assert len(made) <= 50
        assert buttons or len(orjson.dumps(made).decode()) <= MAX_ALL_BLOCKS
        said = ""
        for block in made:
            if block["type"] == "section":
                assert 0 < len(block["text"]["text"]) <= 3000
                assert block["text"]["type"] == "plain_text"
                said += block["text"]["text"]
            elif block["type"] == "actions":
                assert 0 < len(block["elements"]) <= 25
                assert all(0 < len(b["text"]["text"]) <= 75 for b in block["elements"])
        typed = rich_text([b for b in made if b["type"] == "rich_text"])
        said = typed.text if typed is not None else said
        mentions = any(span.kind == "mention" for span in part.spans)
        if made and not mentions and (typed is not None or said):
            too_much = typed is None  # for blocks
            assert seen(said) == seen(part.text) if too_much else bare(said) == bare(part.text)
        if quiet:
            assert "user_id" not in orjson.dumps(made).decode()


CONTROLS = {
    code: " " for code in range(160) if unicodedata.category(chr(code)) == "Cc" and code not in (9, 10)
}


def seen(words: str) -> str:
    """What of the words shows, where they are too much for blocks: those of spaces alone are left out."""
    return "".join(words.translate(CONTROLS).split())


def bare(words: str) -> str:
    """The words without line ends, which blocks make and take at their edges."""
    return words.replace("\n", "")
