"""The whole program keeping time: targets of seconds, a Bot API server, a kill in the middle."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.telegram import Shown, TelegramFake
from tests.program.running import running, until
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(privacy=False) as fake:
        yield fake


ALWAYS = '{mon=["24h"],tue=["24h"],wed=["24h"],thu=["24h"],fri=["24h"],sat=["24h"],sun=["24h"]}'
SECONDS = {
    "OKNO_LOCALE": "en",
    "OKNO_WORKING_HOURS__WEEKLY": ALWAYS,
    "OKNO_SLA__FIRST_RESPONSE": "6s",
    "OKNO_SLA__NEXT_RESPONSE": "6s",
    "OKNO_SLA__REPEAT_BREACH": "4s",
}


async def test_reminder_ping_repeat_and_silence_after_the_answer(fake: TelegramFake, tmp_path: Path):
    anna, ivan = fake.people.user("Anna"), fake.people.user("Ivan")
    desk = fake.people.group("How-to", [ivan], forum=True)
    leads = fake.people.group("Leads", [ivan])
    settings = {**telegram(fake, howto=desk), **SECONDS, "OKNO_LEADS__CHAT": f"telegram:{leads}"}
    async with running(tmp_path, **settings) as program:
        fake.people.writes(anna, "Is anybody there?")
        reminder = (await until(lambda: _bot_says(fake, desk, "🟡", card=False), what="the reminder"))[0]
        assert [label for row in reminder.buttons for label in row], "the reminder has its buttons"
        await program.kill()
        await program.start()
        await until(lambda: _bot_says(fake, leads, "🔴"), what="the ping")
        await until(lambda: len(_bot_says(fake, leads, "🔴")) == 2, what="the ping's repeat")
        assert len(_bot_says(fake, desk, "🟡", card=False)) == 1, "the restart gives no second reminder"
        topic = fake.control.topics(desk)[0]["id"]
        fake.people.writes(ivan, "Yes", chat=desk, thread=topic)
        await until(lambda: not _bot_says(fake, leads, "🔴"), what="the pings to say that it is answered")
        assert all("Ivan" in m.text for m in fake.control.shows(leads))
        count = len(fake.control.shows(leads))
        fake.people.writes(anna, "Thanks")
        fake.people.writes(ivan, "/ok", chat=desk, thread=topic)
        await until(lambda: [m for m in fake.control.shows(desk, topic) if m.by_bot and m.text == "Thanks"])
        await until(lambda: _bot_says(fake, desk, "🟢"), what="the card to be green again")
        assert len(fake.control.shows(leads)) == count


def _bot_says(fake: TelegramFake, chat: int, sign: str, *, card: bool = True) -> list[Shown]:
    shown = [m for m in fake.control.shows(chat) if m.by_bot and sign in m.text]
    return shown if card else [m for m in shown if not any("close" in d for row in m.data for d in row)]
