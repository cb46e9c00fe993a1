"""What axe-core finds on the pages and in the widget, light and dark: nothing."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.async_api import Frame, Page, expect

from tests.browser.conftest import World, say, thread_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

OPTIONS = "{resultTypes: ['violations'], rules: {region: {enabled: false}}}"
"""All rules but one: a menu that lies over the page for a moment is in no landmark."""


async def faults(page: Page | Frame) -> list[str]:
    """Each rule that is broken, with where."""
    await page.evaluate(AXE)
    found: dict[str, Any] = await page.evaluate(f"axe.run(document, {OPTIONS})")
    return [f"{v['id']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_have_no_faults(world: World, scheme: Literal["light", "dark"]) -> None:
    customer, staff = await world.customer(), await world.staff()
    for page in (customer, staff):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert await faults(customer) == []
    await say(customer, f"a question to look at in the {scheme}")
    await thread_of(staff, f"to look at in the {scheme}")
    for answer in ("an answer to look at", "// a note to look at", "/who"):
        await say(staff, answer)
    await expect(customer.locator(".msg.other")).to_have_count(1)
    await expect(staff.locator(".msg.line").last).to_contain_text("web:")
    await staff.locator(".composer textarea").fill("/")
    assert await faults(customer) == []
    assert await faults(staff) == []
    await staff.locator(".composer textarea").fill("")
    await staff.get_by_role("button", name="Menu").click()
    assert await faults(staff) == []
    await staff.get_by_role("menuitem", name="Team").click()
    await expect(staff.get_by_role("dialog", name="Team")).to_be_visible()
    assert await faults(staff) == []
