"""The widget in a page of another site, in a browser that lets no third party keep cookies."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.browser.conftest import ALWAYS_OPEN, DESKTOP, PHONE, World, say, thread_of
from tests.browser.test_accessibility import AXE, faults
from tests.program.running import running

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SECRET = "what the product signs with, 32 characters or more"
PRODUCT = """<!doctype html><html lang="{lang}" dir="{dir}"><meta name="viewport" content="width=device-width"><title>Product</title>
<style>* {{ color: red !important; font-size: 40px !important }} button, div {{ display: none !important }} iframe {{ width: 10px !important }}</style>
<h1>A product</h1><input id="field"><script src="{okno}/widget.js" async {attributes}></script></html>"""


LIGHT, DARK = "rgb(255, 255, 255)", "rgb(21, 27, 28)"
THEMES = [
    ("auto", "light", LIGHT),
    ("auto", "dark", DARK),
    ("dark", "light", DARK),
    ("light", "dark", LIGHT),
]


@dataclass
class Product:
    """Somebody else's site, with Okno's button on its pages."""

    world: World
    url: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    async def page(self, attributes: str = "", *, phone: bool = False, at: str = "", **how: Any) -> Page:
        """A page of it, in a browser that has been nowhere."""
        how = {"locale": "en-US", "viewport": PHONE if phone else DESKTOP, "has_touch": phone, **how}
        context = await self.browser.new_context(**how)
        self.contexts.append(context)
        return await self.visit(context, attributes, at)

    async def visit(self, context: BrowserContext, attributes: str = "", at: str = "") -> Page:
        """One more page in the same browser."""
        page = await context.new_page()
        page.on("pageerror", lambda error: self.world.complaints.append(str(error)))
        page.on(
            "console",
            lambda m: (
                self.world.complaints.append(m.text)
                if m.type == "error" and "Failed to load" not in m.text
                else None
            ),
        )
        await page.goto(f"{at or self.url}/?a={attributes}")
        await page.wait_for_function("window.Okno")
        return page


def token(user: str = "7", **claims: Any) -> str:
    return jwt.encode({"sub": user, "name": "Ann Lee", "exp": time.time() + 300, **claims}, SECRET, "HS256")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> AsyncIterator[Product]:
    """A product on `localhost`; Okno is on `127.0.0.1`, to a browser another site."""
    okno = ""

    async def serve(request: web.Request) -> web.Response:
        q = request.query
        html = PRODUCT.format(
            okno=okno, attributes=q.get("a", ""), lang=q.get("lang", "en"), dir=q.get("dir", "ltr")
        )
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://localhost:{runner.addresses[0][1]}"
    settings = {
        "OKNO_WORKING_HOURS__WEEKLY": ALWAYS_OPEN,
        "OKNO_WEB__EMBED_ORIGINS": url,
        "OKNO_WEB__IDENTITY_SECRET": SECRET,
    }
    async with running(tmp_path_factory.mktemp("product"), **settings) as program:
        okno = program.url
        world = World(program, chromium)
        made = Product(world, url, chromium)
        yield made
        for context in made.contexts:
            await context.close()
        await world.close()
    await runner.cleanup()
    assert world.complaints == []


def inside(page: Page) -> FrameLocator:
    """The conversation in the widget's frame."""
    return page.frame_locator("iframe[src*='?frame']")


async def opened(page: Page) -> FrameLocator:
    """Open it by its API, which is what the button does too."""
    await page.evaluate("Okno.open()")
    frame = inside(page)
    await expect(frame.locator(".composer textarea")).to_be_visible()
    return frame


async def write(frame: FrameLocator, text: str) -> None:
    await frame.locator(".composer textarea").fill(text)
    await frame.locator(".send").click()


