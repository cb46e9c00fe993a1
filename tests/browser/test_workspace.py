"""The staff page as a place to work in: lists, search, keys, colleagues, the team."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import World, say, thread_of
from tests.program.running import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_lists_by_state_follow_what_happens(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "a question to be listed")
    row = staff.locator(".thread", has_text="a question to be listed")
    await expect(row.locator(".clock")).to_have_text(re.compile("min$"))
    row = staff.locator(f"[data-thread='{await row.get_attribute('data-thread')}']")
    choose = staff.locator(".filters").get_by_role("button", name="Mine")
    await choose.click()
    await expect(row).to_have_count(0)
    await staff.get_by_role("button", name="Unanswered").click()
    await row.click()
    await say(staff, "/take")
    await choose.click()
    await expect(row).to_have_count(1)
    await say(staff, "/snooze 2h")
    await staff.get_by_role("button", name="Snoozed").click()
    await expect(staff.locator(".threads .clock.asleep")).to_have_count(1)
    await say(staff, "/close")
    await staff.locator(".filters").get_by_role("button", name="Closed").click()
    await expect(staff.locator(".thread.closed.current")).to_have_count(1)


async def test_search_finds_and_goes_to_the_message(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "the Zanzibar invoice is wrong")
    await say(customer, "and nobody answers")
    await thread_of(staff, "and nobody answers")
    await staff.keyboard.press("Control+k")
    await staff.keyboard.type("zanzibar")
    found = staff.get_by_role("list", name="Found").locator(".thread")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("the Zanzibar invoice is wrong")
    await found.click()
    await expect(staff.locator(".msg.found")).to_contain_text("Zanzibar")
    name = (await staff.locator(".thread-top h2").inner_text()).split(" #")[0]
    await staff.keyboard.press("Control+k")
    await staff.keyboard.press("Control+a")
    await staff.keyboard.type(name)
    await found.first.click()
    await expect(staff.locator(".msg.other .text").last).to_have_text("and nobody answers")
    await staff.keyboard.press("Control+k")
    await staff.keyboard.press("Control+a")
    await staff.keyboard.type("nothing of the kind")
    await expect(staff.get_by_text("Nothing found")).to_be_visible()
    await staff.keyboard.press("Escape")
    await expect(staff.locator(".thread", has_text="and nobody answers")).to_be_visible()


async def test_the_keyboard_alone_is_enough(world: World) -> None:
    one, two, staff = await world.customer(), await world.customer(locale="en-GB"), await world.staff()
    await say(one, "first by keyboard")
    await say(two, "second by keyboard")
    await expect(staff.locator(".thread", has_text="by keyboard")).to_have_count(2)
    await staff.keyboard.press("1")
    await staff.keyboard.press("Alt+ArrowDown")
    await expect(staff.locator(".msg.other .text").last).to_have_text("second by keyboard")
    await staff.keyboard.press("Alt+ArrowDown")
    await expect(staff.locator(".msg.other .text").last).to_have_text("first by keyboard")
    await staff.keyboard.press("Escape")
    await staff.keyboard.press("n")
    await staff.keyboard.type("noted")
    await staff.keyboard.press("Enter")
    await expect(staff.locator(".msg.note .text")).to_have_text("noted")
    await staff.keyboard.press("Escape")
    await staff.keyboard.press("?")
    await expect(staff.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await staff.keyboard.press("Escape")
    await staff.keyboard.press("r")
    await expect(staff.locator(".composer textarea")).to_be_focused()


async def test_two_agents_see_each_other_write_and_one_is_let_go(own_world: World) -> None:
    world = own_world
    customer, admin = await world.customer(), await world.staff()
    await say(customer, "a question for two")
    await thread_of(admin, "a question for two")
    await admin.get_by_role("button", name="Menu").click()
    await admin.get_by_role("menuitem", name="Team").click()
    await admin.get_by_placeholder("Name").fill("Olga")
    await admin.get_by_role("button", name="Invite").click()
    link = await admin.get_by_label("Sign-in link").input_value()
    other = await world.page(link.removeprefix(world.program.url), "colleague")
    await other.locator("button.wide").click()
    await thread_of(other, "a question for two")
    await admin.get_by_role("button", name="Close", exact=True).click()
    await other.locator(".composer textarea").press_sequentially("I am on")
    await expect(admin.locator(".others")).to_have_text("Olga is writing…")
    await say(other, "I am on it")
    await expect(admin.locator(".msg.colleague")).to_contain_text("I am on it")
    await expect(admin.locator(".others")).to_be_empty()

    await admin.get_by_role("button", name="Menu").click()
    await admin.get_by_role("menuitem", name="Team").click()
    await admin.get_by_role("button", name="End access of Olga").click()
    await admin.get_by_role("button", name="End access", exact=True).click()
    await expect(other.locator(".sheet-box code")).to_be_visible()


async def test_sound_and_notifications_are_off_until_switched_on(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await staff.context.grant_permissions(["notifications"])
    await staff.evaluate(
        "window.shown = []; window.Notification = class { constructor(title, how) { shown.push([title, how.body]); }"
        " static permission = 'granted'; static requestPermission = async () => 'granted'; };"
        " document.hasFocus = () => false"
    )
    await say(customer, "unheard")
    await expect(staff.locator(".thread", has_text="unheard")).to_be_visible()
    await staff.get_by_role("button", name="Menu").click()
    await staff.get_by_role("menuitem", name="Switch notifications on").click()
    await say(customer, "heard")
    await until(lambda: staff.evaluate("shown.length"), what="the notification")
    shown = await staff.evaluate("shown")
    assert [body for _, body in shown] == ["heard"]
    assert shown[0][0].startswith("Guest")


async def test_customer_and_agent_see_each_other_write_and_read(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "is anybody there?")
    await thread_of(staff, "is anybody there?")
    await expect(customer.locator(".msg.own .meta.is-seen")).to_have_count(1)
    await customer.locator(".input").press_sequentially("another question, as people type", delay=150)
    await expect(staff.locator(".others")).to_have_text("Customer is writing…")
    await staff.locator(".input").press_sequentially("an answer")
    await expect(customer.locator(".status")).to_have_text("Support is writing…")
