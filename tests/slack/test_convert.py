"""Events as Slack sends them, in Okno's words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.slack import ids
from bot.messengers.slack.convert import MalformedError, Reader, convert
from domain.events import (
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Ignored,
    Membership,
    Pressed,
    Reacted,
    Referenced,
    Wrote,
)
from domain.richtext import Span
from tests.fakes.slack import BOT_USER
from tests.fakes.slack_people import People
from tests.fakes.slack_world import Json, World

ME = Reader(BOT_USER, "en")


class Ear:
    """Hears what the app would hear."""

    def __init__(self) -> None:
        self.world = World()
        self.people = People(self.world)
        self.heard: list[Json] = []
        self.world.emit = lambda event: self.heard.append({"type": "event_callback", "event": event})
        self.people.interact = self.heard.append
        self.anna = self.people.user("Anna")
        self.ivan = self.people.user("Ivan")
        self.desk = self.people.channel("howto", [self.ivan])

    def newest(self) -> Event:
        return self.events()[-1]

    def events(self) -> list[Event]:
        return [convert(raw.parsed, ME) for raw in ids.raw_events(self.heard[-1])]

    def keys(self) -> list[str]:
        return [raw.key for payload in self.heard for raw in ids.raw_events(payload)]


@pytest.fixture
def ear() -> Ear:
    return Ear()


def shared_with(ear: Ear, words: str, **shared: Any) -> Wrote:
    """Somebody passes a message on, with a few words of their own."""
    ear.people.writes(ear.anna, words, attachments=[{"is_share": True, "is_msg_unfurl": True, **shared}])
    event = ear.newest()
    assert isinstance(event, Wrote)
    return event


def test_what_is_passed_on_stands_under_ones_own_words(ear: Ear):
    event = shared_with(ear, "what does this mean?", author_name="Boris", text="error &lt;5&gt;")
    words = event.content.text
    assert words.text == "what does this mean?\nBoris:\nerror <5>"
    assert words.spans == (Span("quote", 21, 16),)
    assert event.content.forwarded_from == ""
    assert event.forwarded


def test_files_that_are_passed_on_are_named(ear: Ear):
    event = shared_with(ear, "", author_name="Boris", files=[{"id": "F1", "name": "log.txt"}, {"id": "F2"}])
    assert (event.content.text.text, event.content.forwarded_from) == ("log.txt\nF2", "Boris")


def test_a_link_to_a_message_is_no_forward(ear: Ear):
    event = convert(
        {
            "type": "event_callback",
            "event": {
                "type": "message",
                "channel": ear.desk,
                "user": ear.ivan,
                "ts": "1700000000.000100",
                "thread_ts": "1699999999.000100",
                "text": "see <https://x.slack.com/archives/C1/p1>",
                "attachments": [{"is_msg_unfurl": True, "text": "earlier", "author_name": "Boris"}],
            },
        },
        ME,
    )
    assert isinstance(event, Wrote)
    assert not event.forwarded
    assert event.content.text.text == "see https://x.slack.com/archives/C1/p1"


def test_a_channel_shared_with_customers_is_one_lane_with_threads(ear: Ear):
    shared = Reader(BOT_USER, "en", frozenset({ear.desk}))
    boris = ear.people.user("Boris", team="T0ACME")
    root = ear.people.writes(boris, "A question", ear.desk)
    ear.people.writes(boris, "more", ear.desk, root)
    raws = [raw for payload in ear.heard for raw in ids.raw_events(payload, shared.shared)]
    first, second = (convert(raw.parsed, shared) for raw in raws)
    assert {raw.lane for raw in raws} == {ear.desk}
    assert isinstance(first, Wrote)
    assert isinstance(second, Wrote)
    assert (first.chat.kind, first.thread, first.author.name) == ("shared", None, "Boris")
    assert (second.thread, second.reply_to) == (root, None)


def test_the_home_tab_and_presses_on_it(ear: Ear):
    ear.people.opens_home(ear.anna)
    event = ear.newest()
    assert isinstance(event, HomeOpened)
    assert (event.chat.native, event.author.native) == (ear.people.dm(ear.anna), ear.anna)
    button = {"type": "button", "text": {"type": "plain_text", "text": "English"}, "value": "lang:0:en"}
    blocks = [{"type": "actions", "elements": [button]}]
    ear.people.presses_at_home(
        ear.anna, {"private_metadata": ear.people.dm(ear.anna), "blocks": blocks}, "English"
    )
    pressed = ear.newest()
    assert isinstance(pressed, Pressed)
    assert (pressed.chat.native, pressed.data) == (ear.people.dm(ear.anna), "lang:0:en")
    ear.people.opens_home(ear.anna, tab="messages")
    assert isinstance(ear.newest(), Ignored)


def test_a_press_of_what_one_person_alone_sees(ear: Ear):
    button = {"type": "button", "text": {"type": "plain_text", "text": "Bugs"}, "value": "move:1:bugs"}
    offered = {
        "channel": ear.desk,
        "thread_ts": "1.000001",
        "blocks": [{"type": "actions", "elements": [button]}],
    }
    ear.people.presses_offered(ear.ivan, offered, "Bugs")
    pressed = ear.newest()
    assert isinstance(pressed, Pressed)
    assert (pressed.data, pressed.thread) == ("move:1:bugs", "1.000001")


def test_the_apps_own_files_tell_their_reference(ear: Ear):
    channel = ear.world.channels[ear.desk]
    ear.world.add(
        channel, {"user": BOT_USER, "bot_id": "B1", "subtype": "file_share", "files": [{"id": "F1"}]}
    )
    event = ear.newest()
    assert isinstance(event, Referenced)
    assert event.was == ("file:F1",)
    assert ids.ts_of(event.refs[0]) == event.refs[0]


def test_a_customer_in_private(ear: Ear):
    ts = ear.people.writes(ear.anna, "Hello")
    event = ear.newest()
    assert isinstance(event, Wrote)
    assert (event.chat.kind, event.chat.native, event.chat.threaded) == (
        "private",
        ear.people.dm(ear.anna),
        False,
    )
    assert (event.ref, event.author.native, event.content.text.text, event.thread) == (
        ts,
        ear.anna,
        "Hello",
        None,
    )


def test_an_answer_in_private_answers_the_threads_message(ear: Ear):
    ts = ear.people.writes(ear.anna, "Hello")
    ear.people.writes(ear.anna, "more", thread=ts)
    event = ear.newest()
    assert isinstance(event, Wrote)
    assert (event.thread, event.reply_to) == (None, ts)


def test_a_thread_of_a_channel(ear: Ear):
    root = ear.people.writes(ear.ivan, "root", ear.desk)
    ear.people.writes(ear.ivan, "in it", ear.desk, root, subtype="thread_broadcast")
    event = ear.newest()
    assert isinstance(event, Wrote)
    assert (event.chat.threaded, event.thread, event.reply_to) == (True, root, None)
    lanes = [raw.lane for payload in ear.heard for raw in ids.raw_events(payload)]
    assert lanes == [f"{ear.desk}:{root}"] * 2


def test_several_files_are_an_album(ear: Ear):
    ts = ear.people.sends(
        ear.anna, [("a.png", b"1", "image/png"), ("b.pdf", b"22", "application/pdf")], "both"
    )
    first, second = ear.events()
    assert isinstance(first, Wrote)
    assert isinstance(second, Wrote)
    assert (first.ref, second.ref) == (ts, f"{ts}#1")
    assert first.album == second.album is not None
    assert (first.content.kind, second.content.kind) == ("photo", "document")
    assert (first.content.text.text, second.content.text.text) == ("both", "")
    assert len(set(ear.keys())) == 2


def test_an_edit_that_changed_something_is_one(ear: Ear):
    ts = ear.people.writes(ear.anna, "before")
    ear.people.edits(ear.anna, ts, "after")
    event = ear.newest()
    assert isinstance(event, Edited)
    assert (event.ref, event.content.text.text) == (ts, "after")
    ear.people.edits(ear.anna, ts, "after")
    assert isinstance(ear.newest(), Ignored)
    ear.people.unfurls(ear.anna, ts)
    assert isinstance(ear.newest(), Ignored)
    assert len(set(ear.keys())) == 4


def test_deletions_name_every_part(ear: Ear):
    ts = ear.people.sends(ear.anna, [("a", b"1", "text/plain"), ("b", b"2", "text/plain")])
    ear.people.deletes(ear.anna, ts)
    event = ear.newest()
    assert isinstance(event, Deleted)
    assert event.refs == (ts, f"{ts}#1")


def test_a_deleted_message_with_answers_is_a_tombstone(ear: Ear):
    ts = ear.people.writes(ear.anna, "first")
    channel = ear.world.channels[ear.people.dm(ear.anna)]
    ear.world.replace(channel, channel.messages[ts], subtype="tombstone", text="This message was deleted.")
    event = ear.newest()
    assert isinstance(event, Deleted)
    assert event.refs == (ts,)


def test_reactions_come_and_go(ear: Ear):
    ts = ear.people.writes(ear.anna, "Hello")
    for away, change in ((False, "added"), (True, "removed")):
        ear.people.reacts(ear.anna, ts, "+1", away=away)
        event = ear.newest()
        assert isinstance(event, Reacted)
        assert (event.ref, event.emoji, event.change) == (ts, "👍", change)
    ear.people.reacts(ear.anna, ts, "partyparrot")
    assert isinstance(ear.newest(), Ignored)


@pytest.mark.parametrize(
    "more",
    [{"bot_id": "B0OTHER"}, {"subtype": "bot_message"}, {"user": BOT_USER}, {"subtype": "channel_join"}],
)
def test_apps_and_slacks_own_lines_are_ignored(ear: Ear, more: dict[str, Any]):
    channel = ear.world.channels[ear.desk]
    ear.world.add(channel, {"user": ear.ivan, "text": "x", **more})
    assert isinstance(ear.newest(), Ignored)


def test_a_forward_says_whose_it_is(ear: Ear):
    shared = {"is_share": True, "author_name": "Boris", "text": "the code is &lt;1&gt;"}
    ear.people.writes(ear.ivan, "", ear.desk, attachments=[shared])
    event = ear.newest()
    assert isinstance(event, Wrote)
    assert (event.forwarded, event.content.forwarded_from, event.content.text.text) == (
        True,
        "Boris",
        "the code is <1>",
    )


def test_a_file_that_may_not_be_seen_is_said_to_be_gone(ear: Ear):
    channel = ear.world.channels[ear.people.dm(ear.anna)]
    ear.world.add(channel, {"user": ear.anna, "text": "", "files": [{"id": "F1", "mode": "hidden_by_limit"}]})
    event = ear.newest()
    assert isinstance(event, Wrote)
    assert (event.content.kind, bool(event.content.label)) == ("other", True)


def test_a_file_that_lies_with_somebody_else_is_a_link(ear: Ear):
    document = {
        "id": "F1",
        "mode": "external",
        "is_external": True,
        "title": "Plan",
        "external_url": "https://docs.example/1",
    }
    channel = ear.world.channels[ear.people.dm(ear.anna)]
    ear.world.add(channel, {"user": ear.anna, "text": "see", "files": [document]})
    wrote = ear.newest()
    assert isinstance(wrote, Wrote)
    assert (wrote.content.text.text, wrote.content.files) == ("see\nPlan", ())
    assert wrote.content.text.spans[-1] == Span("link", 4, 4, "https://docs.example/1")


def test_the_app_comes_and_goes(ear: Ear):
    channel = ear.world.channels[ear.desk]
    for kind, user, standing in (
        ("member_joined_channel", BOT_USER, "in"),
        ("channel_left", BOT_USER, "out"),
        ("member_joined_channel", ear.ivan, None),
    ):
        ear.world.tell(channel, {"type": kind, "user": user})
        event = ear.newest()
        assert (event.standing if isinstance(event, Membership) else None) == standing


def test_a_press_knows_its_message_and_thread(ear: Ear):
    channel = ear.world.channels[ear.desk]
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Take"},
        "value": "card:1:take",
        "action_id": "a",
    }
    card = ear.world.add(channel, {"user": BOT_USER, "blocks": [{"type": "actions", "elements": [button]}]})
    ear.people.presses(ear.ivan, card["ts"], "Take", ear.desk)
    event = ear.newest()
    assert isinstance(event, Pressed)
    assert (event.ref, event.data, event.author.native) == (card["ts"], "card:1:take", ear.ivan)
    assert ids.read_press(event.press) == (ear.desk, ear.ivan, card["ts"])


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "event_callback"},
        {"type": "event_callback", "event": {"type": "message"}},
        {"type": "event_callback", "event": {"type": "message", "channel": "C1", "ts": "x", "user": "U1"}},
        {"type": "event_callback", "event": {"type": "reaction_added", "user": "U1"}},
        {"type": "block_actions", "actions": []},
    ],
)
def test_what_lacks_what_it_needs_is_malformed(payload: Json):
    with pytest.raises((MalformedError, ValueError)):
        convert(payload, ME)


def test_secrets_in_payloads_are_not_kept(ear: Ear):
    event = {"type": "message", "channel": "D1", "ts": "1.000001", "user": "U1", "text": "x"}
    payload = {"type": "event_callback", "token": "s3cret", "response_url": "https://hooks", "event": event}
    (raw,) = ids.raw_events(payload)
    assert "s3cret" not in raw.payload
    assert "hooks" not in raw.payload


def test_history_tells_the_same_events(ear: Ear):
    ts = ear.people.writes(ear.anna, "Hello")
    known = ear.keys()
    channel = ear.world.channels[ear.people.dm(ear.anna)]
    assert [raw.key for raw in ids.from_history(channel.id, channel.messages[ts], "0")] == known
    ear.people.edits(ear.anna, ts, "Hello!")
    assert [raw.key for raw in ids.from_history(channel.id, channel.messages[ts], "0")] == ear.keys()


def test_links_open_a_message_in_its_thread():
    assert (
        ids.link("https://t.slack.com/", "C1", None, "1.000002") == "https://t.slack.com/archives/C1/p1000002"
    )
    assert (ids.link("https://t.slack.com/", "C1", "1.000001", "1.000002") or "").endswith(
        "?thread_ts=1.000001&cid=C1"
    )
    assert ids.link("", "C1", None, "1.000002") is None
