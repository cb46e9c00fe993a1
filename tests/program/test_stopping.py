"""Stopping in good order while everybody writes: within ten seconds, and nothing is lost."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.test_telegram import fake, telegram

__all__ = ["fake"]
pytestmark = pytest.mark.program

CUSTOMERS, EACH = 40, 15
WITHIN = 10.0


async def test_a_stop_under_load_takes_seconds_and_loses_nothing(fake: TelegramFake, tmp_path: Path):
    people = [fake.people.user(f"Customer {n}") for n in range(CUSTOMERS)]
    desk = fake.people.group("How-to", [fake.people.user("Ivan")], forum=True)
    settings = telegram(fake, howto=desk) | {"OKNO_LIMITS__CUSTOMER_MESSAGES": "10000/1s"}
    wanted = {f"line {who} {number}." for who in people for number in range(EACH)}

    def shown() -> set[str]:
        texts = [m.text for m in fake.control.shows(desk) if m.by_bot]
        return {text for text in wanted if any(text in said for said in texts)}

    async with running(tmp_path, **settings) as program:
        for number in range(EACH):
            for who in people:
                fake.people.writes(who, f"line {who} {number}.")
            await asyncio.sleep(0)
        await until(lambda: len([m for m in fake.control.shows(desk) if m.by_bot]) > CUSTOMERS)
        began = time.monotonic()
        assert await program.stop() == 0
        taken = time.monotonic() - began
        assert taken < WITHIN, f"{taken:.1f} s"
        assert not (tmp_path / "okno.key").exists()
        await program.start()
        await until(lambda: len([m for m in fake.control.shows(desk) if m.by_bot]) >= len(wanted))
        await until(lambda: shown() == wanted, what="every line")
