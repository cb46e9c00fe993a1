"""The pictures under docs/images: both pages and the widget, in each language, light and dark, on a desk and in a hand.

`make pictures` (`python -m tests.browser.gallery [FOLDER]`) takes them anew of the real program.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import jwt
from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, FilePayload, FrameLocator, Page, async_playwright, expect

from tests.browser.conftest import ALWAYS_OPEN, ARGUMENTS, CHROMIUM, World, thread_of
from tests.browser.scenes import SCENES, Scene
from tests.program.running import running

FOLDER = Path(__file__).parents[2] / "docs" / "images"
SECRET = "the pictures' own secret, 32 characters or more"
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    },
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass
class Gallery:
    """One program with what one scene has people say, and where its pictures go."""

    world: World
    product: str
    scene: Scene
    folder: Path

    def token(self, who: str) -> str:
        """What a product says of its user."""
        claims = {"sub": who, "name": who, "exp": time.time() + 3600, **self.scene.known.get(who, {})}
        return jwt.encode(claims, SECRET, "HS256")

    async def page(self, address: str, size: str = "desktop", **how: Any) -> Page:
        """A page in a browser of its own."""
        context = await self.world.browser.new_context(
            locale=self.scene.tag, timezone_id="Europe/Moscow", **SIZES[size], **how
        )
        page = await context.new_page()
        await page.goto(address)
        return page

    async def customer(self, who: str, size: str = "desktop", **how: Any) -> tuple[Page, FrameLocator]:
        """The product's page with the widget open, of one of its users."""
        page = await self.page(f"{self.product}/?who={self.token(who)}&lang={self.scene.lang}", size, **how)
        await page.wait_for_function("window.Okno")
        await page.evaluate("Okno.open()")
        frame = page.frame_locator("iframe[src*='?frame']")
        await expect(frame.locator(".composer textarea")).to_be_visible()
        return page, frame

    async def people_write(self) -> tuple[Page, FrameLocator]:
        """Everybody says what the scene has them say; the one whose conversation is shown last."""
        for who, words in self.scene.others:
            page, frame = await self.customer(who)
            await say(frame, words)
            await expect(frame.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_be_visible()
            await page.context.close()
        shown = await self.customer(self.scene.customer)
        staff = await self.world.staff(locale=self.scene.tag)
        for n, (who, words) in enumerate(self.scene.said):
            if who == "agent":
                await say(staff, words)
                if not words.startswith("//"):
                    await expect(shown[1].locator(".msg.other .text").last).to_contain_text(words[:20])
            else:
                await self._customer_says(shown[1], staff, words, first=n == 0)
        return shown

    async def _customer_says(self, frame: FrameLocator, staff: Page, words: str, *, first: bool) -> None:
        if first:
            await say(frame, words)
            await thread_of(staff, words[:20])
            await frame.locator("input[type=file]").set_input_files(await self._screenshot())
            await expect(frame.locator(".chip.going")).to_have_count(0)
            await frame.locator(".send").click()
            await expect(staff.locator(".msg .picture")).to_be_visible()
            return
        await say(frame, words)
        await expect(staff.locator(".msg.other .text").last).to_have_text(words)

    async def _screenshot(self) -> FilePayload:
        """What a customer takes of the product's page, with an error on it."""
        context = await self.world.browser.new_context(
            viewport={"width": 620, "height": 340}, device_scale_factor=2
        )
        page = await context.new_page()
        await page.set_content(
            self.scene.product.format(okno="", who="", lang=self.scene.lang) + self.scene.error
        )
        taken = await page.screenshot()
        await context.close()
        return {"name": "screenshot.png", "mimeType": "image/png", "buffer": taken}

    async def take(self) -> None:
        """All pictures of this language."""
        shown = await self.people_write()
        place = (await self.world.staff(locale=self.scene.tag)).url
        thread = await self._thread()
        await shown[0].context.close()
        await self._take_list(thread)
        for size in SIZES:
            for scheme in SCHEMES:
                await self._take_staff(f"{place.split('#')[0]}#howto/{thread}", size, scheme)
                await self._take_widget(size, scheme)
                await self._take_customer(size, scheme)

    async def _thread(self) -> str:
        staff = await self.world.staff(locale=self.scene.tag)
        row = staff.locator(".thread", has_text=self.scene.customer).first
        return str(await row.get_attribute("data-thread"))

    async def _staff(self, address: str, size: str, scheme: Literal["light", "dark"]) -> Page:
        page = await self.page(
            address, size, color_scheme=scheme, storage_state=self.world.staff_state, reduced_motion="reduce"
        )
        await expect(page.locator(".office")).to_be_visible()
        return page

    async def _take_staff(self, address: str, size: str, scheme: Literal["light", "dark"]) -> None:
        page = await self._staff(address, size, scheme)
        await expect(page.locator(".msg .picture")).to_be_visible()
        if size == "desktop":
            await page.locator(".composer textarea").fill(self.scene.draft)
        await self._save(page, f"staff-{size}", scheme)

    async def _take_list(self, thread: str) -> None:
        """What a phone shows first; the list of commands."""
        page = await self._staff(f"{self.world.program.url}/staff#howto", "phone", "light")
        await expect(page.locator(".thread")).to_have_count(len(self.scene.others) + 1)
        await self._save(page, "staff-list-phone", "light")
        page = await self._staff(f"{self.world.program.url}/staff#howto/{thread}", "desktop", "light")
        await expect(page.locator(".msg .picture")).to_be_visible()
        await page.locator(".composer textarea").fill("/")
        await expect(page.locator(".palette li").first).to_be_visible()
        await self._save(page, "staff-commands", "light")

    async def _take_widget(self, size: str, scheme: Literal["light", "dark"]) -> None:
        page, frame = await self.customer(
            self.scene.customer, size, color_scheme=scheme, reduced_motion="reduce"
        )
        await expect(frame.locator(".msg .picture")).to_be_visible()
        await self._save(page, f"widget-{size}", scheme)

    async def _take_customer(self, size: str, scheme: Literal["light", "dark"]) -> None:
        page = await self.page(
            f"{self.world.program.url}/", size, color_scheme=scheme, reduced_motion="reduce"
        )
        await expect(page.locator(".greeting p")).to_be_visible()
        if size == "phone" or scheme == "dark":
            await say(page, self.scene.said[0][1])
            await expect(page.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_be_visible()
        await self._save(page, f"customer-{size}", scheme)

    async def _save(self, page: Page, name: str, scheme: str) -> None:
        await page.evaluate("document.fonts.ready")
        for frame in page.frames:
            await frame.evaluate("Promise.all([...document.images].map((i) => i.decode().catch(() => null)))")
        with Image.open(BytesIO(await page.screenshot(animations="disabled"))) as taken:
            path = self.folder / f"{name}-{scheme}-{self.scene.lang}.webp"
            taken.convert("RGB").save(path, "WEBP", quality=78, method=6)
        await page.context.close()


async def say(page: Page | FrameLocator, words: str) -> None:
    """Write and send. What is typed goes where the browser's focus is, which follows into a frame a little later."""
    box = page.locator(".composer textarea")
    while await box.input_value() != words:
        await box.fill(words)
    await page.locator(".send").click()
    await expect(box).to_have_value("")


@contextlib.asynccontextmanager
async def product(scene: Scene, okno: list[str]) -> AsyncIterator[str]:
    """A product's site with the widget on its page; `okno` gets Okno's address once that is known."""

    async def serve(request: web.Request) -> web.Response:
        page = scene.product.format(okno=okno[0], who=request.query["who"], lang=scene.lang)
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def take(browser: Browser, scene: Scene, folder: Path) -> None:
    """All pictures of one scene."""
    okno: list[str] = []
    with tempfile.TemporaryDirectory() as home:
        async with product(scene, okno) as site:
            settings = {
                "OKNO_LOCALE": scene.lang,
                "OKNO_WORKING_HOURS__WEEKLY": ALWAYS_OPEN,
                "OKNO_WEB__EMBED_ORIGINS": site,
                "OKNO_WEB__IDENTITY_SECRET": SECRET,
                "OKNO_TIERS__GOLD__FIRST_RESPONSE": "4m",
                "OKNO_TIERS__BASIC__FIRST_RESPONSE": "2h",
            }
            async with running(Path(home), **settings) as program:
                okno.append(program.url)
                world = World(program, browser)
                await Gallery(world, site, scene, folder).take()
                await world.close()


async def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for scene in SCENES:
            await take(browser, scene, folder)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
