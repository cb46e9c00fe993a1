"""Receiving: nothing is confirmed before it is kept, whatever happens on either side."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.messengers.contract import ConnectRefused
from bot.messengers.telegram import receiving as receiving_module
from bot.messengers.telegram.messenger import TelegramMessenger
from bot.messengers.telegram.receiving import WEBHOOK_PATH
from bot.messengers.telegram.settings import TelegramSettings
from domain.events import Wrote
from tests.fakes import telegram as telegram_fake
from tests.fakes.telegram import TelegramFake
from tests.telegram.conftest import Elsewhere, Journal, receiving, until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving_module, "_pause", lambda _tries: 0.01)


async def confirmed(fake: TelegramFake) -> None:
    """Wait until the bot confirmed everything."""
    await until(lambda: not fake.control.pending())


async def settled(bot: TelegramMessenger) -> None:
    await until(lambda: bot.settled_at is not None)


async def test_updates_arrive_in_order_and_are_then_confirmed(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    anna = fake.people.user("Anna")
    for number in range(250):
        fake.people.writes(anna, f"m{number}")
    async with receiving(bot, journal):
        await journal.wait(250)
        await confirmed(fake)
        await settled(bot)
    assert journal.texts == [f"m{n}" for n in range(250)]
    assert [len(keys) for keys in journal.offered] == [100, 100, 50]


async def test_it_settles_only_after_the_backlog(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    fake.people.writes(fake.people.user("Anna"), "waiting")
    assert bot.settled_at is None
    async with receiving(bot, journal):
        await settled(bot)
        assert journal.texts == ["waiting"]
        assert bot.health.connected


async def test_what_cannot_be_kept_is_not_confirmed(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    journal.broken = 3
    anna = fake.people.user("Anna")
    fake.people.writes(anna, "one")
    async with receiving(bot, journal):
        await journal.wait(1)
        assert fake.control.pending() == 1
        await confirmed(fake)
    assert journal.offered == [journal.offered[0]] * 4


async def test_a_bot_that_dies_before_confirming_gets_the_same_again(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    anna = fake.people.user("Anna")
    fake.people.writes(anna, "one")
    dead = Journal()
    dead.broken = 1_000_000
    async with receiving(bot, dead):
        await until(lambda: dead.offered)
    async with receiving(bot, journal):
        await journal.wait(1)
    assert journal.texts == ["one"]


async def test_the_next_start_does_not_double(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    fake.people.writes(fake.people.user("Anna"), "one")
    async with receiving(bot, journal):
        await journal.wait(1)
    fake.people.writes(fake.people.user("Bo"), "two")
    async with receiving(bot, journal):
        await journal.wait(2)
    assert journal.texts == ["one", "two"]


async def test_after_a_long_silence_numbers_may_begin_anywhere(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is numbered below the last update is asked for once nothing has come for a while."""
    monkeypatch.setattr(receiving_module, "_FORGETS", 0.0)
    anna = fake.people.user("Anna")
    async with receiving(bot, journal):
        fake.people.writes(anna, "one")
        await journal.wait(1)
        await confirmed(fake)
        await until(lambda: fake.control.calls("getUpdates")[-1]["given"].get("offset") is None)
        fake.updates.next_id = 7
        fake.people.writes(anna, "two")
        await journal.wait(2)
        fake.people.writes(anna, "three")
        await journal.wait(3)
    assert journal.texts == ["one", "two", "three"]


async def test_an_offset_that_is_refused_is_forgotten(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving_module, "_pause", lambda _tries: 0.01)
    anna = fake.people.user("Anna")
    async with receiving(bot, journal):
        fake.people.writes(anna, "one")
        await journal.wait(1)
        await confirmed(fake)
        said = "Bad Request: Specified from_id is in the future"
        fake.control.fault("error", method="getUpdates", status=400, description=said)
        await until(lambda: fake.control.calls("getUpdates")[-1]["given"].get("offset") is None)
        fake.updates.next_id = 7
        fake.people.writes(anna, "two")
        await journal.wait(2)
    assert journal.texts == ["one", "two"]


@pytest.mark.parametrize(
    "fault",
    [
        {"trouble": "error", "status": 500},
        {"trouble": "error", "status": 502, "description": "Bad Gateway"},
        {"trouble": "html"},
        {"trouble": "drop"},
        {"trouble": "drop_after"},
        {
            "trouble": "error",
            "status": 409,
            "description": "Conflict: terminated by other getUpdates request",
        },
        {"trouble": "error", "status": 401, "description": "Unauthorized"},
    ],
)
async def test_it_survives(
    fake: TelegramFake,
    bot: TelegramMessenger,
    journal: Journal,
    fault: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiving_module, "_UNAUTHORISED_PAUSE", 0.01)
    fake.control.fault(method="getUpdates", times=2, **fault)
    fake.people.writes(fake.people.user("Anna"), "still here")
    async with receiving(bot, journal):
        await journal.wait(1)
        await confirmed(fake)
    assert journal.texts == ["still here"]


