"""A customer of the page goes on in Telegram, and comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.sides import WebCustomer, browsing

pytestmark = pytest.mark.program


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(privacy=False) as fake:
        yield fake


async def crossing(customer: WebCustomer) -> str:
    """What the bot is sent when the customer opens their link."""
    link = (await customer.page.post("continue", {"to": "telegram"}))["link"]
    word = parse_qs(urlsplit(link).query)["start"][0]
    assert link.startswith("https://t.me/")
    assert len(word) <= 64  # https://core.telegram.org/bots/features#deep-linking
    return f"/start {word}"


async def test_the_page_and_telegram_are_one_customer(fake: TelegramFake, tmp_path: Path):
    anna = fake.people.user("Anna", language="en")
    settings = {"OKNO_TELEGRAM__TOKEN": fake.token, "OKNO_TELEGRAM__API_BASE": fake.url}

    def telegram_shows(text: str) -> bool:
        return any(text in m.text for m in fake.control.shows(anna))

    async with running(tmp_path, **settings) as program, browsing(program) as (customer, agent):
        await customer.says("where is my parcel?")

        async def where() -> dict[str, object]:
            found = await customer.page.get("promise")
            return {"elsewhere": found["elsewhere"], "offers": [o["to"] for o in found["offers"]]}

        async def wait_for_offer() -> bool:
            return "telegram" in (await where())["offers"]  # type: ignore[operator]

        await until(wait_for_offer)
        start = await crossing(customer)
        fake.people.writes(anna, start)
        await until(lambda: telegram_shows("goes on here"))
        there = (await where())["elsewhere"]
        assert there == {"name": "Telegram", "link": "https://t.me/okno_test_bot?start=page"}
        await agent.says("tomorrow")
        await until(lambda: telegram_shows("tomorrow"))
        fake.people.writes(anna, "thank you")
        await customer.says("from the page, too")

        async def desk_has_both() -> bool:
            return {"thank you", "from the page, too"} <= set(await agent.sees())

        await until(desk_has_both)
        assert "tomorrow" not in await customer.sees()
        assert len((await agent.page.get("threads?chat=howto&closed=0"))["threads"]) == 1

        await program.kill()
        await program.start()
        await customer.page.post("answer-here", {})
        await until(lambda: telegram_shows("back on the page"))
        await agent.says("an answer on the page")

        async def page_has_it() -> bool:
            return "an answer on the page" in await customer.sees()

        await until(page_has_it)
        assert not telegram_shows("an answer on the page")
