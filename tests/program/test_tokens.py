"""A token that the platform takes no more while the program runs, in the running program: said in the log, in `/readyz`
and to people where that still arrives; nothing is lost, and all goes on by itself when it is taken again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fakes.slack import Fault, SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import Program, running, until
from tests.program.slack import slack
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


@pytest.fixture
async def there() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(privacy=False) as fake:
        yield fake


@pytest.fixture
async def here() -> AsyncIterator[SlackFake]:
    async with SlackFake() as fake:
        yield fake


async def readyz(program: Program) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{program.url}/readyz") as answer:
        return answer.status, await answer.json()


async def not_ready(program: Program, messenger: str) -> str:
    status, said = await readyz(program)
    return str(said["messengers"][messenger]["error"]) if status == 503 else ""


async def test_telegram_takes_the_token_no_more(there: TelegramFake, here: SlackFake, tmp_path: Path):
    anna = there.people.user("Anna")
    ivan = here.people.user("Ivan")
    howto = here.people.channel("howto", [ivan])
    settings = telegram(there) | slack(here, howto=howto) | {"OKNO_LOCALE": "en"}
    async with running(tmp_path, **settings) as program:
        there.people.writes(anna, "before")
        await until(lambda: [m for m in here.people.of_app(howto) if m.text == "before"])
        card = here.people.of_app(howto)[0]
        there.control.fault("error", times=None, status=401, description="Unauthorized")
        here.people.writes(ivan, "an answer", howto, card.ts)
        there.people.writes(anna, "one more")  # ends the poll that is under way
        told = await until(lambda: [m for m in here.people.of_app(howto) if "Telegram" in m.text])
        assert "doesn't take the bot's token any more" in told[0].text
        there.people.writes(anna, "meanwhile")
        assert "OKNO_TELEGRAM__TOKEN" in await until(lambda: not_ready(program, "telegram"))
        assert "OKNO_TELEGRAM__TOKEN" in program.printed
        assert there.token not in program.printed
        there.control.clear_faults()
        await until(lambda: [m for m in here.people.of_app(howto) if m.text == "meanwhile"], 90)
        await until(lambda: [m for m in there.control.shows(anna) if m.text == "an answer"], 90)
        await until(lambda: [m for m in here.people.of_app(howto) if "takes the bot's token again" in m.text])
        assert (await until(lambda: readyz(program)))[0] == 200
        assert len([m for m in there.control.shows(anna) if m.text == "an answer"]) == 1


async def test_slack_takes_the_token_no_more(there: TelegramFake, here: SlackFake, tmp_path: Path):
    anna, lena = there.people.user("Anna"), there.people.user("Lena")
    leads = there.people.group("Leads", [lena])
    ivan = here.people.user("Ivan")
    howto = here.people.channel("howto", [ivan])
    settings = telegram(there) | slack(here, howto=howto)
    settings |= {"OKNO_LOCALE": "en", "OKNO_LEADS__CHAT": f"telegram:{leads}"}
    async with running(tmp_path, **settings) as program:
        there.people.writes(anna, "before")
        await until(lambda: [m for m in here.people.of_app(howto) if m.text == "before"])
        here.troubles.append(Fault("error", "", times=None, code="token_revoked"))
        there.people.writes(anna, "meanwhile")
        told = await until(lambda: [m.text for m in there.control.shows(leads) if "Slack" in m.text])
        assert "doesn't take the bot's token any more" in told[0]
        assert await until(lambda: not_ready(program, "slack"))
        assert here.bot_token not in program.printed
        here.troubles.clear()
        await until(lambda: [m for m in here.people.of_app(howto) if m.text == "meanwhile"], 90)
        await until(
            lambda: [m for m in there.control.shows(leads) if "takes the bot's token again" in m.text]
        )