async def test_it_says_what_is_wrong(fake: TelegramFake, bot: TelegramMessenger, journal: Journal) -> None:
    fake.control.fault(
        "error", "getUpdates", times=None, status=409, description="Conflict: terminated by other"
    )
    async with receiving(bot, journal):
        await until(lambda: bot.health.last_error)
        assert "another program" in bot.health.last_error
        assert not bot.health.connected


async def test_it_survives_an_outage(fake: TelegramFake, bot: TelegramMessenger, journal: Journal) -> None:
    anna = fake.people.user("Anna")
    async with receiving(bot, journal):
        await settled(bot)
        await fake.stop()
        fake.people.writes(anna, "during")
        await fake.start()
        await journal.wait(1)


async def test_a_webhook_left_over_is_taken_away_and_nothing_is_lost(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    fake.updates.set_webhook("http://127.0.0.1:9/nowhere", "", None, drop=False)
    fake.people.writes(fake.people.user("Anna"), "one")
    async with receiving(bot, journal):
        await journal.wait(1)
    assert not fake.updates.webhook


async def test_a_malformed_update_is_kept_and_the_rest_goes_on(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    fake.control.update({"message": {"text": 5}})
    fake.people.writes(fake.people.user("Anna"), "fine")
    async with receiving(bot, journal):
        events = await journal.wait(2)
    with pytest.raises(ValueError):
        bot.convert(events[0].parsed)
    assert isinstance(bot.convert(events[1].parsed), Wrote)


async def test_half_a_character_in_one_update_keeps_nothing_from_being_read(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def escaped(body: Any, status: int = 200) -> web.Response:
        return web.Response(text=json.dumps(body), status=status, content_type="application/json")

    monkeypatch.setattr(telegram_fake, "_answer", escaped)
    anna = fake.people.user("Anna")
    fake.control.update({"message": {"text": "half \ud83d", "rate": float("inf")}})
    fake.people.writes(anna, "whole")
    async with receiving(bot, journal):
        events = await journal.wait(2)
    assert events[0].parsed["message"]["text"] == "half ?"
    assert isinstance(bot.convert(events[1].parsed), Wrote)


async def test_an_update_without_a_number_is_not_asked_for_without_rest(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    sleep = asyncio.sleep

    async def rest(seconds: float) -> None:
        if seconds == receiving_module._UNKNOWN_PAUSE:
            rests.append(seconds)
        await sleep(0.01)

    monkeypatch.setattr(asyncio, "sleep", rest)
    fake.updates.waiting.append({"update_id": 2**64 - 1, "message": {}})
    async with receiving(bot, journal):
        await until(lambda: len(rests) > 2)
    assert len(fake.control.calls("getUpdates")) <= len(rests) + 2


async def test_a_refused_token_says_so(fake: TelegramFake, elsewhere: Elsewhere) -> None:
    bot = TelegramMessenger(TelegramSettings("1:wrong", api_base=fake.url), elsewhere.carry)
    with pytest.raises(ConnectRefused, match=r"telegram\.token"):
        await bot.connect()
    await bot.close()


async def test_the_token_is_in_no_text_of_the_settings_or_of_errors(
    fake: TelegramFake, bot: TelegramMessenger
) -> None:
    assert fake.token not in repr(TelegramSettings(fake.token))
    fake.control.fault("drop", "getMe", times=1)
    found = await bot.check_account()
    assert not found[0].ok
    assert fake.token not in found[0].text


# by webhook


@pytest.fixture
async def hooked(fake: TelegramFake, elsewhere: Elsewhere, journal: Journal) -> AsyncIterator[str]:
    """The address of a bot that is called by webhook."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{WEBHOOK_PATH}"
        bot = TelegramMessenger(
            TelegramSettings(fake.token, fake.url, "webhook", url, "s3cret"), elsewhere.carry
        )
        await bot.connect()
        app = web.Application()
        app.add_routes(bot.routes(journal.accept))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        async with receiving(bot, journal):
            await settled(bot)
            yield url
        await bot.close()
        await runner.cleanup()


@pytest.mark.usefixtures("hooked")
async def test_a_webhook_takes_updates_in_order_and_only_when_kept(
    fake: TelegramFake, journal: Journal
) -> None:
    journal.broken = 2
    anna = fake.people.user("Anna")
    fake.people.writes(anna, "one")
    fake.people.writes(anna, "two")
    await journal.wait(2)
    await confirmed(fake)
    assert journal.texts == ["one", "two"]
    assert len(journal.offered) == 4


async def test_a_webhook_refuses_strangers_and_nonsense(hooked: str, journal: Journal) -> None:
    secret = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
    update = b'{"update_id": 1, "message": {"text": "forged"}}'
    async with aiohttp.ClientSession() as session:
        for headers, body, status in (
            ({}, update, 403),
            ({"X-Telegram-Bot-Api-Secret-Token": "s3creT"}, update, 403),
            (secret, b"no json", 400),
            (secret, b'{"x": 1}', 400),
            (secret, b"[]", 400),
            (secret, b" " * (receiving_module.MAX_UPDATE + 1), 413),
            (secret, update, 200),
        ):
            async with session.post(hooked, data=body, headers=headers) as answer:
                assert answer.status == status
    assert len(journal.events) == 1


async def test_polling_has_no_routes(bot: TelegramMessenger, journal: Journal) -> None:
    assert bot.routes(journal.accept) == []
