"""A messenger that is away, in the running program: agents see almost at once that an answer waits, another desk hears that
one isn't reached, and everything arrives when it is back.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.slack import slack
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program

SOON = 15.0


async def test_that_delivery_waits_is_seen_at_once(tmp_path: Path):
    async with SlackFake() as here, TelegramFake(privacy=False) as there:
        anna, ivan, clara = there.people.user("Anna"), here.people.user("Ivan"), here.people.user("Clara")
        bugs = there.people.group("Bugs", [there.people.user("Boris")], forum=True)
        howto = here.people.channel("howto", [ivan])
        settings = telegram(there, bugs=bugs) | slack(here, howto=howto) | {"OKNO_LOCALE": "en"}
        async with running(tmp_path, **settings):
            there.people.writes(anna, "before")
            await until(lambda: [m for m in here.people.of_app(howto) if m.text == "before"])
            card = here.people.of_app(howto)[0]
            here.people.writes(clara, "!bug it crashes")
            await until(lambda: [m for m in there.control.shows(bugs) if "it crashes" in m.text])
            there.control.fault("error", times=None, status=502, description="Bad Gateway")
            here.people.writes(ivan, "an answer", howto, card.ts)
            here.people.writes(clara, "and again")
            await until(
                lambda: [m for m in here.people.of_app(howto, card.ts) if "Not delivered yet" in m.text],
                SOON,
            )
            await until(lambda: [m for m in here.people.of_app(howto) if "isn't reached" in m.text], SOON)
            there.control.clear_faults()
            await until(lambda: [m for m in there.control.shows(anna) if m.text == "an answer"], 60)
            await until(lambda: [m for m in there.control.shows(bugs) if m.text == "and again"], 60)
