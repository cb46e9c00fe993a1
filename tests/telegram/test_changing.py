"""Edits, deletions, reactions, topics, presses, files: what is there afterwards, and that asking twice does no harm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.messengers.contract import FileRefused
from bot.messengers.telegram import topics
from bot.messengers.telegram.messenger import TelegramMessenger
from bot.messengers.telegram.settings import TelegramSettings
from domain.events import Edited, Pressed, ThreadMade, Wrote
from domain.messages import Content
from domain.requests import (
    Button,
    Delete,
    Edit,
    OpenThread,
    Original,
    React,
    Refused,
    Send,
    Sent,
    ShowThread,
)
from domain.richtext import RichText, Span, plain, utf16_length
from tests.fakes.telegram import Shown, TelegramFake
from tests.telegram.conftest import Elsewhere, event

BUTTONS = ((Button("Take", "take:1"),),)


@pytest.fixture
def anna(fake: TelegramFake) -> int:
    return fake.people.user("Anna")


async def said(bot: TelegramMessenger, chat: int, text: str, **more: Any) -> str:
    sent = await bot.send(Send(str(chat), (Content(text=plain(text)),), "l", **more))
    assert isinstance(sent, Sent)
    return sent.refs[0]


def last(fake: TelegramFake, chat: int) -> Shown:
    return fake.control.shows(chat)[-1]


async def copied(fake: TelegramFake, bot: TelegramMessenger, chat: int) -> tuple[Wrote, str]:
    """The newest message of a customer, and its copy in a chat."""
    wrote = event(fake, bot)
    assert isinstance(wrote, Wrote)
    original = Original(wrote.chat.native, (wrote.ref,))
    sent = await bot.send(Send(str(chat), (wrote.content,), "l", original=original, source="telegram"))
    assert isinstance(sent, Sent)
    return wrote, sent.refs[0]


async def test_a_text_changes_and_again_changes_nothing(
    fake: TelegramFake, bot: TelegramMessenger, anna: int
) -> None:
    ref = await said(bot, anna, "old", buttons=BUTTONS)
    content = Content(text=RichText("new @ivan_agent", (Span("bold", 0, 3),)))
    edit = Edit(str(anna), ref, content, buttons=BUTTONS, header=plain("A: "), quiet_mentions=True)
    assert await bot.edit(edit) == Sent()
    assert await bot.edit(edit) == Sent()
    shown = last(fake, anna)
    assert (shown.text, shown.has("bold"), shown.has("mention")) == ("A: new @\u2060ivan_agent", ["new"], [])
    assert shown.buttons == [["Take"]]
    assert await bot.edit(Edit(str(anna), ref, content)) == Sent()
    assert last(fake, anna).buttons == []


@pytest.mark.parametrize("kind", ["photo", "document", "audio", "video", "voice", "animation"])
async def test_a_caption_changes_in_one_call(
    fake: TelegramFake, bot: TelegramMessenger, anna: int, kind: str
) -> None:
    number = fake.people.sends(anna, kind, caption="old")
    _, copy = await copied(fake, bot, fake.people.user("Bo"))
    fake.people.edits(anna, number, "new")
    edited = event(fake, bot)
    assert isinstance(edited, Edited)
    bo = int(fake.control.calls("copyMessage")[-1]["given"]["chat_id"])
    before = len(fake.control.log)
    assert await bot.edit(Edit(str(bo), copy, edited.content, source="telegram")) == Sent()
    assert last(fake, bo).text == "new"
    assert len(fake.control.log) == before + 1


async def test_a_file_that_was_exchanged_is_exchanged(
    fake: TelegramFake, bot: TelegramMessenger, anna: int
) -> None:
    bo = fake.people.user("Bo")
    fake.people.sends(anna, "photo", caption="one")
    _, copy = await copied(fake, bot, bo)
    fake.people.sends(anna, "photo", caption="one")
    other = event(fake, bot)
    assert isinstance(other, Wrote)
    assert await bot.edit(Edit(str(bo), copy, other.content, source="telegram", media=True)) == Sent()
    assert last(fake, bo).file == fake.control.shows(anna)[-1].file
    assert last(fake, bo).text == "one"


async def test_a_live_location_moves_on_and_stops(
    fake: TelegramFake, bot: TelegramMessenger, anna: int
) -> None:
    fake.people.sends(anna, "location", latitude=1.0, longitude=2.0, live_period=60)
    bo = fake.people.user("Bo")
    wrote, copy = await copied(fake, bot, bo)
    shown = fake.world.chat(bo).messages[int(copy)].body
    assert shown["location"] == {"latitude": 1.0, "longitude": 2.0, "live_period": 60}
    assert wrote.content.location is not None
    for live, latitude in ((60, 3.0), (0, 4.0), (0, 4.0)):
        moved = replace(wrote.content.location, latitude=latitude, live=live)
        assert await bot.edit(Edit(str(bo), copy, replace(wrote.content, location=moved))) == Sent()
    shown = fake.world.chat(bo).messages[int(copy)].body
    assert shown["location"] == {"latitude": 4.0, "longitude": 2.0}


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Bad Request: message to edit not found", "refused.message_gone"),
        ("Bad Request: message can't be edited", "refused.edit_too_late"),
    ],
)
async def test_an_edit_that_cannot_be(
    fake: TelegramFake, bot: TelegramMessenger, anna: int, description: str, reason: str
) -> None:
    fake.control.fault("error", "editMessageText", status=400, description=description)
    outcome = await bot.edit(Edit(str(anna), "1", Content(text=plain("x"))))
    assert isinstance(outcome, Refused)
    assert (outcome.scope, outcome.reason) == ("message", reason)


async def test_an_edit_too_long_or_of_what_cannot_change(
    bot: TelegramMessenger, fake: TelegramFake, anna: int
) -> None:
    fake.people.sends(anna, "sticker")
    wrote, copy = await copied(fake, bot, anna)
    for content, reason in ((Content(text=plain("x" * 4097)), "too_long"), (wrote.content, "cannot_edit")):
        outcome = await bot.edit(Edit(str(anna), copy, content))
        assert outcome == Refused("message", f"refused.{reason}")


async def test_deleting_once_twice_several_and_too_late(
    fake: TelegramFake, bot: TelegramMessenger, anna: int
) -> None:
    one, two, three = [await said(bot, anna, text) for text in ("1", "2", "3")]
    assert await bot.delete(Delete(str(anna), (one,))) == Sent()
    assert await bot.delete(Delete(str(anna), (one,))) == Sent()
    assert await bot.delete(Delete(str(anna), (one, two))) == Sent()
    assert [m.text for m in fake.control.shows(anna)] == ["3"]
    fake.control.advance(48 * 3600)
    outcome = await bot.delete(Delete(str(anna), (three,)))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "refused.delete_too_late"


async def test_reactions(fake: TelegramFake, bot: TelegramMessenger, anna: int) -> None:
    ref = str(fake.people.writes(anna, "hi"))
    for emoji, shown in (("👌", "👌"), ("👌", "👌"), ("❤️", "❤"), (None, None)):
        assert await bot.react(React(str(anna), ref, emoji)) == Sent()
        assert last(fake, anna).bot_reaction == shown
    outcome = await bot.react(React(str(anna), ref, "✅"))
    assert isinstance(outcome, Refused)
    assert (outcome.scope, outcome.reason) == ("message", "refused.reaction")
    assert bot.capabilities.delivered_mark in (bot.capabilities.reactions or ())


async def test_every_reaction_offered_is_one_of_telegrams(
    fake: TelegramFake, bot: TelegramMessenger, anna: int
) -> None:
    ref = str(fake.people.writes(anna, "hi"))
    for emoji in bot.capabilities.reactions or ():
        assert await bot.react(React(str(anna), ref, emoji)) == Sent()


@pytest.fixture
def forum(fake: TelegramFake) -> int:
    return fake.people.group("Bugs", [fake.people.user("Ivan")], forum=True)


async def test_a_topic_is_made_named_closed_and_opened(
    fake: TelegramFake, bot: TelegramMessenger, forum: int
) -> None:
    made = await bot.open_thread(OpenThread(str(forum), "Anna · it crashes #1"))
    assert isinstance(made, Sent)
    seen = event(fake, bot)
    assert isinstance(seen, ThreadMade)
    assert (seen.thread, seen.title, seen.by_bot) == (made.refs[0], "Anna · it crashes #1", True)
    for title, closed in (("✔ Anna #1", True), ("✔ Anna #1", True), ("Anna #1", False), ("Anna #1", False)):
        assert await bot.show_thread(ShowThread(str(forum), made.refs[0], title, closed)) == Sent()
        (topic,) = fake.control.topics(forum)
        assert (topic["name"], topic["closed"]) == (title, closed)


async def test_the_same_title_has_the_same_colour(
    fake: TelegramFake, bot: TelegramMessenger, forum: int
) -> None:
    for title in ("a", "a", "b"):
        await bot.open_thread(OpenThread(str(forum), title))
    colors = [t["color"] for t in fake.control.topics(forum)]
    assert colors[0] == colors[1]
    assert set(colors) <= set(topics.COLORS)


async def test_a_topic_that_is_gone(fake: TelegramFake, bot: TelegramMessenger, forum: int) -> None:
    made = await bot.open_thread(OpenThread(str(forum), "x"))
    assert isinstance(made, Sent)
    fake.people.deletes_topic(forum, int(made.refs[0]))
    into = Send(str(forum), (Content(text=plain("x")),), "l", thread=made.refs[0])
    for outcome in (
        await bot.send(into),
        await bot.show_thread(ShowThread(str(forum), made.refs[0], "y", False)),
    ):
        assert isinstance(outcome, Refused)
        assert (outcome.scope, outcome.reason) == ("thread", "refused.thread_gone")


async def test_topics_need_a_forum_and_the_right(
    fake: TelegramFake, bot: TelegramMessenger, forum: int
) -> None:
    plain_group = fake.people.group("Plain", [fake.people.user("Ivan")])
    fake.people.standing(forum, "member")
    for chat, reason in ((plain_group, "refused.not_a_forum"), (forum, "refused.no_rights")):
        outcome = await bot.open_thread(OpenThread(str(chat), "x"))
        assert isinstance(outcome, Refused)
        assert (outcome.scope, outcome.reason) == ("chat", reason)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Anna\n #1", "Anna #1"),
        ("", "–"),
        ("x" * 128, "x" * 128),
        ("x" * 200, "x" * 127 + "…"),
        ("y " * 100 + "#12", "y " * 61 + "y… #12"),
    ],
)
def test_topic_names(title: str, name: str) -> None:
    assert topics.topic_name(title) == name


@pytest.mark.parametrize("char", ["😀", "👨‍👩‍👧", "é", "🇩🇪", "👍🏽"])
@pytest.mark.parametrize("before", range(4))
def test_a_cut_name_ends_with_a_whole_character(char: str, before: int) -> None:
    name = topics.topic_name("a" * before + char * 130)
    assert utf16_length(name) <= topics.MAX_NAME
    cut = name.removesuffix("…").removeprefix("a" * before)
    if char != "🇩🇪":  # flags are pairs of letters, and half of one is a letter
        assert cut.replace(char, "") == ""


async def test_a_press_is_answered_at_best(fake: TelegramFake, bot: TelegramMessenger, anna: int) -> None:
    ref = await said(bot, anna, "card", buttons=BUTTONS)
    fake.people.presses(anna, int(ref), "Take")
    press = event(fake, bot)
    assert isinstance(press, Pressed)
    assert press.data == "take:1"
    await bot.answer_press(press.press, "x" * 300)
    assert fake.control.answers()[press.press]["text"] == "x" * 200
    fake.control.advance(100)
    await bot.answer_press(press.press, "too late")
    fake.control.fault("drop", "answerCallbackQuery")
    await bot.answer_press(press.press, "")


async def test_files_are_handed_out(fake: TelegramFake, bot: TelegramMessenger, anna: int) -> None:
    fake.people.sends(anna, "document", content="x" * 100_000, name="a.txt")
    wrote = event(fake, bot)
    assert isinstance(wrote, Wrote)
    async with bot.open_file(wrote.content.files[0].ref) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == b"x" * 100_000


@pytest.mark.parametrize(
    ("more", "fault", "reason", "later"),
    [
        ({"size": 21 * 1024 * 1024}, None, "refused.file_not_given", False),
        (
            {},
            {"trouble": "error", "status": 400, "description": "Bad Request: wrong file_id"},
            "refused.file_gone",
            True,
        ),
        ({}, {"trouble": "error", "status": 500}, "refused.file_later", True),
        ({}, {"trouble": "drop"}, "refused.file_later", True),
    ],
)
async def test_files_that_cannot_be_had(
    fake: TelegramFake, bot: TelegramMessenger, anna: int, more: Any, fault: Any, reason: str, later: bool
) -> None:
    fake.people.sends(anna, "document", **more)
    wrote = event(fake, bot)
    assert isinstance(wrote, Wrote)
    if fault:
        fake.control.fault(method="getFile", **fault)
    with pytest.raises(FileRefused) as refused:
        async with bot.open_file(wrote.content.files[0].ref):
            pass
    assert (refused.value.reason, refused.value.later) == (reason, later)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("gone", "refused.file_gone"), ("reset", "refused.file_later"), ("error", "refused.file_later")],
)
async def test_downloads_that_break_off_may_work_again(
    fake: TelegramFake, bot: TelegramMessenger, anna: int, trouble: Any, reason: str
) -> None:
    fake.people.sends(anna, "document", content="what the file says" * 10_000)
    wrote = event(fake, bot)
    assert isinstance(wrote, Wrote)
    fake.downloads.append(trouble)
    with pytest.raises(FileRefused) as refused:
        async with bot.open_file(wrote.content.files[0].ref) as stream:
            assert [piece async for piece in stream] == []
    assert (refused.value.reason, refused.value.later) == (reason, True)
    async with bot.open_file(wrote.content.files[0].ref) as stream:
        assert b"".join([piece async for piece in stream]) == b"what the file says" * 10_000


async def test_a_server_with_a_disk_of_ours_names_files_by_their_path(
    fake: TelegramFake, elsewhere: Elsewhere, anna: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = TelegramMessenger(
        TelegramSettings(fake.token, api_base=fake.url, server="local"), elsewhere.carry, "en"
    )
    await bot.connect()
    assert (bot.capabilities.max_download, bot.capabilities.max_upload) == (None, 2000 * 1024 * 1024)
    lying = tmp_path / "video.mp4"
    lying.write_bytes(b"x" * 300_000)

    async def named(_method: Any) -> dict[str, str]:
        return {"file_path": str(lying)}

    monkeypatch.setattr(bot._wire, "call", named)
    async with bot.open_file("f u") as stream:
        assert sum([len(piece) async for piece in stream]) == 300_000
    lying.unlink()
    with pytest.raises(FileRefused, match="file_not_shared"):
        async with bot.open_file("f u") as stream:
            [piece async for piece in stream]
    await bot.close()


async def test_changes_do_not_follow_into_a_new_group(fake: TelegramFake, bot: TelegramMessenger) -> None:
    old = fake.people.group("Desk", [fake.people.user("Ivan")], basic=True)
    ref = await said(bot, old, "card")
    new = fake.people.migrates(old)
    await said(bot, old, "goes to the new one")
    before = [m.text for m in fake.control.shows(new)]
    for outcome in (
        await bot.edit(Edit(str(old), ref, Content(text=plain("x")))),
        await bot.delete(Delete(str(old), (ref,))),
        await bot.react(React(str(old), ref, "👌")),
    ):
        assert isinstance(outcome, Refused)
        assert (outcome.scope, outcome.reason) == ("message", "refused.message_gone")
    assert [m.text for m in fake.control.shows(new)] == before
