"""Updates as events: every kind, whoever it is from, however little of it is there."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messengers.telegram import ids
from bot.messengers.telegram.convert import ASKED_FOR, Reader, convert
from bot.messengers.telegram.service import SERVICE
from domain.events import Event, Ignored, ThreadMade, Wrote
from domain.messages import dump_content, load_content
from domain.richtext import Span

ME = Reader("7000", "OknoBot", "en")
ANNA = {"id": 42, "is_bot": False, "first_name": "Anna", "last_name": "K", "language_code": "ru"}
PRIVATE = {"id": 42, "type": "private", "first_name": "Anna"}
FORUM = {"id": -1001, "type": "supergroup", "title": "Bugs", "is_forum": True}
FILE = {"file_id": "F", "file_unique_id": "U", "file_size": 10}


def message(chat: dict[str, Any] = PRIVATE, sender: dict[str, Any] = ANNA, **body: Any) -> Event:
    whole = {"message_id": 5, "date": 1_700_000_000, "chat": chat, "from": sender} | body
    return convert({"update_id": 1, "message": whole}, ME)


def wrote(**body: Any) -> Wrote:
    event = message(**body)
    assert isinstance(event, Wrote)
    return event


def test_a_text_arrives_with_its_author_and_formatting() -> None:
    said = wrote(text="😀 bold", entities=[{"type": "bold", "offset": 3, "length": 4}])
    assert (said.author.native, said.author.name, said.author.locale) == ("42", "Anna K", "ru")
    assert (said.chat.native, said.chat.kind, said.ref, said.thread) == ("42", "private", "5", None)
    assert said.content.text.spans == (Span("bold", 2, 4),)
    assert said.content.copyable
    assert said.at.tzinfo is not None
    assert said.at.timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"photo": [FILE | {"width": 1, "height": 1}, FILE | {"width": 9, "height": 9}]}, "photo", ""),
        ({"document": FILE | {"file_name": "a.pdf"}}, "document", ""),
        ({"animation": FILE, "document": FILE}, "animation", ""),
        ({"audio": FILE | {"duration": 3}}, "audio", ""),
        ({"voice": FILE | {"duration": 3}}, "voice", ""),
        ({"video": FILE | {"width": 3, "height": 4}}, "video", ""),
        ({"video_note": FILE | {"length": 240}}, "video_note", ""),
        ({"live_photo": FILE}, "video", ""),
        ({"sticker": FILE | {"emoji": "🙂"}}, "sticker", "🙂"),
        ({"location": {"latitude": 1.5, "longitude": 2}}, "location", "1.5"),
        ({"location": {"latitude": 1.5, "longitude": 2, "live_period": 60}}, "location", "1.5"),
        (
            {"venue": {"title": "Café", "address": "X 1", "location": {"latitude": 1, "longitude": 2}}},
            "venue",
            "Café",
        ),
        ({"contact": {"first_name": "Bo", "phone_number": "+7"}}, "contact", "+7"),
        ({"poll": {"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}]}}, "poll", "– yes\n– no"),
        ({"dice": {"emoji": "🎲", "value": 6}}, "dice", "6"),
        ({"checklist": {"title": "Do", "tasks": [{"id": 1, "text": "wash"}]}}, "checklist", "☐ wash"),
        ({"story": {"chat": {"first_name": "Bo"}, "id": 1}}, "story", "Bo"),
        ({"paid_media": {}}, "paid", ""),
        ({"giveaway": {}}, "told", ""),
        ({"giveaway_winners": {}}, "told", ""),
        ({"game": {"title": "Chess"}}, "told", "Chess"),
        ({"invoice": {"title": "Bill"}}, "told", "Bill"),
        ({"a_kind_of_next_year": {}}, "other", ""),
    ],
)
def test_every_kind_is_read(body: dict[str, Any], kind: str, words: str) -> None:
    content = wrote(**body).content
    assert content.kind == kind
    assert content.label or kind not in {"poll", "dice", "checklist", "story", "paid", "other", "sticker"}
    if kind not in {"paid", "other"}:
        assert [f.kind for f in content.files] == ([kind] if content.files else [])
    if "label." not in content.label:  # once the catalogs have it
        assert words in content.label
    assert load_content(dump_content(content)) == content


def test_the_largest_photo_is_the_one() -> None:
    sizes = [
        FILE | {"file_id": "big", "width": 9, "height": 9},
        FILE | {"file_id": "small", "width": 2, "height": 9},
    ]
    assert ids.file_id(wrote(photo=sizes, caption="look").content.files[0].ref) == "big"


@pytest.mark.parametrize(
    "body",
    [
        {"paid_media": {}},
        {"invoice": {"title": "x"}},
        {"giveaway": {}},
        {"poll": {"type": "quiz", "question": "?", "options": []}},
        {"text": "x", "has_protected_content": True},
        {
            "text": "Bo, hi",
            "entities": [{"type": "text_mention", "offset": 0, "length": 2, "user": {"id": 3}}],
        },
        {
            "photo": [FILE | {"width": 1, "height": 1}],
            "caption_entities": [{"type": "text_mention"} | dict.fromkeys(("offset", "length"), 0)],
        },
        {
            "rich_message": {
                "blocks": [{"type": "paragraph", "text": {"type": "text_mention", "text": "Bo", "user": {}}}]
            }
        },
    ],
)
def test_what_cannot_be_copied_or_would_ping_is_not_copyable(body: dict[str, Any]) -> None:
    assert not wrote(**body).content.copyable


def test_a_quiz_whose_answer_is_known_can_be_copied() -> None:
    assert wrote(
        poll={"type": "quiz", "question": "?", "options": [], "correct_option_id": 0}
    ).content.copyable


def test_a_rich_message_gives_its_words() -> None:
    blocks = [
        {"type": "heading", "text": "Title", "size": 1},
        {"type": "paragraph", "text": ["one ", {"type": "bold", "text": "two"}]},
        {"type": "list", "items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": "first"}]}]},
        {"type": "table", "cells": [[{"text": "a"}, {"text": "b"}], [{"text": "c"}]]},
    ]
    content = wrote(rich_message={"blocks": blocks}).content
    assert content.kind == "text"
    assert content.copyable
    for words in ("Title", "one two", "first", "a | b", "c"):
        assert words in content.text.text


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "sender_user": ANNA}, "Anna K"),
        ({"type": "hidden_user", "sender_user_name": "Somebody"}, "Somebody"),
        ({"type": "chat", "sender_chat": {"id": -1, "title": "Group"}}, "Group"),
        ({"type": "channel", "chat": {"id": -1, "title": "News"}}, "News"),
    ],
)
def test_a_forward_names_its_origin(origin: dict[str, Any], name: str) -> None:
    said = wrote(text="x", forward_origin=origin)
    assert said.forwarded
    assert said.content.forwarded_from == name


@pytest.mark.parametrize("field", sorted(SERVICE - {"forum_topic_created"}))
def test_telegrams_own_lines_are_service(field: str) -> None:
    assert wrote(chat=FORUM, **{field: {}}).is_service


def test_a_topics_messages_are_in_it_and_answer_only_what_they_answer() -> None:
    topic = {"message_thread_id": 77, "is_topic_message": True, "chat": FORUM}
    root = {"message_id": 77, "forum_topic_created": {"name": "x"}}
    assert wrote(text="x", reply_to_message=root, **topic).reply_to is None
    answer = wrote(text="x", reply_to_message={"message_id": 80}, **topic)
    assert (answer.thread, answer.reply_to) == ("77", "80")
    assert answer.chat.threaded


def test_reply_threads_of_a_plain_group_are_no_threads() -> None:
    group = {"id": -1002, "type": "supergroup", "title": "G"}
    said = wrote(chat=group, text="x", message_thread_id=9, reply_to_message={"message_id": 9})
    assert (said.thread, said.reply_to, said.chat.threaded) == (None, "9", False)


def test_an_anonymous_administrator_is_a_person_of_the_group() -> None:
    bot = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    said = wrote(chat=FORUM, sender=bot, sender_chat=FORUM, text="x", author_signature="Boss")
    assert (said.author.name, said.author.is_bot, said.author.native) == ("Boss", False, "-1001:Boss")
    assert wrote(chat=FORUM, sender=bot, sender_chat=FORUM, text="x").author.name == "Bugs"


def test_nobody_else_writes_in_a_private_chat() -> None:
    with pytest.raises(ValueError, match="private chat"):
        wrote(chat=PRIVATE, sender=ANNA | {"id": 43}, text="x")


def test_a_linked_channels_posts_are_service() -> None:
    telegram = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    news = {"id": -5, "type": "channel", "title": "News"}
    said = wrote(chat=FORUM, sender=telegram, sender_chat=news, text="x", is_automatic_forward=True)
    assert said.is_service


def test_other_bots_are_bots() -> None:
    assert wrote(chat=FORUM, sender=ANNA | {"is_bot": True}, text="x").author.is_bot


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("/take@OknoBot", "/take"),
        ("/move@oknobot bugs", "/move bugs"),
        ("/take", "/take"),
        ("a /take@Other", "a /take@Other"),
    ],
)
def test_a_command_is_heard_without_the_bots_name(said: str, heard: str) -> None:
    assert wrote(chat=FORUM, text=said).content.text.text == heard


def test_spans_follow_when_the_bots_name_is_taken_out() -> None:
    entities = [
        {"type": "bold", "offset": 14, "length": 3},
        {"type": "bot_command", "offset": 0, "length": 13},
    ]
    said = wrote(chat=FORUM, text="/note@OknoBot abc", entities=entities)
    assert said.content.text.spans == (Span("bold", 6, 3),)


def test_another_bots_command_is_not_for_us() -> None:
    assert isinstance(message(chat=FORUM, text="/take@OtherBot"), Ignored)
    assert (
        wrote(text="/take@OtherBot").content.text.text == "/take@OtherBot"
    )  # a customer's words stay theirs


def test_a_made_topic_tells_who_made_it() -> None:
    topic = {"message_thread_id": 5, "is_topic_message": True, "forum_topic_created": {"name": "Anna #1"}}
    made = message(chat=FORUM, sender={"id": 7000, "is_bot": True, "first_name": "Okno"}, **topic)
    assert isinstance(made, ThreadMade)
    assert (made.thread, made.title, made.by_bot) == ("5", "Anna #1", True)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2**62, 1.5, "", "x", [], [1], [{}], [None], [[]], {}, {"x": 1}, {"id": "1"}]
)
FIELDS = st.sampled_from(
    [
        "text",
        "entities",
        "caption",
        "photo",
        "document",
        "sticker",
        "poll",
        "location",
        "venue",
        "contact",
        "dice",
        "chat",
        "from",
        "sender_chat",
        "reply_to_message",
        "forward_origin",
        "message_thread_id",
        "media_group_id",
        "checklist",
    ]
)


@given(
    st.sampled_from(ASKED_FOR), st.dictionaries(FIELDS, ODD, max_size=4), st.sampled_from([PRIVATE, FORUM])
)
def test_no_update_raises_anything_but_a_value_error(
    kind: str, odd: dict[str, Any], chat: dict[str, Any]
) -> None:
    body = {"message_id": 5, "date": 1, "chat": chat, "from": ANNA} | odd
    update = {"update_id": 1, kind: body}
    raw = ids.raw_event(update)
    assert raw is not None
    assert raw.key.startswith("1:")
    with contextlib.suppress(ValueError):
        convert(update, ME)


@given(st.text(max_size=60), st.lists(st.sampled_from(["bold", "code", "url", "spoiler"]), max_size=3))
def test_no_text_is_lost(text: str, kinds: list[str]) -> None:
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    entities = [{"type": kind, "offset": 0, "length": length} for kind in kinds]
    assert wrote(text=text, entities=entities).content.text.text == text
    assert wrote(caption=text, caption_entities=entities, document=FILE).content.text.text == text
