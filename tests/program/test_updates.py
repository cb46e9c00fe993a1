"""Telegram's numbers of updates, in the running program: those that were given already come again, and new ones are
numbered from anywhere. Everything arrives once.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


async def test_old_updates_again_and_new_ones_with_small_numbers(tmp_path: Path):
    async with TelegramFake(privacy=False) as fake:
        people = fake.people
        anna, ivan = people.user("Anna"), people.user("Ivan")
        desk = people.group("Desk", [ivan], forum=True)
        given = []
        async with running(tmp_path, **telegram(fake, howto=desk)) as program:
            people.writes(anna, "q1")
            given += deepcopy(list(fake.updates.waiting))
            await until(lambda: _at(fake, desk, "q1"))
            topic = fake.control.topics(desk)[0]["id"]
            for words in ("q2", "q3"):
                asked = people.writes(anna, words)
                given += deepcopy(list(fake.updates.waiting)[-1:])
            answer = people.writes(ivan, "a1", chat=desk, thread=topic)
            given += deepcopy(list(fake.updates.waiting)[-1:])
            people.edits(ivan, answer, "a1, corrected", chat=desk)
            given += deepcopy(list(fake.updates.waiting)[-1:])
            await until(lambda: _at(fake, anna, "a1, corrected") and _at(fake, desk, "q3"))
            await until(lambda: fake.control.pending() == 0)
            await program.kill()
            fake.updates.waiting.extend(given)  # the offset is forgotten
            fake.updates.next_id = 5
            people.writes(anna, "q4", reply_to=asked)
            people.writes(ivan, "a2", chat=desk, thread=topic)
            await program.start()
            await until(lambda: _at(fake, desk, "q4") and _at(fake, anna, "a2"))
            await until(lambda: fake.control.pending() == 0)
            people.writes(anna, "q5")
            await until(lambda: _at(fake, desk, "q5"))
            assert [m.text for m in fake.control.shows(desk, topic) if m.by_bot and not m.buttons] == [
                "q1",
                "q2",
                "q3",
                "q4",
                "q5",
            ]
            assert [m.text for m in fake.control.shows(anna) if m.by_bot] == ["a1, corrected", "a2"]
            assert len(fake.control.topics(desk)) == 1


def _at(fake: TelegramFake, chat: int, words: str) -> list[int]:
    return [m.id for m in fake.control.shows(chat) if m.by_bot and m.text == words]
