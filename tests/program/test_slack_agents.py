"""What agents and leads meet in Slack: the Home tab, old threads, shortcuts, `/okno`, pings; in the whole program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.slack import SlackFake
from tests.program.running import running, until
from tests.program.slack import slack

pytestmark = pytest.mark.program

ALWAYS = {
    f"OKNO_WORKING_HOURS__WEEKLY__{day}": '["24h"]'
    for day in ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
}


@pytest.fixture
async def fake() -> AsyncIterator[SlackFake]:
    async with SlackFake() as fake:
        yield fake


def read(view: dict[str, Any]) -> str:
    """What a Home tab says."""
    said = [b["text"]["text"] for b in view["blocks"] if b["type"] == "header"]
    for block in [b for b in view["blocks"] if b["type"] == "rich_text"]:
        said += [i.get("text", "") for e in block["elements"] for i in e["elements"]]
    return "\n".join(said)


async def test_the_home_tab_of_agents_and_of_customers(fake: SlackFake, tmp_path: Path):
    people, homes = fake.people, fake.methods.homes
    anna, ivan = people.user("Anna"), people.user("Ivan")
    howto, bugs = people.channel("howto", [ivan]), people.channel("bugs", [])
    async with running(tmp_path, OKNO_LOCALE="en", **slack(fake, howto=howto, bugs=bugs)):
        people.writes(anna, "The code does not arrive")
        card = (await until(lambda: [m for m in people.of_app(howto) if m.buttons]))[0]
        people.opens_home(ivan)
        await until(lambda: "The code does not arrive" in read(homes.get(ivan, {"blocks": []})))
        assert "Queue · ❓ How-to" in read(homes[ivan])
        assert "Bugs" not in read(homes[ivan])
        people.presses(ivan, card.ts, "Take", howto)
        await until(lambda: "Release" in people.of_app(howto)[0].buttons)
        people.opens_home(ivan)
        await until(lambda: read(homes[ivan]).count("#1") == 2)
        people.opens_home(anna, tab="messages")
        people.opens_home(anna)
        await until(lambda: "waiting for our answer" in read(homes.get(anna, {"blocks": []})))
        people.presses_at_home(anna, homes[anna], "Русский")
        await until(lambda: "ждёт нашего ответа" in read(homes[anna]))


async def test_what_nobody_would_see_in_an_old_thread_shows_in_the_channel(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    desk = people.channel("howto", [ivan])
    settings = {"OKNO_LOCALE": "en", "OKNO_SLA__FIRST_RESPONSE": "4s", "OKNO_SLA__REMIND_AT": "50%", **ALWAYS}
    async with running(tmp_path, **settings, **slack(fake, howto=desk)):
        people.writes(anna, "First question")
        reminder = (await until(lambda: [m for m in people.of_app(desk) if m.aloud]))[0]
        card = people.of_app(desk)[0]
        assert (reminder.thread, "Take" in reminder.buttons) == (card.ts, True)
        assert not [m for m in people.of_app(desk) if m.text == "First question" and m.aloud]
        ok = next(label for label in reminder.buttons if "No answer needed" in label)
        people.presses(ivan, reminder.ts, ok, desk)
        await until(lambda: "no answer" in people.of_app(desk)[0].text.lower() or fake.methods.ephemerals)
        people.writes(anna, "Second question")
        await until(lambda: [m for m in people.of_app(desk) if m.text == "Second question" and m.aloud])
        people.writes(ivan, "!close", desk, card.ts)
        await until(lambda: [m for m in people.of_app(desk) if "Reopen" in m.buttons])
        people.writes(anna, "Third question")
        await until(lambda: [m for m in people.of_app(desk) if m.text == "Third question" and m.aloud])


async def test_agents_by_name_and_picture(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan", picture="https://a.example/ivan.png")
    desk = people.channel("howto", [ivan])
    async with running(tmp_path, OKNO_AGENTS__SHOW="name", **slack(fake, howto=desk)):
        people.writes(anna, "Hello")
        card = (await until(lambda: [m for m in people.of_app(desk) if m.buttons]))[0]
        people.writes(ivan, "Good morning", desk, card.ts)
        said = (await until(lambda: [m for m in people.of_app(anna) if m.text == "Good morning"]))[0]
        assert (said.username, said.picture) == ("Ivan", "https://a.example/ivan.png")
        people.sends(ivan, [("fix.txt", b"the fix", "text/plain")], "try it", desk, thread_ts=card.ts)
        file = (await until(lambda: [m for m in people.of_app(anna) if m.files]))[0]
        assert (file.username, file.picture) == ("Ivan", "https://a.example/ivan.png")
        people.reacts(anna, file.ts, "heart")
        await until(lambda: [m for m in people.shows(desk) if m.files and "heart" in m.reactions])


async def test_moving_to_any_desk_by_a_shortcut(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    howto, wishes = people.channel("howto", [ivan]), people.channel("wishes", [ivan])
    async with running(tmp_path, OKNO_LOCALE="en", **slack(fake, howto=howto, wishes=wishes)):
        people.writes(anna, "Dark mode, please")
        copy = (await until(lambda: [m for m in people.of_app(howto) if m.text == "Dark mode, please"]))[0]
        people.chooses(ivan, copy.ts, "okno_move", howto)
        offered = await until(lambda: [e for e in fake.methods.ephemerals if e.get("blocks")])
        assert offered[0]["user"] == ivan
        people.presses_offered(ivan, offered[0], "💡 Wishes")
        await until(lambda: [m for m in people.of_app(wishes) if "Dark mode" in m.text and m.thread])


async def test_many_desks_are_a_menu_and_so_is_snoozing(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    desk = people.channel("howto", [ivan])
    more = {"OKNO_DESKS__BILLING__TITLE": "Billing", "OKNO_DESKS__SALES__TITLE": "Sales"}
    async with running(tmp_path, OKNO_LOCALE="en", **more, **slack(fake, howto=desk)):
        people.writes(anna, "An invoice, please")
        card = (await until(lambda: [m for m in people.of_app(desk) if m.buttons]))[0]
        assert [len(entries) for entries in card.menus.values()] == [4, 4]
        people.presses(ivan, card.ts, list(card.menus.values())[1][0], desk)
        await until(
            lambda: "💤" in people.of_app(desk)[0].text or "snoozed" in people.of_app(desk)[0].text.lower()
        )
        moves = next(iter(card.menus.values()))
        people.presses(ivan, card.ts, next(entry for entry in moves if "Billing" in entry), desk)
        await until(lambda: "Billing" in people.of_app(desk)[0].text and not people.of_app(desk)[0].buttons)


async def test_okno_elsewhere_says_where_it_works(fake: SlackFake, tmp_path: Path):
    people = fake.people
    ivan = people.user("Ivan")
    desk, other = people.channel("howto", [ivan]), people.channel("random", [ivan], invited=False)
    async with running(tmp_path, OKNO_LOCALE="en", **slack(fake, howto=desk)):
        people.commands(ivan, "queue", people.dm(ivan))
        await until(lambda: [e for e in fake.methods.ephemerals if "desk's channel" in e["text"]])
        people.commands(ivan, "queue", other)
        await until(lambda: [r for r in fake.responses if "desk's channel" in r["text"]])
        people.commands(ivan, "duty", desk)
        await until(lambda: [m for m in people.of_app(desk) if not m.thread])
        people.commands(ivan, "mine", desk)
        await until(lambda: len([m for m in people.of_app(desk) if not m.thread]) == 2)
        assert not [m for m in people.of_app(desk) if m.buttons]


async def test_leads_in_a_channel(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan, olga = people.user("Anna"), people.user("Ivan"), people.user("Olga")
    desk, leads = people.channel("howto", [ivan]), people.channel("leads", [olga])
    settings = {
        "OKNO_LOCALE": "en",
        "OKNO_LEADS__CHAT": f"slack:{leads}",
        "OKNO_LEADS__MENTIONS": f"slack:{olga}",
        "OKNO_SLA__FIRST_RESPONSE": "2s",
        **ALWAYS,
    }
    async with running(tmp_path, **settings, **slack(fake, howto=desk)):
        people.writes(anna, "Is anybody <!here> there?")
        ping = (await until(lambda: [m for m in people.of_app(leads) if m.buttons]))[0]
        assert ping.pings == [olga]
        assert "Is anybody <!here> there?" in ping.text
        assert any("/archives/" in address for address in ping.links.values())
        people.presses(olga, ping.ts, ping.buttons[0], leads)
        await until(lambda: "Olga" in people.of_app(leads)[0].text)
        people.writes(ivan, "Yes", desk, people.of_app(desk)[0].ts)
        await until(lambda: not people.of_app(leads)[0].buttons)
