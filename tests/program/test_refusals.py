"""A customer or a staff chat that can't be written to any more, in the running program: somebody is told in words, the
ticket stays, and the desk's other tickets go on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.fakes.slack import Fault, SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.slack import slack
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(privacy=False) as fake:
        yield fake


def texts(fake: TelegramFake, chat: int) -> list[str]:
    return [m.text for m in fake.control.shows(chat) if m.by_bot]


def saying(fake: TelegramFake, chat: int, thread: int, words: str) -> list[str]:
    """What in the thread says these words."""
    return [m.text for m in fake.control.shows(chat, thread) if words in m.text]


async def test_a_customer_who_blocked_the_bot_and_one_whose_account_is_gone(
    fake: TelegramFake, tmp_path: Path
):
    people, ivan = fake.people, fake.people.user("Ivan")
    anna, boris, clara = (people.user(name) for name in ("Anna", "Boris", "Clara"))
    desk = people.group("Desk", [ivan], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk), OKNO_LOCALE="en"):
        for customer in (anna, boris, clara):
            people.writes(customer, f"from {customer}")
        await until(lambda: {f"from {c}" for c in (anna, boris, clara)} <= set(texts(fake, desk)))
        topics = {t["name"].split(" · ")[0]: t["id"] for t in fake.control.topics(desk)}
        people.blocks(anna)
        people.deactivates(boris)
        for name in ("Anna", "Boris", "Clara"):
            people.writes(ivan, f"answer to {name}", chat=desk, thread=topics[name])
        told = {"Anna": "Not delivered: the customer has blocked the bot", "Boris": "Not delivered: "}
        for name, words in told.items():
            await until(partial(saying, fake, desk, topics[name], words))
        await until(lambda: "answer to Clara" in texts(fake, clara))
        people.writes(ivan, "/queue", chat=desk)
        listed = await until(lambda: [t for t in texts(fake, desk) if "not delivered: 1 (" in t])
        assert listed[-1].count("not delivered: 1 (") == 2
        people.unblocks(anna)
        people.writes(anna, "I am back")
        await until(lambda: "I am back" in [m.text for m in fake.control.shows(desk, topics["Anna"])])
        people.writes(ivan, "good", chat=desk, thread=topics["Anna"])
        await until(lambda: "good" in texts(fake, anna))


async def test_a_deleted_topic_opens_again_with_what_was_said(fake: TelegramFake, tmp_path: Path):
    people, ivan = fake.people, fake.people.user("Ivan")
    anna, boris = people.user("Anna"), people.user("Boris")
    desk = people.group("Desk", [ivan], forum=True)
    async with running(tmp_path, **telegram(fake, howto=desk), OKNO_LOCALE="en"):
        people.writes(anna, "first")
        people.writes(boris, "first of Boris")
        await until(lambda: {"first", "first of Boris"} <= set(texts(fake, desk)))
        topics = {t["name"].split(" · ")[0]: t["id"] for t in fake.control.topics(desk)}
        people.deletes_topic(desk, topics["Anna"])
        people.writes(anna, "second")
        people.writes(boris, "second of Boris")
        await until(lambda: "second of Boris" in [m.text for m in fake.control.shows(desk, topics["Boris"])])
        again = await until(
            lambda: [t["id"] for t in fake.control.topics(desk) if t["name"].startswith("Anna")][-1:]
        )
        await until(lambda: "second" in "\n".join(m.text for m in fake.control.shows(desk, again[0])))
        shown = "\n".join(m.text for m in fake.control.shows(desk, again[0]))
        assert shown.index("first") < shown.index("second")


async def test_thrown_out_of_a_desk_the_leads_are_told_and_another_desk_goes_on(
    fake: TelegramFake, tmp_path: Path
):
    people, ivan = fake.people, fake.people.user("Ivan")
    anna, boris = people.user("Anna"), people.user("Boris")
    desk, bugs = (people.group(name, [ivan], forum=True) for name in ("Desk", "Bugs"))
    leads = people.group("Leads", [ivan])
    settings = telegram(fake, howto=desk, bugs=bugs) | {"OKNO_LEADS__CHAT": f"telegram:{leads}"}
    async with running(tmp_path, **settings, OKNO_LOCALE="en"):
        people.writes(anna, "before")
        await until(lambda: "before" in texts(fake, desk))
        people.standing(desk, "kicked")
        people.writes(anna, "meanwhile")
        people.writes(boris, "/bug it crashes")
        await until(lambda: [t for t in texts(fake, leads) if "Desk" in t or "How-to" in t or "howto" in t])
        await until(lambda: "it crashes" in texts(fake, bugs))
        people.standing(desk, "administrator")
        await until(lambda: "meanwhile" in texts(fake, desk))


async def test_an_archived_channel_and_a_customer_slack_no_longer_has(tmp_path: Path):
    async with SlackFake() as here, TelegramFake(privacy=False) as there:
        people = here.people
        anna, boris, ivan = people.user("Anna"), people.user("Boris"), people.user("Ivan")
        howto, bugs = people.channel("howto", [ivan]), people.channel("bugs", [ivan])
        leads = there.people.group("Leads", [there.people.user("Lena")])
        settings = telegram(there) | slack(here, howto=howto, bugs=bugs)
        settings |= {"OKNO_LEADS__CHAT": f"telegram:{leads}", "OKNO_LOCALE": "en"}
        async with running(tmp_path, **settings):
            people.writes(anna, "before")
            await until(lambda: [m for m in people.of_app(howto) if m.text == "before"])
            card = people.of_app(howto)[0]
            here.troubles.append(Fault("error", "chat.postMessage", code="user_disabled"))
            people.writes(ivan, "to whom it may reach", howto, card.ts)
            await until(lambda: [m for m in people.of_app(howto, card.ts) if "Not delivered: " in m.text])
            here.world.channels[howto].archived = True
            people.writes(anna, "meanwhile")
            people.writes(boris, "!bug it crashes")
            await until(lambda: [m for m in people.of_app(bugs) if m.text == "it crashes"])
            await until(lambda: [t for t in texts(there, leads) if "How-to" in t or "howto" in t])
