"""Sending: what a chat shows afterwards is what was to be said, and it pings nobody it shouldn't."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messengers.telegram import compose, ids
from bot.messengers.telegram.messenger import TelegramMessenger
from domain.events import Wrote
from domain.messages import Attachment, Content
from domain.requests import Button, Original, Send, Sent
from domain.richtext import RichText, Span, plain
from tests.fakes.telegram import TelegramFake
from tests.telegram.conftest import Journal, event
from tests.telegram.desk import HEADER, Desk, album


async def test_a_plain_text_is_copied_in_one_call(desk: Desk) -> None:
    desk.fake.people.writes(desk.anna, "hello 😀", entities=[{"type": "bold", "offset": 0, "length": 5}])
    outcome = await desk.bot.send(desk.copy(desk.wrote()))
    (shown,) = desk.shown()
    assert outcome == Sent((str(shown.id),))
    assert (shown.text, shown.has("bold"), desk.calls()) == ("hello 😀", ["hello"], ["copyMessage"])


async def test_a_mention_pings_nobody(desk: Desk) -> None:
    desk.fake.people.writes(
        desk.anna, "ask @ivan_agent now", entities=[{"type": "italic", "offset": 16, "length": 3}]
    )
    await desk.bot.send(desk.copy(desk.wrote()))
    (shown,) = desk.shown()
    assert shown.text == "ask @\u2060ivan_agent now"
    assert (shown.has("mention"), shown.has("italic")) == ([], ["now"])


async def test_a_mention_by_account_pings_nobody(desk: Desk) -> None:
    person = desk.fake.world.people[desk.ivan].body()
    entity = {"type": "text_mention", "offset": 4, "length": 4, "user": person}
    desk.fake.people.writes(desk.anna, "ask Ivan", entities=[entity])
    await desk.bot.send(desk.copy(desk.wrote()))
    (shown,) = desk.shown()
    assert (shown.text, shown.has("text_mention")) == ("ask Ivan", [])


async def test_towards_a_customer_it_is_copied_as_it_is(desk: Desk) -> None:
    desk.fake.people.writes(desk.ivan, "write to @ivan_agent", chat=desk.chat, thread=desk.topic)
    said = desk.wrote()
    desk.fake.people.writes(desk.anna, "hi")
    await desk.bot.send(desk.copy(said, chat=str(desk.anna), thread=None, quiet_mentions=False))
    assert desk.fake.control.shows(desk.anna)[-1].has("mention") == ["@ivan_agent"]


async def test_a_header_stands_before_text_and_caption(desk: Desk) -> None:
    desk.fake.people.writes(desk.anna, "hello", entities=[{"type": "italic", "offset": 0, "length": 5}])
    await desk.bot.send(desk.copy(desk.wrote(), header=HEADER))
    desk.fake.people.sends(desk.anna, "photo", caption="look @ivan_agent")
    await desk.bot.send(desk.copy(desk.wrote(), header=HEADER))
    text, photo = desk.shown()
    assert (text.text, text.has("bold"), text.has("italic")) == ("Anna #1\nhello", ["Anna"], ["hello"])
    assert (photo.kind, photo.text, photo.has("mention")) == ("photo", "Anna #1\nlook @\u2060ivan_agent", [])
    assert desk.calls() == ["sendMessage", "copyMessage"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("sticker", {}),
        ("voice", {}),
        ("video_note", {}),
        ("animation", {}),
        ("location", {"latitude": 1.0, "longitude": 2.0}),
        ("venue", {"title": "Café", "address": "X", "location": {"latitude": 1.0, "longitude": 2.0}}),
        ("contact", {"first_name": "Bo", "phone_number": "+7"}),
        ("dice", {"emoji": "🎲", "value": 3}),
        ("poll", {"question": "Tea?", "options": ["yes", "no"]}),
    ],
)
async def test_every_kind_is_copied_natively(desk: Desk, kind: str, more: dict[str, Any]) -> None:
    desk.fake.people.sends(desk.anna, kind, **more)
    assert isinstance(await desk.bot.send(desk.copy(desk.wrote())), Sent)
    assert [m.kind for m in desk.shown()] == [kind]
    assert desk.calls() == ["copyMessage"]


@pytest.mark.parametrize(
    "kind", ["photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker"]
)
async def test_an_original_that_is_gone_is_sent_from_what_is_stored(desk: Desk, kind: str) -> None:
    number = desk.fake.people.sends(
        desk.anna, kind, caption="" if kind in {"video_note", "sticker"} else "hi"
    )
    said = desk.wrote()
    desk.fake.people.deletes(desk.anna, number)
    outcome = await desk.bot.send(desk.copy(said))
    (shown,) = desk.shown()
    assert outcome == Sent((str(shown.id),))
    assert (shown.kind, shown.file) == (kind, ids.file_id(said.content.files[0].ref))


@pytest.mark.parametrize(
    ("kind", "more", "shown"),
    [
        ("location", {"latitude": 1.0, "longitude": 2.0}, "location"),
        (
            "venue",
            {"title": "Café", "address": "X", "location": {"latitude": 1.0, "longitude": 2.0}},
            "venue",
        ),
        ("contact", {"first_name": "Bo", "phone_number": "+7"}, "contact"),
        ("poll", {"question": "Tea?", "options": ["yes", "no"]}, "text"),
        ("dice", {"emoji": "🎲", "value": 3}, "text"),
    ],
)
async def test_a_gone_original_of_a_kind_without_file(desk: Desk, kind: str, more: Any, shown: str) -> None:
    number = desk.fake.people.sends(desk.anna, kind, **more)
    said = desk.wrote()
    desk.fake.people.deletes(desk.anna, number)
    assert isinstance(await desk.bot.send(desk.copy(said)), Sent)
    (seen,) = desk.shown()
    assert seen.kind == shown
    if shown == "text":
        assert seen.text == said.content.label


async def test_a_chat_that_cannot_be_copied_from_says_nothing_about_the_desk(desk: Desk) -> None:
    desk.fake.people.writes(desk.anna, "hi")
    desk.fake.control.fault("error", "copyMessage", status=400, description="Bad Request: chat not found")
    assert isinstance(await desk.bot.send(desk.copy(desk.wrote())), Sent)
    assert [m.text for m in desk.shown()] == ["hi"]


async def test_what_cannot_be_copied_after_all_is_sent_from_what_is_stored(desk: Desk) -> None:
    desk.fake.people.writes(desk.anna, "hi")
    desk.fake.control.fault("error", "copyMessage", status=400, description="Bad Request: SOMETHING_NEW")
    assert isinstance(await desk.bot.send(desk.copy(desk.wrote())), Sent)
    assert desk.calls() == ["copyMessage", "sendMessage"]
    assert [m.text for m in desk.shown()] == ["hi"]


async def test_an_album_is_copied_as_one(desk: Desk) -> None:
    said = album(desk, {"caption": "one"}, {"kind": "video"}, {"kind": "photo"})
    outcome = await desk.bot.send(desk.copy(*said))
    shown = desk.shown()
    assert outcome == Sent(tuple(str(m.id) for m in shown))
    assert [m.kind for m in shown] == ["photo", "video", "photo"]
    assert len({m.album for m in shown}) == 1
    assert desk.calls() == ["copyMessages"]


async def test_an_album_with_header_mention_or_answer_is_sent_as_one(desk: Desk) -> None:
    said = album(desk, {"caption": "ask @ivan_agent"}, {})
    target = desk.fake.people.writes(desk.ivan, "here", chat=desk.chat, thread=desk.topic)
    outcome = await desk.bot.send(desk.copy(*said, header=HEADER, reply_to=str(target)))
    shown = desk.shown()[1:]
    assert outcome == Sent(tuple(str(m.id) for m in shown))
    assert shown[0].text == "Anna #1\nask @\u2060ivan_agent"
    assert {m.reply_to for m in shown} == {target}
    assert len({m.album for m in shown}) == 1
    assert desk.calls() == ["sendMediaGroup"]


async def test_an_album_that_lost_a_part_arrives_whole_all_the_same(desk: Desk) -> None:
    said = album(desk, {"caption": "one"}, {}, {"caption": "three"})
    desk.fake.people.deletes(desk.anna, int(said[1].ref))
    outcome = await desk.bot.send(desk.copy(*said))
    shown = desk.shown()
    assert outcome == Sent(tuple(str(m.id) for m in shown))
    assert [m.file for m in shown] == [ids.file_id(w.content.files[0].ref) for w in said]
    assert desk.calls() == ["copyMessages", "deleteMessages", "sendMediaGroup"]


async def test_a_reply_answers_and_survives_its_targets_end(desk: Desk) -> None:
    target = desk.fake.people.writes(desk.ivan, "here", chat=desk.chat, thread=desk.topic)
    desk.fake.people.writes(desk.anna, "yes")
    said = desk.wrote()
    await desk.bot.send(desk.copy(said, reply_to=str(target)))
    await desk.bot.send(desk.copy(said, reply_to="987654"))
    assert [m.reply_to for m in desk.shown()[1:]] == [target, None]


async def test_a_reply_into_another_topic_is_sent_without(desk: Desk) -> None:
    desk.fake.people.writes(desk.anna, "yes")
    said = desk.wrote()
    desk.fake.control.fault(
        "error", "copyMessage", status=400, description="Bad Request: message to be replied not found"
    )
    assert isinstance(await desk.bot.send(desk.copy(said, reply_to="1")), Sent)


async def test_buttons_and_formatting_of_the_programs_own_words(desk: Desk, journal: Journal) -> None:
    words = RichText("Who? Ivan", (Span("bold", 0, 4), Span("mention", 5, 4, str(desk.ivan))))
    buttons = ((Button("Take", "take:1"), Button("Close", "close:1")), (Button("Menu", "menu:1"),))
    card = Send(
        str(desk.chat), (Content(text=words),), "card", thread=str(desk.topic), buttons=buttons, role="card"
    )
    await desk.bot.send(card)
    (shown,) = desk.shown()
    assert (shown.buttons, shown.data[0]) == ([["Take", "Close"], ["Menu"]], ["take:1", "close:1"])
    assert (shown.has("bold"), shown.has("text_mention")) == (["Who?"], ["Ivan"])


async def test_a_closed_topic_is_opened_again(desk: Desk) -> None:
    desk.fake.control.option("admins_write_closed", False)
    desk.fake.people.closes_topic(desk.chat, desk.topic)
    desk.fake.people.writes(desk.anna, "hi")
    assert isinstance(await desk.bot.send(desk.copy(desk.wrote())), Sent)
    assert not desk.fake.control.topics(desk.chat)[0]["closed"]


async def test_a_group_that_became_a_supergroup_is_followed(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    anna, ivan = fake.people.user("Anna"), fake.people.user("Ivan")
    old = fake.people.group("Desk", [ivan], basic=True)
    bot.routes(journal.accept)
    new = fake.people.migrates(old)
    fake.people.writes(anna, "hi")
    said = event(fake, bot)
    assert isinstance(said, Wrote)
    request = Send(
        str(old), (said.content,), "l", reply_to="1", original=Original(said.chat.native, (said.ref,))
    )
    assert isinstance(await bot.send(request), Sent)
    assert isinstance(await bot.send(request), Sent)
    assert [m.text for m in fake.control.shows(new)] == ["hi", "hi"]
    assert [(e.key, e.moved) for e in journal.events] == [(f"moved:{old}", (str(old), str(new)))]


async def test_long_texts_are_not_lost(desk: Desk) -> None:
    """Handlers cut what doesn't fit; should something too long come all the same, it goes out in pieces."""
    caption = " ".join(str(n) for n in range(600))
    desk.fake.people.sends(desk.anna, "photo")
    said = desk.wrote()
    content = Content("photo", plain(caption), said.content.files)
    outcome = await desk.bot.send(desk.copy(said, contents=(content,)))
    photo, rest = desk.shown()
    assert outcome == Sent((str(photo.id),))
    assert (photo.text + " " + rest.text).split() == caption.split()


