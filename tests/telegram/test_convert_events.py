"""Updates that aren't messages: edits, reactions, presses, the bot's standing; and malformed ones."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.telegram import ids
from bot.messengers.telegram.convert import convert
from domain.events import Edited, Ignored, Membership, Pressed, Reacted
from tests.telegram.test_convert import ANNA, FORUM, ME, PRIVATE


def test_an_edit_carries_the_new_content() -> None:
    body = {"message_id": 5, "date": 1, "edit_date": 9, "chat": PRIVATE, "from": ANNA, "text": "new"}
    edit = convert({"update_id": 1, "edited_message": body}, ME)
    assert isinstance(edit, Edited)
    assert (edit.content.text.text, edit.at.timestamp()) == ("new", 9)


@pytest.mark.parametrize(
    ("before", "after", "emoji"),
    [
        ([], ["👍"], "👍"),
        (["👍"], [], None),
        (["👍"], ["👍", "🔥"], "🔥"),
        (["👍", "🔥"], ["👍"], "👍"),
    ],
)
def test_the_newest_reaction_counts(before: list[str], after: list[str], emoji: str | None) -> None:
    old, new = ([{"type": "emoji", "emoji": e} for e in side] for side in (before, after))
    body = {"chat": FORUM, "message_id": 5, "user": ANNA, "date": 1, "old_reaction": old, "new_reaction": new}
    event = convert({"update_id": 1, "message_reaction": body}, ME)
    assert isinstance(event, Reacted)
    assert event.emoji == emoji


def test_a_custom_reaction_has_no_emoji() -> None:
    new = [{"type": "custom_emoji", "custom_emoji_id": "1"}]
    body = {
        "chat": FORUM,
        "message_id": 5,
        "actor_chat": FORUM,
        "date": 1,
        "old_reaction": [],
        "new_reaction": new,
    }
    event = convert({"update_id": 1, "message_reaction": body}, ME)
    assert isinstance(event, Reacted)
    assert (event.emoji, event.author.name) == (None, "Bugs")


def test_a_press_names_button_and_place() -> None:
    under = {"message_id": 8, "date": 3, "chat": FORUM, "message_thread_id": 6, "is_topic_message": True}
    press = convert(
        {"update_id": 1, "callback_query": {"id": "9", "from": ANNA, "data": "take:1", "message": under}}, ME
    )
    assert isinstance(press, Pressed)
    assert (press.press, press.data, press.ref, press.thread) == ("9", "take:1", "8", "6")


def test_a_press_under_a_message_too_old_to_be_had_is_a_press() -> None:
    under = {"message_id": 8, "date": 0, "chat": FORUM}
    press = convert(
        {"update_id": 1, "callback_query": {"id": "9", "from": ANNA, "data": "x", "message": under}}, ME
    )
    assert isinstance(press, Pressed)


@pytest.mark.parametrize(
    ("status", "more", "standing"),
    [
        ("member", {}, "in"),
        ("administrator", {}, "admin"),
        ("creator", {}, "admin"),
        ("restricted", {"is_member": True}, "in"),
        ("restricted", {"is_member": False}, "out"),
        ("left", {}, "out"),
        ("kicked", {}, "out"),
    ],
)
def test_the_bots_standing(status: str, more: dict[str, Any], standing: str) -> None:
    member = {"status": status, "user": {}} | more
    body = {"chat": PRIVATE, "from": ANNA, "date": 1, "old_chat_member": {}, "new_chat_member": member}
    event = convert({"update_id": 1, "my_chat_member": body}, ME)
    assert isinstance(event, Membership)
    assert event.standing == standing


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "poll_answer": {}},
        {"update_id": 1, "callback_query": {"id": "1", "from": ANNA, "inline_message_id": "x", "data": "y"}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": -1, "type": "channel"}}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": FORUM, "migrate_to_chat_id": -5}},
        ids.moved_event("-1", "-1002", 5).parsed or {"update_id": 0, "okno_moved": ["-1", "-1002"]},
    ],
)
def test_what_nobody_needs_is_ignored(update: dict[str, Any]) -> None:
    assert isinstance(convert(update, ME), Ignored)


@pytest.mark.parametrize(
    "update",
    [
        [],
        {"update_id": 1, "message": 5},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "x"}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "x", "chat": PRIVATE}},
        {"update_id": 1, "message": {"message_id": 1, "chat": PRIVATE, "from": ANNA, "text": "x"}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": PRIVATE, "from": ANNA, "text": 5}},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": PRIVATE, "from": ANNA, "photo": []}},
        {
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": PRIVATE,
                "from": ANNA,
                "text": "x",
                "entities": [{}],
            },
        },
        {
            "update_id": 1,
            "message": {"message_id": 1, "date": 10**30, "chat": PRIVATE, "from": ANNA, "text": "x"},
        },
    ],
)
def test_malformed_updates_raise_a_clear_error(update: Any) -> None:
    with pytest.raises(ValueError):
        convert(update, ME)
