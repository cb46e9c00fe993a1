"""Ten thousand messages in one thread: the page holds a window of them, and any is a jump away."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import World, say, thread_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MANY = 10_000
HELD = 400


def prolong(database: Path) -> None:
    """Give the talk's thread so many more messages, as they are stored."""
    conn = sqlite3.connect(database)
    columns = [row[1] for row in conn.execute("PRAGMA table_info(web_messages)")]
    found = conn.execute(
        "SELECT * FROM web_messages WHERE thread_id > 0 AND role = 'message' ORDER BY id LIMIT 1"
    )
    first = dict(zip(columns, found.fetchone(), strict=True))
    (seq,) = conn.execute("SELECT next_seq FROM web_chats WHERE id = ?", (first["chat_id"],)).fetchone()
    del first["id"]
    for n in range(MANY):
        words = "a needle in the hay" if n == 500 else f"message {n} of a long talk"
        row = {**first, "seq": seq + n, "client_key": "", "words": words}
        row["content"] = row["content"].replace("the beginning", words)
        marks = ",".join("?" * len(row))
        conn.execute(f"INSERT INTO web_messages ({','.join(row)}) VALUES ({marks})", list(row.values()))
    conn.execute("UPDATE web_chats SET next_seq = ? WHERE id = ?", (seq + MANY, first["chat_id"]))
    conn.commit()
    conn.close()


async def held(page: Page) -> int:
    return await page.locator(".msg").count()


async def test_ten_thousand_messages(own_world: World) -> None:
    world = own_world
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "the beginning")
    await thread_of(staff, "the beginning")
    await customer.close()
    await staff.close()
    await world.program.stop()
    prolong(world.program.folder / "okno.db")
    await world.program.start()

    staff = await world.page("/staff#howto/1", "agent")
    last = staff.get_by_text(f"message {MANY - 1} of a long talk", exact=True)
    await expect(last).to_be_in_viewport()
    for _ in range(12):  # as one scrolls, older ones come, and what is far below is let go
        first = await staff.locator(".msg").first.get_attribute("data-id")
        assert first is not None
        await staff.locator(".scroller").evaluate("(s) => { s.scrollTop = 0; }")
        await expect(staff.locator(".msg").first).not_to_have_attribute("data-id", first)
        assert await held(staff) <= HELD
    await expect(last).to_have_count(0)

    await say(staff, "an answer from far above")
    await expect(staff.locator(".msg.own", has_text="an answer from far above")).to_be_in_viewport()
    await staff.evaluate("location.hash = 'howto'")
    await staff.keyboard.press("Control+k")
    await staff.keyboard.type("needle")
    await staff.get_by_role("list", name="Found").locator(".thread").first.click()
    await expect(staff.locator(".msg.found")).to_contain_text("a needle in the hay")
    assert await held(staff) <= HELD
    await staff.get_by_role("button", name="To the newest message").click()
    await expect(staff.locator(".msg.own", has_text="an answer from far above")).to_be_in_viewport()
    assert world.complaints == []
