"""Answers that Telegram never gives, and gateways, proxies and broken servers do."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from bot.messengers.telegram import ids
from bot.messengers.telegram import receiving as receiving_module
from bot.messengers.telegram.messenger import TelegramMessenger
from bot.messengers.telegram.settings import TelegramSettings
from domain.messages import Content
from domain.requests import OpenThread, Outcome, Refused, Send, TryLater, Unsure
from domain.richtext import plain
from tests.fakes.raw import Answer, raw
from tests.fakes.telegram import TelegramFake
from tests.telegram.conftest import Elsewhere, Journal, receiving, until

TOKEN = "42:hostile"
REQUEST = Send("7", (Content(text=plain("hi")),), "letter")


def said(**body: Any) -> bytes:
    return orjson.dumps(body)


def bot_at(url: str) -> TelegramMessenger:
    return TelegramMessenger(TelegramSettings(TOKEN, api_base=url, poll_seconds=1), Elsewhere().carry, "en")


def limited(**parameters: Any) -> Answer:
    body = said(ok=False, error_code=429, description="Too Many Requests", parameters=parameters)
    return Answer(body, "429 Too Many Requests")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(b"\x00\xffgarbage", kind="application/octet-stream"), Unsure),
        (Answer(b""), Unsure),
        (Answer(b"[]"), Unsure),
        (Answer(b"null"), Unsure),
        (Answer(b"<html>502</html>", "502 Bad Gateway", "text/html"), Unsure),
        (Answer(b"<html>504</html>", "504 Gateway Time-out", "text/html"), Unsure),
        (Answer(b"<html>503</html>", "503 Service Unavailable", "text/html"), TryLater),
        (Answer(said(ok=True, result={"message_id": 1}), short=True), Unsure),
        (Answer(said(ok=False), "500 Internal Server Error"), TryLater),
        (Answer(said(ok=False, error_code="x", parameters=[]), "400 Bad Request"), Refused),
        (Answer(b"slow down", "429 Too Many Requests", "text/plain"), TryLater),
        (limited(), TryLater),
        (limited(retry_after="soon"), TryLater),
        (limited(retry_after=-5), TryLater),
        (limited(retry_after=86400), TryLater),
    ],
)
async def test_odd_answers_to_a_send(answer: Answer, outcome: type[Outcome]) -> None:
    async with raw(answer) as server:
        bot = bot_at(server.url)
        found = await bot.send(REQUEST)
        await bot.close()
    assert isinstance(found, outcome), found
    if isinstance(found, TryLater) and answer.status.startswith("429"):
        assert found.limited
        assert found.after in (None, 0.0, 86400.0)


async def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.messengers.telegram.wire.SECONDS", 0.1)
    async with raw(Answer(hangs=True)) as server:
        bot = bot_at(server.url)
        assert isinstance(await bot.send(REQUEST), Unsure)
        await bot.close()


async def test_a_topic_that_may_have_been_made_is_unsure_and_not_simply_made_again() -> None:
    async with raw(Answer(said(ok=False, error_code=500, description="Internal"), "500 Internal")) as server:
        bot = bot_at(server.url)
        assert isinstance(await bot.open_thread(OpenThread("-1001", "Anna #1")), Unsure)
        await bot.close()


async def test_receiving_comes_through_all_of_it(monkeypatch: pytest.MonkeyPatch, journal: Journal) -> None:
    monkeypatch.setattr(receiving_module, "_pause", lambda _tries: 0.01)
    text = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "still here"}
    done = Answer(said(ok=True, result=True))
    polls = (
        Answer(b"garbage"),
        Answer(said(ok=True, result={"not": "a list"})),
        Answer(said(ok=True, result=None)),
        Answer(b"<html></html>", "502 Bad Gateway", "text/html"),
        Answer(said(ok=True, result=[1, "x", None, {"update_id": "seven"}])),
        limited(),
        limited(retry_after="soon"),
        Answer(said(ok=True, result=[]), short=True),
        Answer(said(ok=True, result=[{"update_id": 9, "message": text}])),
        Answer(said(ok=True, result=[])),
    )
    monkeypatch.setattr(receiving_module, "_UNKNOWN_PAUSE", 0.01)
    async with raw(done, *polls) as server:
        bot = bot_at(server.url)
        async with receiving(bot, journal):
            await journal.wait(1)
        await bot.close()
    assert journal.texts == ["still here"]


async def test_a_server_that_does_not_wait_is_not_asked_without_rest(journal: Journal) -> None:
    async with raw(Answer(said(ok=True, result=[]))) as server:
        bot = bot_at(server.url)
        async with receiving(bot, journal):
            await until(lambda: bot.settled_at is not None)
            before, began = server.asked, time.monotonic()
            await until(lambda: server.asked >= before + 3)
            took = time.monotonic() - began
        await bot.close()
    assert took > 2 * receiving_module._IDLE * 0.9


async def test_nobody_is_deaf_for_a_day(monkeypatch: pytest.MonkeyPatch, journal: Journal) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.Event().wait()

    monkeypatch.setattr(receiving_module, "asyncio", SimpleNamespace(sleep=sleep))
    async with raw(limited(retry_after=86400)) as server:
        bot = bot_at(server.url)
        task = asyncio.create_task(bot.receive(journal.accept))
        await until(lambda: slept)
        task.cancel()
        await bot.close()
    assert slept == [300.0]


async def test_a_server_that_counts_anew_is_heard(
    fake: TelegramFake, bot: TelegramMessenger, journal: Journal
) -> None:
    """Update numbers jump, come twice, and begin again: each message is kept once."""
    anna = fake.people.user("Anna")
    async with receiving(bot, journal):
        fake.people.writes(anna, "one")
        await journal.wait(1)
        first = dict(journal.events[0].parsed)
        again = {**first, "message": {**first["message"], "message_id": 999, "text": "other"}}
        kept = [e for e in ids.raw_events([first, again, first]) if e.key]
        await journal.accept(kept)
    assert journal.texts == ["one", "other"]
