"""The fake itself: where a test would believe it, it does what Telegram does. Driven by aiogram's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError, TelegramUnauthorizedError
from aiogram.types import (
    BufferedInputFile,
    InputMediaDocument,
    InputMediaPhoto,
    MessageEntity,
    ReplyParameters,
)

from tests.fakes.telegram import Remote, TelegramFake


@pytest.fixture
async def client(fake: TelegramFake) -> AsyncIterator[Bot]:
    bot = Bot(fake.token, AiohttpSession(api=TelegramAPIServer.from_base(fake.url)))
    yield bot
    await bot.session.close()


@pytest.fixture
def anna(fake: TelegramFake) -> int:
    return fake.people.user("Anna")


async def test_an_update_comes_until_it_is_confirmed(fake: TelegramFake, client: Bot, anna: int) -> None:
    for text in "abc":
        fake.people.writes(anna, text)
    first = await client.get_updates(limit=2)
    assert [u.message.text for u in first if u.message] == ["a", "b"]
    again = await client.get_updates(offset=first[0].update_id)
    assert [u.message.text for u in again if u.message] == ["a", "b", "c"]
    rest = await client.get_updates(offset=again[-1].update_id + 1, timeout=0)
    assert rest == []
    assert fake.control.pending() == 0


async def test_a_long_poll_wakes_when_something_comes(fake: TelegramFake, client: Bot, anna: int) -> None:
    poll = asyncio.create_task(client.get_updates(timeout=5))
    await asyncio.wait([poll], timeout=0.05)
    fake.people.writes(anna, "now")
    async with asyncio.timeout(1):
        assert len(await poll) == 1


async def test_two_who_poll_are_told(client: Bot) -> None:
    first = asyncio.create_task(client.get_updates(timeout=5))
    await asyncio.wait([first], timeout=0.05)
    second = asyncio.create_task(client.get_updates(timeout=1))
    with pytest.raises(TelegramConflictError, match="other getUpdates"):
        await first
    second.cancel()


async def test_polling_beside_a_webhook_is_told(client: Bot) -> None:
    await client.set_webhook("http://127.0.0.1:9/x")
    with pytest.raises(TelegramConflictError, match="webhook is active"):
        await client.get_updates()


async def test_reactions_come_only_when_asked_for(fake: TelegramFake, client: Bot, anna: int) -> None:
    number = fake.people.writes(anna, "x")
    fake.people.reacts(anna, number, "👍")
    assert fake.control.pending() == 1
    await client.get_updates(allowed_updates=["message", "message_reaction"])
    fake.people.reacts(anna, number, None)
    assert fake.control.pending() == 2


async def test_a_wrong_token_is_refused(fake: TelegramFake) -> None:
    async with Bot("7:wrong", AiohttpSession(api=TelegramAPIServer.from_base(fake.url))) as bot:
        with pytest.raises(TelegramUnauthorizedError):
            await bot.get_me()


@pytest.mark.parametrize(
    ("text", "entities", "sentence"),
    [
        ("", [], "message text is empty"),
        (" \n", [], "text must be non-empty"),
        ("x" * 4097, [], "message is too long"),
        ("ab", [(1, 5)], "ends after the end"),
        ("ab", [(5, 1)], "begins after the end"),
        ("😀", [(1, 1)], "in a middle"),
    ],
)
async def test_texts_are_checked(
    client: Bot, anna: int, text: str, entities: list[tuple[int, int]], sentence: str, fake: TelegramFake
) -> None:
    fake.people.writes(anna, "hi")
    marks = [MessageEntity(type="bold", offset=o, length=n) for o, n in entities]
    with pytest.raises(TelegramBadRequest, match=sentence):
        await client.send_message(anna, text, entities=marks)


async def test_media_albums_and_their_rules(fake: TelegramFake, client: Bot, anna: int) -> None:
    photo, text = BufferedInputFile(b"p", "p.jpg"), BufferedInputFile(b"t", "t.txt")
    sent = await client.send_document(anna, text, caption="hi")
    assert sent.document is not None
    again = await client.send_document(anna, sent.document.file_id)
    assert again.document is not None
    assert fake.control.file(again.document.file_id) == "t"
    with pytest.raises(TelegramBadRequest, match="can't be mixed"):
        await client.send_media_group(anna, [InputMediaPhoto(media=photo), InputMediaDocument(media=text)])
    with pytest.raises(TelegramBadRequest, match="2-10"):
        await client.send_media_group(anna, [InputMediaPhoto(media=photo)])
    with pytest.raises(TelegramBadRequest, match="can't use file of type"):
        await client.send_photo(anna, sent.document.file_id)
    with pytest.raises(TelegramBadRequest, match="wrong file identifier"):
        await client.send_photo(anna, "nothing")


async def test_copies_replies_and_their_rules(fake: TelegramFake, client: Bot, anna: int) -> None:
    one, two = fake.people.writes(anna, "one"), fake.people.writes(anna, "two")
    group = fake.people.group("G", [anna])
    assert len(await client.copy_messages(group, anna, [one, two, 999])) == 2
    with pytest.raises(TelegramBadRequest, match="increasing"):
        await client.copy_messages(group, anna, [two, one])
    with pytest.raises(TelegramBadRequest, match="message to copy not found"):
        await client.copy_message(group, anna, 999)
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await client.send_message(anna, "x", reply_parameters=ReplyParameters(message_id=999))


async def test_privacy_mode_hides_chatter(fake: TelegramFake, client: Bot, anna: int) -> None:
    group = fake.people.group("G", [anna], bot="member")
    before = fake.control.pending()
    fake.people.writes(anna, "chatter", chat=group)
    assert fake.control.pending() == before
    fake.people.writes(anna, "/help", chat=group)
    sent = await client.send_message(group, "hi")
    fake.people.writes(anna, "an answer", chat=group, reply_to=sent.message_id)
    assert fake.control.pending() == before + 2


async def test_the_verbs_work_over_http(fake: TelegramFake) -> None:
    async with aiohttp.ClientSession() as session:
        remote = Remote(session, fake.url)
        anna = await remote.user(name="Anna")
        number = await remote.writes(user=anna, text="hi")
        (shown,) = await remote.shows(chat=anna)
        assert (shown.id, shown.text, shown.by_bot) == (number, "hi", False)
        await remote.fault(trouble="error", method="getMe")
        with pytest.raises(ValueError, match="no button"):
            await remote.presses(user=anna, message=number, button="x")
        with pytest.raises(ValueError, match="no verb"):
            await remote.nonsense()