async def test_a_customer_writes_from_a_foreign_page_and_is_known_on_return(product: Product) -> None:
    page, staff = await product.page(), await product.world.staff()
    frame = await opened(page)
    await expect(frame.locator(".status")).to_have_text("Answers within 15 minutesaround the clock")
    await write(frame, "from the product")
    await expect(frame.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_be_visible()
    await thread_of(staff, "from the product")
    await expect(staff.locator(".card")).to_contain_text(f"{product.url}/")
    assert await page.context.cookies() == []
    again = await product.visit(page.context)
    await page.close()
    frame = await opened(again)
    await expect(frame.locator(".msg.own .text")).to_have_text("from the product")


async def test_an_answer_is_counted_while_closed_and_gone_once_seen(product: Product) -> None:
    page, staff = await product.page(), await product.world.staff()
    await write(await opened(page), "a question before closing")
    await thread_of(staff, "a question before closing")
    await page.evaluate("Okno.close(); window.counts = []; void Okno.onUnread((n) => counts.push(n))")
    await say(staff, "the answer meanwhile")
    await page.wait_for_function("counts.at(-1) === 1")
    assert await page.title() == "(1) Product"
    await expect(staff.locator(".msg.own .meta.is-delivered")).to_be_visible()
    await page.reload()  # the browser was closed; the badge waits
    await page.wait_for_function("document.title === '(1) Product'")
    await page.evaluate("Okno.open()")
    await expect(staff.locator(".msg.own .meta.is-seen")).to_be_visible()
    assert await page.title() == "Product"


async def test_a_user_of_the_product_is_the_same_everywhere_and_only_signed_in(product: Product) -> None:
    page, staff = await product.page(), await product.world.staff()
    await write(await opened(page), "before signing in")
    await thread_of(staff, "before signing in")
    await page.evaluate("(t) => Okno.identify(t)", token(email="ann@example.org", plan="pro"))
    await expect(staff.locator(".card")).to_contain_text("plan: pro")
    await expect(staff.locator(".thread-top")).to_contain_text("Ann Lee")
    other = await product.page(f"data-identity={token()}")
    frame = await opened(other)
    await expect(frame.locator(".msg.own .text")).to_have_text("before signing in")
    for visited in (page, other):
        await visited.evaluate("Okno.identify(null)")
        frame = await opened(visited)
        await expect(frame.locator(".greeting p")).to_be_visible()
        await expect(frame.locator(".msg")).to_have_count(0)


async def test_by_keyboard_alone(product: Product) -> None:
    page = await product.page()
    await page.locator("#field").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    frame = inside(page)
    await expect(frame.locator(".composer textarea")).to_be_focused()
    await page.keyboard.type("typed")
    await page.keyboard.press("Enter")
    await expect(frame.locator(".msg.own .text")).to_have_text("typed")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Support")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(frame.locator(".composer textarea")).to_be_focused()


@pytest.mark.parametrize(("direction", "near"), [("ltr", "right"), ("rtl", "left")])
async def test_the_pages_styles_do_not_reach_it_and_it_leaves_one_name(
    product: Product, direction: str, near: str
) -> None:
    page = await product.page(f"data-side=end&dir={direction}")
    frame = await opened(page)
    box = await page.locator("[data-okno] .panel").bounding_box()
    assert box is not None
    assert (box["x"] < 30) == (near == "left")
    assert box["width"] == 400
    await expect(frame.locator("h1")).to_have_css("font-size", "16px")
    names = await page.evaluate(
        """() => { const f = document.createElement('iframe'); document.body.append(f);
            const plain = new Set(Object.getOwnPropertyNames(f.contentWindow)); f.remove();
            return Object.getOwnPropertyNames(window).filter((n) => !plain.has(n) && !/^\\d+$|^field$/.test(n)); }"""
    )
    assert names == ["Okno"]


NO_STORAGE = """if (window !== top) Object.defineProperty(window, 'localStorage',
    { get() { throw new DOMException('denied', 'SecurityError'); } });"""


async def test_where_frames_may_keep_nothing_the_page_keeps_it(product: Product) -> None:
    page = await product.page()
    await page.context.add_init_script(NO_STORAGE)
    page = await product.visit(page.context)
    frame = await opened(page)
    await write(frame, "from a browser that keeps nothing")
    await expect(frame.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_be_visible()
    again = await product.visit(page.context)
    frame = await opened(again)
    await expect(frame.locator(".msg.own .text")).to_have_text("from a browser that keeps nothing")
    await again.evaluate("localStorage.clear()")
    frame = await opened(await product.visit(page.context))
    await expect(frame.locator(".greeting p")).to_be_visible()


@pytest.mark.parametrize(("theme", "system", "paper"), THEMES)
async def test_its_theme_is_the_readers_or_the_pages(
    product: Product, theme: str, system: Literal["light", "dark"], paper: str
) -> None:
    page = await product.page(f"data-theme={theme}", color_scheme=system)
    frame = await opened(page)
    await expect(frame.locator(".top")).to_have_css("background-color", paper)
    await write(frame, f"{theme} on {system}")
    framed = next(f for f in page.frames if "?frame" in f.url)
    assert await faults(framed) == []


async def test_a_phone_shows_it_full_screen(product: Product) -> None:
    page = await product.page(phone=True)
    frame = await opened(page)
    assert await frame.locator("body").evaluate("() => [innerWidth, innerHeight]") == [390, 844]
    await frame.get_by_role("button", name="Close").tap()
    await expect(page.locator("#field")).to_be_visible()


async def test_a_site_that_is_not_listed_shows_no_conversation(product: Product) -> None:
    page = await product.page(at=product.url.replace("localhost", "127.0.0.1"))
    async with page.expect_console_message(lambda m: "frame-ancestors" in m.text):
        await page.evaluate("Okno.open()")
    await expect(inside(page).locator(".composer")).to_have_count(0)
    product.world.complaints.clear()  # that one was meant


async def test_it_is_small(product: Product) -> None:
    page = await product.page()
    response = await page.request.get(f"{product.world.program.url}/widget.js")
    assert len(await response.body()) < 30_000
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_axe_finds_nothing_in_it(product: Product) -> None:
    page = await product.page()
    for opens in (False, True):
        if opens:
            await write(await opened(page), "a look at the widget")
            await expect(inside(page).locator(".msg.own .meta:is(.is-received, .is-seen)")).to_be_visible()
        await page.evaluate(AXE)
        around = await page.evaluate("axe.run('[data-okno]', {resultTypes: ['violations'], iframes: false})")
        assert [v["id"] for v in around["violations"]] == []
    framed = next(f for f in page.frames if "?frame" in f.url)
    assert await faults(framed) == []
