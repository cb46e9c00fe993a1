"""The real program and a real browser. Each test gets people of its own; a page that reports an error fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.program.running import Program, running

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    "/usr/bin/chromium",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 45_000
ALWAYS_OPEN = orjson.dumps(
    {day: ["24h"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
).decode()

expect.set_options(timeout=PATIENCE)


@dataclass
class World:
    """One running Okno, one browser, and what pages complained of."""

    program: Program
    browser: Browser
    staff_state: StorageState | None = None
    complaints: list[str] = field(default_factory=list)
    contexts: dict[tuple[str, bool, str], BrowserContext] = field(default_factory=dict)

    async def page(
        self, path: str, who: str = "nobody", *, phone: bool = False, locale: str = "en-US"
    ) -> Page:
        """A page in the browser of `who`, which keeps what it has loaded and nothing of earlier tests."""
        context = self.contexts.get((who, phone, locale))
        if context is None:
            viewport = PHONE if phone else DESKTOP
            context = await self.browser.new_context(
                viewport=viewport, locale=locale, has_touch=phone, is_mobile=phone
            )
            context.set_default_timeout(PATIENCE)
            self.contexts[who, phone, locale] = context
        await context.clear_cookies()
        if who == "agent" and self.staff_state:
            url = self.program.url
            await context.add_cookies(
                [{"name": c["name"], "value": c["value"], "url": url} for c in self.staff_state["cookies"]]
            )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{path}: {error}"))
        page.on("console", lambda message: self._heard(path, message))
        page.on("dialog", lambda dialog: self.complaints.append(f"{path}: a dialog: {dialog.message}"))
        await page.goto(self.program.url + path)
        return page

    def _heard(self, path: str, message: ConsoleMessage) -> None:
        # a browser logs every answer that is an error; pages deal with those
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
        ):
            self.complaints.append(f"{path}: {message.text}")

    async def customer(self, **how: Any) -> Page:
        """A customer's page, of a customer who never wrote."""
        page = await self.page("/", "customer", **how)
        await expect(page.locator(".greeting p")).to_be_visible()
        return page

    async def staff(self, **how: Any) -> Page:
        """The staff page, signed in."""
        if self.staff_state is None:
            link = re.search(r"http://\S+/staff\?invite=\S+", self.program.printed)
            assert link, self.program.printed
            page = await self.page(link[0].removeprefix(self.program.url), "agent", **how)
            await page.locator("button.wide").click()
        else:
            page = await self.page("/staff", "agent", **how)
        await expect(page.locator(".office")).to_be_visible()
        self.staff_state = await page.context.storage_state()
        return page

    async def tidy(self) -> None:
        """Close the pages that a test opened, and what they kept."""
        for context in self.contexts.values():
            await context.set_offline(False)
            for page in context.pages:
                if page.url.startswith("http"):
                    await page.evaluate("localStorage.clear()")
                await page.close()

    async def close(self) -> None:
        """Close everything."""
        for context in self.contexts.values():
            await context.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, headless."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def okno(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """A program that all tests of this folder share."""
    async with running(tmp_path_factory.mktemp("okno"), OKNO_WORKING_HOURS__WEEKLY=ALWAYS_OPEN) as program:
        yield program


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(okno: Program, chromium: Browser) -> AsyncIterator[World]:
    """The world as the tests share it."""
    made = World(okno, chromium)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(shared: World) -> AsyncIterator[World]:
    """The world, tidied up after each test; no page may have complained."""
    yield shared
    await shared.tidy()
    complaints, shared.complaints = shared.complaints, []
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def own_world(tmp_path: Path, chromium: Browser) -> AsyncIterator[World]:
    """A world whose program a test may kill."""
    async with running(tmp_path, OKNO_WORKING_HOURS__WEEKLY=ALWAYS_OPEN) as program:
        made = World(program, chromium)
        yield made
        await made.close()


async def say(page: Page, text: str) -> None:
    """Write into the composer and send."""
    await page.locator(".composer textarea").fill(text)
    await page.locator(".send").click()


async def thread_of(staff: Page, words: str) -> None:
    """Open the thread whose newest line or title holds the words."""
    await staff.locator(".thread", has_text=words).first.click()
    await expect(staff.locator(".thread-view .msg").first).to_be_visible()


async def act(page: Page, words: str, choice: str) -> None:
    """Choose something from the menu of the message with the words."""
    message = page.locator(".msg", has_text=words).last
    await message.hover()
    await message.locator(".act").click()
    await page.locator(".menu").get_by_role("menuitem", name=choice).click()
