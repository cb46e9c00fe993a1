"""Two customers and two agents at once: each in a browser of their own, with a reload and a tunnel in the middle."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import World, say, thread_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def colleague(world: World, admin: Page, name: str) -> Page:
    """One more agent, invited on the staff page."""
    await admin.get_by_role("button", name="Menu").click()
    await admin.get_by_role("menuitem", name="Team").click()
    await admin.get_by_placeholder("Name").fill(name)
    await admin.get_by_role("button", name="Invite").click()
    link = await admin.get_by_label("Sign-in link").input_value()
    await admin.get_by_role("button", name="Close", exact=True).click()
    page = await world.page(link.removeprefix(world.program.url), name)
    await page.locator("button.wide").click()
    await expect(page.locator(".office")).to_be_visible()
    return page


async def test_nobody_sees_anothers_words_and_nothing_is_lost(own_world: World) -> None:
    world = own_world
    admin = await world.staff()
    olga = await colleague(world, admin, "Olga")
    anna, boris = await world.customer(), await world.customer(locale="en-NZ")
    await say(anna, "Anna's first question")
    await say(boris, "Boris' first question")
    await thread_of(admin, "Anna's first")
    await thread_of(olga, "Boris' first")
    await boris.context.set_offline(True)
    await say(boris, "Boris in the tunnel")
    await say(admin, "an answer to Anna")
    await say(olga, "an answer to Boris")
    await anna.reload()
    await olga.reload()
    await say(anna, "Anna's second question")
    await boris.context.set_offline(False)
    await expect(olga.locator(".msg.other .text").last).to_have_text("Boris in the tunnel")
    await admin.locator(".composer textarea").fill("a draft to Anna")
    await thread_of(admin, "Boris in the tunnel")
    await say(admin, "both agents answer Boris")
    await expect(olga.locator(".msg.colleague")).to_contain_text("both agents answer Boris")
    await thread_of(admin, "Anna's second")
    await expect(admin.locator(".composer textarea")).to_have_value("a draft to Anna")

    own, others = ".msg.own .text", ".msg.other .text"
    await expect(anna.locator(own)).to_have_text(["Anna's first question", "Anna's second question"])
    await expect(anna.locator(others)).to_have_text(["an answer to Anna"])
    await expect(boris.locator(own)).to_have_text(["Boris' first question", "Boris in the tunnel"])
    await expect(boris.locator(others)).to_have_text(["an answer to Boris", "both agents answer Boris"])
    await expect(admin.locator(".msg.own .meta.is-seen")).to_have_count(1)
    await expect(olga.locator(".msg.own .meta.is-seen")).to_have_count(2)
    assert world.complaints == []