@given(st.text(st.sampled_from("ab@ 😀\n"), max_size=5000), st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_every_piece_fits_and_none_is_lost(text: str, with_file: bool, headed: bool) -> None:
    file = (Attachment("document", "f u"),) if with_file else ()
    content = Content("document" if with_file else "text", plain(text), file)
    request = Send(
        "1", (content,), "l", source="telegram", header=HEADER if headed else None, quiet_mentions=True
    )
    said = []
    for step in compose.stored_steps(request, {}):
        body = step.method.model_dump(exclude_unset=True)
        words = body.get("text") or body.get("caption") or ""
        limit = compose.MAX_TEXT if "text" in body else compose.MAX_CAPTION
        assert len(words.encode("utf-16-le")) // 2 <= limit
        said.append(words)
    expected = (HEADER.text if headed else "") + text
    shown = expected if expected.strip() or with_file else compose.NOTHING
    assert "".join(said).replace("\u2060", "").replace("＠", "@") == shown


def test_an_at_sign_that_would_overflow_becomes_a_wide_one() -> None:
    content = Content(text=plain("@" * 4096))
    words = compose.worded(content, None, quiet=True)
    assert words.text == "＠" * 4096


# the wire


async def test_requests_carry_no_defaults_and_no_nulls(desk: Desk) -> None:
    request = Send(str(desk.chat), (Content(text=HEADER),), "l", str(desk.topic), "5", quiet_mentions=True)
    await desk.bot.send(request)
    given = desk.fake.control.calls("sendMessage")[-1]["given"]
    assert given == {
        "chat_id": desk.chat,
        "message_thread_id": desk.topic,
        "text": "Anna #1\n",
        "entities": [{"type": "bold", "offset": 0, "length": 4}],
        "link_preview_options": {"is_disabled": True},
        "reply_parameters": {"message_id": 5, "allow_sending_without_reply": True},
    }
