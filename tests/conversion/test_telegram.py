"""Telegram's conversion of anything: nothing raises, nothing is lost, limits are kept."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messengers.telegram import compose, ids
from bot.messengers.telegram.compose import MAX_CAPTION, MAX_TEXT, stored_steps
from bot.messengers.telegram.convert import Reader, convert
from bot.messengers.telegram.upload import SpooledFile, shown_by_telegram
from bot.messengers.telegram.wire import _given
from domain.events import Event, Wrote
from domain.messages import Attachment, Content, dump_content, load_content, with_files
from domain.names import shows
from domain.requests import Send
from domain.richtext import RichText, plain, utf16_length
from tests.conversion.generated import BUTTONS, TEXTS, contents, mangled, rich_texts

ME = Reader("7", "okno_bot", "en")
ANYTHING = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

USER = {"id": 42, "is_bot": False, "first_name": "Anna", "language_code": "ru"}
CHAT = {"id": 42, "type": "private", "first_name": "Anna"}
FILE = {
    "file_id": "f",
    "file_unique_id": "u",
    "file_size": 10,
    "file_name": "a.txt",
    "mime_type": "text/plain",
}
ENTITIES = [
    {"type": "bold", "offset": 0, "length": 1},
    {"type": "text_link", "offset": 0, "length": 2, "url": "http://x"},
]
BODIES: list[dict[str, Any]] = [
    {"text": "hi 😀", "entities": ENTITIES},
    {
        "photo": [FILE | {"width": 3, "height": 4}],
        "caption": "c",
        "caption_entities": ENTITIES,
        "media_group_id": "1",
    },
    *(
        {kind: FILE | {"width": 1, "height": 1, "length": 1, "duration": 1, "emoji": "🙂"}}
        for kind in (
            "document",
            "animation",
            "audio",
            "voice",
            "video",
            "video_note",
            "sticker",
            "live_photo",
        )
    ),
    {"location": {"latitude": 1.5, "longitude": 2}},
    {"venue": {"location": {"latitude": 1, "longitude": 2}, "title": "T", "address": "A"}},
    {"contact": {"phone_number": "+7", "first_name": "B", "last_name": "C"}},
    {"poll": {"id": "1", "question": "?", "options": [{"text": "a", "voter_count": 0}], "type": "quiz"}},
    {"dice": {"emoji": "🎲", "value": 4}},
    {"checklist": {"title": "T", "tasks": [{"id": 1, "text": "a"}]}},
    {"story": {"chat": CHAT, "id": 1}},
    {"paid_media": {"star_count": 5, "paid_media": [{"type": "preview"}]}},
    {"rich_message": {"blocks": [{"type": "paragraph", "text": ["a", {"type": "bold", "text": "b"}]}]}},
    {"invoice": {"title": "t", "total_amount": 1, "currency": "XTR"}},
    {"game": {"title": "t", "description": "d"}},
    {"giveaway": {"winner_count": 1}},
    {"new_chat_members": [USER]},
    {"migrate_to_chat_id": -1001},
    {"forum_topic_created": {"name": "n", "icon_color": 1}, "message_thread_id": 5, "is_topic_message": True},
]
AROUND: dict[str, Any] = {
    "message_id": 5,
    "date": 1_700_000_000,
    "chat": CHAT,
    "from": USER,
    "forward_origin": {"type": "user", "sender_user": USER, "date": 1},
    "reply_to_message": {"message_id": 4, "chat": CHAT, "date": 1},
    "quote": {"text": "q", "position": 0},
    "link_preview_options": {"url": "x"},
}
MESSAGES = st.sampled_from([AROUND | body for body in BODIES])
UPDATES = st.one_of(
    st.builds(lambda m: {"update_id": 1, "message": m}, MESSAGES),
    st.builds(lambda m: {"update_id": 1, "edited_message": m | {"edit_date": 1_700_000_001}}, MESSAGES),
    st.sampled_from(
        [
            {
                "update_id": 1,
                "callback_query": {"id": "9", "from": USER, "data": "card:1:take", "message": AROUND},
            },
            {
                "update_id": 1,
                "message_reaction": {
                    "chat": CHAT,
                    "message_id": 4,
                    "user": USER,
                    "date": 1,
                    "old_reaction": [],
                    "new_reaction": [{"type": "emoji", "emoji": "👍"}],
                },
            },
            {
                "update_id": 1,
                "my_chat_member": {
                    "chat": CHAT,
                    "from": USER,
                    "date": 1,
                    "new_chat_member": {"status": "member", "user": USER},
                },
            },
        ]
    ),
)


def read(update: Any) -> Event | None:
    """The event; None when it is refused in the one way that the intake expects."""
    raw = ids.raw_event(update)
    try:
        event = convert(update, ME)
    except ValueError:
        return None
    if raw is not None:
        assert convert(orjson.loads(raw.payload), ME) == event
    return event


@ANYTHING
@given(UPDATES)
def test_every_kind_is_read(update: Any) -> None:
    assert read(update) is not None


@settings(ANYTHING, max_examples=500)
@given(mangled(UPDATES))
def test_what_is_malformed_is_refused_in_one_way_and_keeps_its_lane(update: Any) -> None:
    event = read(update)
    if isinstance(event, Wrote):
        stored = dump_content(event.content)
        assert load_content(stored) == event.content
        assert isinstance(event.ref, str)


@ANYTHING
@given(
    TEXTS,
    st.lists(
        st.tuples(
            st.sampled_from(["bold", "pre", "text_link", "custom_emoji", "x"]),
            st.integers(-5, 200),
            st.integers(-5, 200),
        ),
        max_size=5,
    ),
)
def test_texts_arrive_whole_whatever_is_said_of_their_formats(
    text: str, entities: list[tuple[str, int, int]]
) -> None:
    given_ = [{"type": k, "offset": o, "length": n, "url": "http://x"} for k, o, n in entities]
    event = read({"update_id": 1, "message": {**AROUND, "text": text, "entities": given_}})
    if text.startswith("/"):
        return
    assert isinstance(event, Wrote)
    assert event.content.text.text == text
    assert all(0 <= s.start < s.end <= len(text) for s in event.content.text.spans)


@dataclass
class Lying:
    """A file that lies ready."""

    file: Attachment

    def open(self) -> BinaryIO:
        return io.BytesIO(b"x")

    def chunks(self) -> Any:
        raise NotImplementedError


@settings(ANYTHING, max_examples=150)
@given(
    st.lists(contents(), min_size=1, max_size=12),
    st.one_of(st.none(), rich_texts(st.sampled_from(["Anna #1\n", "\u2068אבג\u2069 #2\n"]))),
    BUTTONS,
    st.booleans(),
    st.sampled_from(["web", "telegram"]),
)
def test_whatever_is_said_fits_and_nothing_is_lost(
    said: list[Content], header: RichText | None, buttons: Any, quiet: bool, source: str
) -> None:
    files = [shown_by_telegram(f) if source == "web" else f for c in said for f in c.files]
    request = Send(
        "1",
        with_files(said, files),
        "l",
        thread="5",
        reply_to="4",
        source=source,
        header=header,
        buttons=buttons,
        quiet_mentions=quiet,
    )
    words = []
    for step in stored_steps(request, {f.ref: Lying(f) for f in files}):
        uploads: dict[str, SpooledFile] = {}
        body = as_sent(step.method, uploads)
        orjson.dumps(body)
        media = body.get("media")
        if media is not None:
            assert 2 <= len(media) <= 10
            assert len({("visual" if m["type"] in ("photo", "video") else m["type"]) for m in media}) == 1
        for item in media or [body]:
            words += checked(item)
        for row in (body.get("reply_markup") or {}).get("inline_keyboard", []):
            assert all(0 < len(b["callback_data"].encode()) <= 64 for b in row)
        assert all(file.filename and "/" not in file.filename for file in uploads.values())
    whole = "".join(words)
    spoken = Counter(bare("".join(c.text.text for c in said)))
    assert spoken <= Counter(bare(whole))


def as_sent(method: Any, uploads: dict[str, SpooledFile]) -> dict[str, Any]:
    """The call's fields as the wire sends them."""
    given_ = {name: getattr(method, name) for name in method.model_fields_set}
    return {name: _given(name, value, uploads) for name, value in given_.items() if value is not None}


def checked(body: dict[str, Any]) -> list[str]:
    """The words of a call, which fit."""
    found = []
    for name, limit, entities in (
        ("text", MAX_TEXT, "entities"),
        ("caption", MAX_CAPTION, "caption_entities"),
    ):
        words = body.get(name)
        if words is None:
            continue
        length = utf16_length(words)
        assert 0 < length <= limit
        for entity in body.get(entities) or []:
            assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= length
        found.append(words)
    return found


def bare(words: str) -> str:
    """The words as far as they are to be seen."""
    return "".join(c for c in words.replace("＠", "@") if shows(c))


@ANYTHING
@given(rich_texts(), st.booleans())
def test_captions_and_copies_of_our_own_fit_too(words: RichText, quiet: bool) -> None:
    from domain.requests import Original

    content = Content("photo", words, (Attachment("photo", "r u"),), copyable=True)
    request = Send(
        "1",
        (content,),
        "l",
        original=Original("2", ("3",)),
        source="telegram",
        header=plain("Anna #1\n"),
        quiet_mentions=quiet,
    )
    method = compose.native_copy(request)
    if method is not None:
        uploads: dict[str, SpooledFile] = {}
        checked(as_sent(method, uploads))
