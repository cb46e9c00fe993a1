"""What customers of the pages see of their messages, in the running program: sent, and received by the team only once
all of it is in the desk; nothing claims more while the desk can't be reached.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.sides import WebCustomer, browsing
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program

LONG = "A long question. " * 500
"""Two messages in Telegram."""


async def marks(customer: WebCustomer) -> dict[str, str]:
    """The customer's own messages and how far each got."""
    shown = (await customer.page.get("state"))["messages"]
    return {m["text"][:20].strip(): m.get("mark", "") for m in shown if m["role"] == "message" and m["by"]}


async def test_received_is_said_when_it_was_received(tmp_path: Path):
    async with TelegramFake(privacy=False) as fake:
        desk = fake.people.group("Desk", [fake.people.user("Ivan")], forum=True)
        async with running(tmp_path, **telegram(fake, howto=desk)) as program, browsing(program) as (anna, _):
            await anna.says("hello")
            await until(lambda: _marked(anna, "hello"))
            fake.control.fault("error", times=None, status=502, description="Bad Gateway")
            await anna.says("meanwhile")
            await anna.says(LONG)
            await until(lambda: [c for c in fake.control.calls() if c["status"] == 502][3:])
            assert await marks(anna) == {"hello": "delivered", "meanwhile": "", LONG[:20].strip(): ""}
            fake.control.clear_faults()
            fake.control.fault("delay", "copyMessage", times=None, seconds=0.2)
            fake.control.fault("delay", "sendMessage", times=None, seconds=0.5)
            await until(lambda: _marked(anna, "meanwhile"))
            await until(lambda: _marked(anna, LONG[:20].strip()))
            there = "".join(m.text for m in fake.control.shows(desk) if m.by_bot)
            assert there.count("A long question.") == 500


async def _marked(customer: WebCustomer, words: str) -> bool:
    return (await marks(customer))[words] == "delivered"
