"""Keys, lanes, albums, moves, links."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.telegram import ids

CHAT = {"id": -1001, "type": "supergroup"}
TOPIC = {"message_thread_id": 7, "is_topic_message": True, "chat": CHAT}


@pytest.mark.parametrize(
    ("update", "lane"),
    [
        ({"message": {"chat": {"id": 42, "type": "private"}}}, "42"),
        ({"message": {"chat": CHAT}}, "-1001"),
        ({"message": TOPIC}, "-1001:7"),
        ({"edited_message": TOPIC}, "-1001:7"),
        ({"callback_query": {"message": TOPIC}}, "-1001:7"),
        ({"message": {"chat": CHAT, "message_thread_id": 7}}, "-1001"),  # a reply thread, no topic
        ({"message_reaction": {"chat": CHAT, "message_id": 1}}, "-1001"),
        ({"my_chat_member": {"chat": CHAT}}, "-1001"),
        (
            {
                "message": {
                    "chat": {"id": 42, "type": "private"},
                    "message_thread_id": 7,
                    "is_topic_message": True,
                }
            },
            "42",
        ),
        ({"message": 5}, ""),
        ({}, ""),
    ],
)
def test_the_lane_is_the_chat_or_its_topic(update: dict[str, Any], lane: str) -> None:
    event = ids.raw_event({"update_id": 9} | update)
    assert event is not None
    assert (event.key.partition(":")[0], event.position, event.lane) == ("9", 9, lane)


def test_parts_of_an_album_know_it_and_edits_do_not() -> None:
    part = {"chat": CHAT, "media_group_id": "g"}
    assert [
        event.album
        for event in ids.raw_events(
            [{"update_id": 1, "message": part}, {"update_id": 2, "edited_message": part}]
        )
    ] == ["g", ""]


def test_a_group_that_moved_says_so_from_both_sides() -> None:
    here = {"update_id": 1, "message": {"chat": {"id": -5}, "migrate_to_chat_id": -1005}}
    there = {"update_id": 2, "message": {"chat": {"id": -1005}, "migrate_from_chat_id": -5}}
    assert [e.moved for e in ids.raw_events([here, there])] == [("-5", "-1005"), ("-5", "-1005")]
    assert ids.moved_event("-5", "-1005", 3).moved == ("-5", "-1005")


@pytest.mark.parametrize("update", [None, 5, [], {}, {"update_id": "x"}, {"update_id": 2**63}])
def test_what_has_no_number_cannot_be_kept(update: Any) -> None:
    assert ids.raw_events([update]) == []


@pytest.mark.parametrize(
    ("where", "link"),
    [
        (("-1001234", "7", "9"), "https://t.me/c/1234/7/9"),
        (("-1001234", None, "9"), "https://t.me/c/1234/9"),
        (("-1001234", "7", None), "https://t.me/c/1234/7"),
        (("-1001234", None, None), None),
        (("42", None, "9"), None),
        (("-55", None, "9"), None),
    ],
)
def test_links_open_supergroups(where: tuple[str, str | None, str | None], link: str | None) -> None:
    assert ids.link(*where) == link
