"""The whole program against a Bot API server: from a customer to a desk and back, and through crashes."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.telegram import TelegramFake
from tests.program.running import Program, running, until

pytestmark = pytest.mark.program

FAST = '{chat = "1000/1s", chat_burst = 1000, group = "1000/1s", total = "1000/1s"}'


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(privacy=False) as fake:
        yield fake


def telegram(fake: TelegramFake, **desks: int) -> dict[str, str]:
    """Settings that point the program at the fake."""
    chats = {f"OKNO_DESKS__{name.upper()}__CHAT": f"telegram:{chat}" for name, chat in desks.items()}
    return {
        "OKNO_TELEGRAM__TOKEN": fake.token,
        "OKNO_TELEGRAM__API_BASE": fake.url,
        "OKNO_TELEGRAM__LIMITS": FAST,
        **chats,
    }


async def test_from_a_customer_to_a_desk_and_back(fake: TelegramFake, tmp_path: Path):
    anna, ivan = fake.people.user("Anna", language="en"), fake.people.user("Ivan")
    desk = fake.people.group("How-to", [ivan], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk)) as program:
        fake.people.writes(anna, "Hello, the code does not arrive")
        await until(lambda: [m for m in fake.control.shows(desk) if "Hello" in m.text and not m.buttons])
        topic = fake.control.topics(desk)[0]
        answer = fake.people.writes(ivan, "Looking into it", chat=desk, thread=topic["id"])
        await until(lambda: [m for m in fake.control.shows(anna) if m.text == "Looking into it"])
        await until(lambda: next(m for m in fake.control.shows(desk) if m.id == answer).bot_reaction == "👌")
        fake.people.edits(ivan, answer, "Looking into it now", chat=desk)
        await until(lambda: [m for m in fake.control.shows(anna) if m.text == "Looking into it now"])
        assert await program.stop() == 0


async def test_set_up_without_ids(fake: TelegramFake, tmp_path: Path):
    anna, ivan = fake.people.user("Anna"), fake.people.user("Ivan")
    bugs = fake.people.group("Bugs", [ivan])
    async with running(tmp_path, **telegram(fake)) as program:
        code = await until(lambda: re.search(r"/claim ([A-Z0-9-]+)", program.printed))
        assert code
        fake.people.writes(ivan, "/desk bugs", chat=bugs)
        fake.people.writes(ivan, f"/claim {code[1]}")
        await until(lambda: len(fake.control.shows(ivan)) == 2, what="the claim's answer")
        fake.people.writes(ivan, "/desk bugs", chat=bugs)
        await until(lambda: [m for m in fake.control.shows(bugs) if m.by_bot], what="the binding's answer")
        fake.people.writes(anna, "/bug It crashes")
        copies = await until(
            lambda: [m for m in fake.control.shows(bugs) if "It crashes" in m.text and not m.buttons]
        )
        assert copies[0].text.startswith("Anna #1")
        fake.people.writes(ivan, "Which version?", chat=bugs, reply_to=copies[0].id)
        await until(lambda: [m for m in fake.control.shows(anna) if m.text == "Which version?"])


CUSTOMERS, MESSAGES = 10, 10


async def test_kill_in_the_middle_of_200_messages_loses_none(fake: TelegramFake, tmp_path: Path):
    ivan = fake.people.user("Ivan")
    customers = [fake.people.user(f"C{n}") for n in range(CUSTOMERS)]
    desk = fake.people.group("How-to", [ivan], forum=True)
    settings = telegram(fake, howto=desk)
    kills = random.Random(7)
    async with running(tmp_path, **settings) as program:
        for customer in customers:
            fake.people.writes(customer, "first")
        await until(lambda: len(_seen(fake, desk, "first")) == CUSTOMERS, what="all threads")
        topics = _topics(fake, desk, customers)
        for number in range(MESSAGES):
            for customer in customers:
                fake.people.writes(customer, f"q{number:02}.")
                fake.people.writes(ivan, f"a{number:02}.", chat=desk, thread=topics[customer])
            if number in (2, 5, 8):
                enough = kills.randrange(20 * number, 20 * number + 10)
                await until(partial(_arrived_more, fake, desk, customers, enough))
                await program.kill()
                await program.start()
        await until(lambda: _complete(fake, desk, topics), within=60, what="every message")
        for customer, topic in topics.items():
            asked = [m.text for m in fake.control.shows(desk, topic) if re.fullmatch(r"q\d\d\.", m.text)]
            told = [m.text for m in fake.control.shows(customer) if re.fullmatch(r"a\d\d\.", m.text)]
            for words in (asked, told):
                assert list(dict.fromkeys(words)) == sorted(set(words)), "order holds"
                assert len(words) <= MESSAGES + 3, "one repeat a crash at most"
        assert await program.stop() == 0


def _topics(fake: TelegramFake, desk: int, customers: list[int]) -> dict[int, int]:
    by_name = {topic["name"].split(" · ")[0]: topic["id"] for topic in fake.control.topics(desk)}
    return {customer: by_name[f"C{n}"] for n, customer in enumerate(customers)}


def _seen(fake: TelegramFake, chat: int, text: str) -> list[int]:
    return [m.id for m in fake.control.shows(chat) if m.text == text]


def _arrived(fake: TelegramFake, desk: int, customers: list[int]) -> int:
    here = sum(1 for m in fake.control.shows(desk) if m.by_bot and re.fullmatch(r"q\d\d\.", m.text))
    return here + sum(1 for c in customers for m in fake.control.shows(c) if m.by_bot)


def _arrived_more(fake: TelegramFake, desk: int, customers: list[int], than: int) -> bool:
    return _arrived(fake, desk, customers) > than


def _complete(fake: TelegramFake, desk: int, topics: dict[int, int]) -> bool:
    for customer, topic in topics.items():
        asked = Counter(m.text for m in fake.control.shows(desk, topic) if m.by_bot)
        told = Counter(m.text for m in fake.control.shows(customer) if m.by_bot)
        if any(not asked[f"q{n:02}."] or not told[f"a{n:02}."] for n in range(MESSAGES)):
            return False
    return True


async def test_a_refused_token_is_one_line(fake: TelegramFake, tmp_path: Path):
    program = Program(tmp_path, **{**telegram(fake), "OKNO_TELEGRAM__TOKEN": "1:wrong"})
    with pytest.raises(AssertionError, match=r"telegram\.token"):
        await program.start()
    assert program.process is not None
    assert program.process.returncode == 2
    assert "Traceback" not in program.printed


async def test_a_malformed_update_blocks_nobody(fake: TelegramFake, tmp_path: Path):
    anna, ivan = fake.people.user("Anna"), fake.people.user("Ivan")
    desk = fake.people.group("How-to", [ivan], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk)):
        fake.people.writes(anna, "before")
        fake.control.update({"update_id": 999_999_999, "message": {"message_id": "what?", "chat": 5}})
        await until(lambda: _seen(fake, desk, "before"))
        fake.people.writes(anna, "after")
        await until(lambda: _seen(fake, desk, "after"))
