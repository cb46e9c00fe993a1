"""Albums have no end mark: they arrive whole and soon all the same, also when the program dies in their middle."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fakes.telegram import Shown, TelegramFake
from tests.program.running import running, until
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program

SOON = 1.5
"""So long after its last part an album is there, in seconds."""

HASTE = 0.5
"""What this machine may take besides when others work on it."""


class Sender:
    """Somebody who sends an album part by part."""

    def __init__(self, fake: TelegramFake) -> None:
        self.fake = fake
        self.me = fake.people.user("Anna")
        self.album = {"media_group_id": "13000000000001"}

    def sends(self, *names: str) -> None:
        """Some more parts."""
        for name in names:
            body = self.fake.people.file_body("photo", name.encode(), f"{name}.jpg", "image/jpeg")
            self.fake.people.says_raw(self.me, body | self.album)


def album(fake: TelegramFake, desk: int) -> list[Shown]:
    return [m for m in fake.control.shows(desk) if m.kind == "photo"]


def contents(fake: TelegramFake, shown: list[Shown]) -> list[str]:
    return [fake.control.file(m.file) for m in shown]


async def test_an_album_is_there_soon_after_its_last_part(tmp_path: Path):
    async with TelegramFake(privacy=False) as fake:
        desk = fake.people.group("How-to", [fake.people.user("Ivan")], forum=True)
        async with running(tmp_path, **telegram(fake, howto=desk)):
            anna = Sender(fake)
            fake.people.writes(anna.me, "Hello")
            await until(lambda: [m for m in fake.control.shows(desk) if m.text == "Hello"])
            anna.sends("one", "two")
            await until(lambda: not fake.control.pending())
            anna.sends("three", "four", "five")
            sent = time.monotonic()
            shown = await until(lambda: album(fake, desk))
            took = time.monotonic() - sent
            assert contents(fake, shown) == ["one", "two", "three", "four", "five"]
            assert len({m.album for m in shown}) == 1
            assert took <= SOON + HASTE


async def test_an_album_is_whole_across_a_crash_in_its_middle(tmp_path: Path):
    async with TelegramFake(privacy=False) as fake:
        desk = fake.people.group("How-to", [fake.people.user("Ivan")], forum=True)
        async with running(tmp_path, **telegram(fake, howto=desk)) as program:
            anna = Sender(fake)
            fake.people.writes(anna.me, "Hello")
            await until(lambda: [m for m in fake.control.shows(desk) if m.text == "Hello"])
            anna.sends("one", "two", "three")
            await until(lambda: not fake.control.pending(), what="the parts' acknowledgement")
            await program.kill()
            assert not album(fake, desk)
            anna.sends("four", "five")
            await program.start()
            shown = await until(lambda: album(fake, desk))
            assert contents(fake, shown) == ["one", "two", "three", "four", "five"]
            assert len({m.album for m in shown}) == 1
