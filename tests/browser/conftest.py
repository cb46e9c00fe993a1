"""The real program and a real browser. Each test gets people of its own; a page that reports an error fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.program.running import Program, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
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
PATIENCE = 15_000

expect.set_options(timeout=PATIENCE)


@dataclass
class World:
    """One running Okno, one browser, and what pages complained of."""

    program: Program
    browser: Browser
    staff_state: Any = None
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def page(self, path: str, *, phone: bool = False, locale: str = "en-US", state: Any = None) -> Page:
        """A page in a browser of its own."""
        more: dict[str, Any] = {"has_touch": True, "is_mobile": True} if phone else {}
        viewport = PHONE if phone else DESKTOP
        context = await self.browser.new_context(
            viewport=viewport, locale=locale, storage_state=state, **more
        )
        self.contexts.append(context)
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
        page = await self.page("/", **how)
        await expect(page.locator(".greeting p")).to_be_visible()
        return page

    async def staff(self, **how: Any) -> Page:
        """The staff page, signed in."""
        if self.staff_state is None:
            link = re.search(r"http://\S+/staff\?invite=\S+", self.program.printed)
            assert link, self.program.printed
            page = await self.page(link[0].removeprefix(self.program.url), **how)
            await page.locator("button.wide").click()
            await expect(page.locator(".office")).to_be_visible()
            self.staff_state = await page.context.storage_state()
            return page
        page = await self.page("/staff", state=self.staff_state, **how)
        await expect(page.locator(".office")).to_be_visible()
        return page

    async def forget(self) -> None:
        """Close what a test opened."""
        for context in self.contexts:
            await context.close()
        self.contexts.clear()


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
    async with running(tmp_path_factory.mktemp("okno")) as program:
        yield program


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(okno: Program, chromium: Browser) -> World:
    """The world as the tests share it."""
    return World(okno, chromium)


@pytest_asyncio.fixture(loop_scope="session")
async def world(shared: World) -> AsyncIterator[World]:
    """The world, tidied up after each test; no page may have complained."""
    yield shared
    await shared.forget()
    complaints, shared.complaints = shared.complaints, []
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def own_world(tmp_path: Path, chromium: Browser) -> AsyncIterator[World]:
    """A world whose program a test may kill."""
    async with running(tmp_path) as program:
        made = World(program, chromium)
        yield made
        await made.forget()


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
