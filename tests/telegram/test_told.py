"""Kinds that only words can tell: gifts, giveaways, tasks ticked in a checklist, what must be paid for."""

from __future__ import annotations

import pytest

from bot.messengers.telegram.content import LINES
from bot.messengers.telegram.convert import Reader, convert
from bot.messengers.telegram.library import types
from domain.events import Edited, Wrote
from domain.messages import dump_content, load_content
from tests.fakes import telegram_told
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram_told import Body
from tests.telegram.conftest import update

ME = Reader("7000", "OknoBot", "en")
BODIES: dict[str, Body] = {
    name: body
    for name, body in vars(telegram_told).items()
    if name.isupper() and not name.startswith("_") and isinstance(body, dict)
}
SAYS = {
    "GIFT": "Gift 🧸, 50 ⭐\nThanks for the help 👋",
    "GIFT_UPGRADE": "Upgrade of a gift\nThanks for the help 👋",
    "UNIQUE_GIFT": "Gift: Plush Pepe #123",
    "GIVEAWAY": "Giveaway, winners: 3\nThree headsets\n500 ⭐",
    "GIVEAWAY_WINNERS": "Giveaway over, winners: 1\nMia Miller\nA headset",
    "GAME": "Game: Blocks\nThey fall",
    "INVOICE": "Invoice: Subscription\nOne year of it",
    "PAID_MEDIA": "Paid, 25 ⭐: video, photo",
    "STORY": "Story: Mia",
    "CHECKLIST": "Checklist: Before the call\n☑ Restart the router\n☐ Write down the number",
    "TASKS_DONE": "Checklist: Before the call\n☑ Write down the number\n☐ Restart the router",
    "TASKS_ADDED": "Checklist: Before the call\n☐ Have the contract at hand",
}


@pytest.fixture
def anna(fake: TelegramFake) -> int:
    return fake.people.user("Anna")


@pytest.mark.parametrize("name", BODIES)
def test_the_bodies_are_what_the_platform_sends(name: str) -> None:
    whole = {"message_id": 1, "date": 1, "chat": {"id": 42, "type": "private"}} | BODIES[name]
    read = types.Message.model_validate(whole)
    assert all(getattr(read, key) is not None for key in BODIES[name])


@pytest.mark.parametrize("name", BODIES)
async def test_each_is_told_in_words(fake: TelegramFake, anna: int, name: str) -> None:
    fake.people.says_raw(anna, BODIES[name])
    event = convert(update(fake), ME)
    assert isinstance(event, Wrote)
    assert not event.is_service
    assert event.content.label == SAYS[name]
    assert event.content.copyable == (name in ("STORY", "CHECKLIST"))
    assert load_content(dump_content(event.content)) == event.content


@pytest.mark.parametrize("name", [name for name, body in BODIES.items() if LINES & body.keys()])
async def test_in_a_group_they_are_lines_of_the_platform(fake: TelegramFake, anna: int, name: str) -> None:
    group = fake.people.group("Desk", [anna])
    fake.people.says_raw(anna, BODIES[name], chat=group)
    event = convert(update(fake), ME)
    assert isinstance(event, Wrote)
    assert event.is_service


async def test_ticks_of_a_checklist_that_is_gone_have_numbers(fake: TelegramFake, anna: int) -> None:
    fake.people.says_raw(anna, {"checklist_tasks_done": {"marked_as_done_task_ids": [2]}})
    event = convert(update(fake), ME)
    assert isinstance(event, Wrote)
    assert event.content.label == "Checklist: –\n☑ #2"


async def test_a_checklist_that_changes_is_told_anew(fake: TelegramFake, anna: int) -> None:
    sent = fake.people.says_raw(anna, telegram_told.CHECKLIST)
    tasks = [dict(task, completion_date=1) for task in telegram_told.CHECKLIST["checklist"]["tasks"]]
    fake.people.edits_raw(anna, sent, {"checklist": {"title": "Before the call", "tasks": tasks}})
    event = convert(update(fake), ME)
    assert isinstance(event, Edited)
    assert event.content.label.count("☑") == 2
