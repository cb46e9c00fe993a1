"""A customer takes the conversation from the page to Telegram, and comes back."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import ALWAYS_OPEN, World, say, thread_of
from tests.browser.test_accessibility import faults
from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_from_the_page_to_telegram_and_back(tmp_path: Path, chromium: Browser) -> None:
    async with TelegramFake(privacy=False) as fake:
        settings = {
            "OKNO_LOCALE": "en",
            "OKNO_WORKING_HOURS__WEEKLY": ALWAYS_OPEN,
            "OKNO_TELEGRAM__TOKEN": fake.token,
            "OKNO_TELEGRAM__API_BASE": fake.url,
        }
        anna = fake.people.user("Anna", language="en")
        async with running(tmp_path, **settings) as program:
            world = World(program, chromium)
            customer, staff = await world.customer(), await world.staff()
            offered = customer.get_by_role("button", name="Continue in Telegram")
            await expect(offered).to_have_count(2)  # in the head, and under the greeting
            assert await faults(customer) == []
            await say(customer, "where is my parcel?")
            await thread_of(staff, "where is my parcel?")
            await offered.first.click()
            link = customer.get_by_role("link", name="Open Telegram")
            await expect(link).to_be_focused()
            assert await faults(customer) == []
            word = parse_qs(urlsplit(await link.get_attribute("href") or "").query)["start"][0]
            await customer.keyboard.press("Escape")

            fake.people.writes(anna, f"/start {word}")  # what Telegram does when the link is opened there
            banner = customer.locator(".elsewhere")
            await expect(banner).to_contain_text("You are answered in Telegram.")
            await expect(offered).to_have_count(0)
            await expect(staff.locator(".msg.line").last).to_contain_text("answers go there now")
            await say(staff, "it arrives tomorrow")
            await until(lambda: [m for m in fake.control.shows(anna) if m.text == "it arrives tomorrow"])
            await say(customer, "one more thing")
            await expect(staff.locator(".msg.other .text").last).to_have_text("one more thing")
            assert await faults(customer) == []
            await customer.reload()
            await expect(banner).to_be_visible()

            await banner.get_by_role("button", name="Answer here").click()
            await expect(banner).to_be_hidden()
            await say(staff, "and here again")
            await expect(customer.locator(".msg.other .text").last).to_have_text("and here again")
            await expect(staff.locator(".msg.own .meta.is-seen").last).to_be_visible()
            assert not [m for m in fake.control.shows(anna) if m.text == "and here again"]
            assert world.complaints == []
            await world.close()
