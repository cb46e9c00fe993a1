"""The profile: what people see of the bot; set once, and only what changed. And what `okno check` says of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.telegram import profile
from bot.messengers.telegram.messenger import TelegramMessenger
from domain import commands
from tests.fakes.telegram import TelegramFake


@pytest.fixture
def desk(fake: TelegramFake) -> int:
    return fake.people.group("Bugs", [fake.people.user("Ivan")], forum=True)


async def test_commands_stand_where_they_belong_in_every_language(
    fake: TelegramFake, bot: TelegramMessenger, desk: int
) -> None:
    leads = fake.people.group("Leads", [fake.people.user("Lea")])
    await bot.show_profile([str(desk)], str(leads))
    shown = fake.control.commands()
    for language in ("", "ru", "en"):
        assert shown[f"all_private_chats/{language}"] == list(profile.CUSTOMERS)
        assert shown[f"chat:{desk}/{language}"] == list(profile.DESK)
        assert shown[f"chat:{leads}/{language}"] == list(profile.LEADS)
    assert not any(key.startswith("default") for key in shown)
    assert fake.profile.about["description", "ru"]


async def test_what_is_shown_already_is_not_set_again(
    fake: TelegramFake, bot: TelegramMessenger, desk: int
) -> None:
    def setting() -> int:
        return sum(c["method"].startswith("setMy") for c in fake.control.calls())

    await bot.show_profile([str(desk)], None)
    first, asked = setting(), len(fake.control.log)
    await bot.show_profile([str(desk)], None)
    assert len(fake.control.log) == asked
    another = fake.people.group("Wishes", [fake.people.user("Bo")])
    await bot.show_profile([str(desk), str(another)], None)
    assert setting() == first + 3


async def test_it_waits_when_told_to_and_gives_up_in_peace(
    fake: TelegramFake, bot: TelegramMessenger, desk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("bot.messengers.telegram.profile.asyncio.sleep", wait)
    fake.control.fault("error", "setMyCommands", retry_after=5)
    fake.control.fault("error", "setMyDescription", times=1, status=500)
    fake.control.fault(
        "error", "getMyCommands", times=1, status=400, description="Bad Request: chat not found"
    )
    await bot.show_profile([str(desk), "-100999"], None)
    assert waits == [5]
    await bot.show_profile([str(desk)], None)
    assert fake.profile.about["description", ""]


def test_the_commands_are_ones_the_program_knows() -> None:
    assert set(profile.CUSTOMERS) <= set(commands.CUSTOMER_COMMANDS)
    assert set(profile.DESK) == {*commands.THREAD_COMMANDS, *commands.DESK_COMMANDS}


async def faults(bot: TelegramMessenger, chat: int | str, role: Any = "desk") -> list[str]:
    return [f.text for f in await bot.check_chat(str(chat), role) if not f.ok]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks say their keys instead of the texts."""
    monkeypatch.setattr(
        "bot.messengers.telegram.checks.text", lambda _locale, key, **_names: key.rpartition(".")[2]
    )


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("standing", "forum", "privacy", "found"),
    [
        (("administrator", None), True, True, []),
        (("administrator", None), False, True, []),
        (("administrator", {"can_manage_topics": False}), True, True, ["no_topics_right"]),
        (("member", None), True, True, ["privacy", "no_topics_right"]),
        (("member", None), False, False, []),
        (("restricted", None), False, False, ["cannot_post"]),
        (("left", None), False, True, ["not_member"]),
        (("kicked", None), False, True, ["not_member"]),
    ],
)
async def test_a_desk_is_checked(
    fake: TelegramFake, bot: TelegramMessenger, standing: Any, forum: bool, privacy: bool, found: list[str]
) -> None:
    chat = fake.people.group("Bugs", [fake.people.user("Ivan")], forum=forum)
    fake.people.standing(chat, *standing)
    fake.control.option("privacy", privacy)
    assert await faults(bot, chat) == found
    assert await faults(bot, chat, "leads") == [f for f in found if f in {"cannot_post", "not_member"}]


@pytest.mark.usefixtures("keys")
async def test_what_is_no_group_or_unknown(fake: TelegramFake, bot: TelegramMessenger) -> None:
    anna = fake.people.user("Anna")
    assert await faults(bot, anna) == ["not_a_group"]
    assert await faults(bot, -100999) == ["not_member"]


@pytest.mark.usefixtures("keys")
async def test_the_account_is_checked(fake: TelegramFake, bot: TelegramMessenger) -> None:
    assert [f.text for f in await bot.check_account()] == ["account"]
    fake.control.fault("drop", "getMe")
    assert [f.text for f in await bot.check_account()] == ["unreachable"]
    fake.token = "1:other"
    assert [f.text for f in await bot.check_account()] == ["token"]
