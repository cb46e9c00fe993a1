"""Files by button, paste and drag: previews at once, limits said before, what is too large told."""

from __future__ import annotations

import base64

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import World, say, thread_of
from tests.web.pictures import drawn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BRING = """(el, [kind, name, mime, data]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, { type: mime }));
    const event = kind === 'paste'
        ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
        : new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    el.dispatchEvent(event);
}"""


async def bring(page: Page, kind: str, name: str, mime: str, data: bytes) -> None:
    await page.locator(".composer textarea").evaluate(
        BRING, [kind, name, mime, base64.b64encode(data).decode()]
    )


async def test_a_screenshot_is_pasted_and_a_file_dragged(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await bring(customer, "paste", "image.png", "image/png", drawn(2400, 1200))
    await expect(customer.locator(".chip img")).to_be_visible()
    await bring(customer, "dragenter", "log.txt", "text/plain", b"lines")
    await expect(customer.locator(".veil")).to_contain_text("Up to 10 files of 50 MB each")
    await bring(customer, "drop", "log.txt", "text/plain", b"lines")
    await expect(customer.locator(".veil")).to_be_hidden()
    await expect(customer.locator(".chip")).to_have_count(2)
    await expect(customer.locator(".chip.going")).to_have_count(0)
    await say(customer, "look at this")
    await say(customer, "what I see")
    await thread_of(staff, "what I see")
    shown = staff.locator(".msg.other .picture")
    size = "(i) => i.decode().then(() => [i.naturalWidth, i.naturalHeight, i.src.endsWith('?preview')])"
    assert await shown.evaluate(size) == [1280, 640, True]
    await shown.click()
    whole = staff.locator("dialog.viewer img")
    assert await whole.evaluate(size) == [2400, 1200, False]
    await staff.keyboard.press("Escape")
    await expect(staff.locator(".msg.other .file-name")).to_have_text("log.txt")


async def test_limits_are_said_before_and_a_file_can_be_taken_back(world: World) -> None:
    customer = await world.customer()
    attach = customer.get_by_role("button", name="Attach files")
    await attach.focus()
    await expect(attach).to_have_attribute("title", "Attach files. Up to 10 files of 50 MB each")
    await customer.locator(".composer textarea").evaluate(
        """(el) => { const file = new File(["x"], "film.mov"); Object.defineProperty(file, "size", { value: 60 * 2 ** 20 });
        const data = new DataTransfer(); const event = new ClipboardEvent("paste", { clipboardData: data, cancelable: true });
        Object.defineProperty(event, "clipboardData", { value: { files: [file] } }); el.dispatchEvent(event); }"""
    )
    await expect(customer.locator(".toast")).to_have_text("film.mov is larger than 50 MB.")
    await bring(customer, "paste", "note.txt", "text/plain", b"x")
    await customer.locator(".chip").get_by_role("button", name="Remove the file").click()
    await expect(customer.locator(".chip")).to_have_count(0)
    await bring(customer, "paste", "broken.png", "image/png", drawn(60, 40)[:60])
    await expect(customer.locator(".chip.going")).to_have_count(0)
    await customer.locator(".send").click()
    await expect(customer.locator(".msg.own .file-name")).to_have_text("broken.png")
