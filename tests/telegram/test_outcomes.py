"""Every sentence of Telegram's that we know leads to the right decision."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.telegram.messenger import TelegramMessenger
from bot.messengers.telegram.outcomes import outcome_of
from bot.messengers.telegram.settings import TelegramSettings
from bot.messengers.telegram.wire import ApiError
from domain.messages import Content
from domain.requests import Outcome, Refused, Send, Sent, TryLater, Unsure
from domain.richtext import plain
from tests.fakes.telegram import TelegramFake
from tests.telegram.conftest import Elsewhere


@pytest.mark.parametrize(
    ("code", "sentence", "scope", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "chat", "blocked"),
        (403, "Forbidden: user is deactivated", "chat", "deactivated"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "chat", "kicked"),
        (403, "Forbidden: bot was kicked from the group chat", "chat", "kicked"),
        (403, "Forbidden: bot is not a member of the supergroup chat", "chat", "kicked"),
        (403, "Forbidden: the group chat was deleted", "chat", "chat_not_found"),
        (403, "Forbidden: bot can't initiate conversation with a user", "chat", "not_started"),
        (403, "Forbidden: something new", "chat", "platform"),
        (400, "Bad Request: chat not found", "chat", "chat_not_found"),
        (400, "Bad Request: have no rights to send a message", "chat", "no_rights"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "chat", "no_rights"),
        (400, "Bad Request: not enough rights to send photos to the chat", "message", "no_rights"),
        (400, "Bad Request: not enough rights to create a topic", "chat", "no_rights"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "chat", "no_rights"),
        (400, "Bad Request: message thread not found", "thread", "thread_gone"),
        (400, "Bad Request: TOPIC_ID_INVALID", "thread", "thread_gone"),
        (400, "Bad Request: TOPIC_DELETED", "thread", "thread_gone"),
        (400, "Bad Request: the chat is not a forum", "chat", "not_a_forum"),
        (400, "Bad Request: REACTION_INVALID", "message", "reaction"),
        (400, "Bad Request: message to edit not found", "message", "message_gone"),
        (400, "Bad Request: message to react not found", "message", "message_gone"),
        (400, "Bad Request: message can't be edited", "message", "edit_too_late"),
        (400, "Bad Request: there is no text in the message to edit", "message", "cannot_edit"),
        (400, "Bad Request: message can't be deleted for everyone", "message", "delete_too_late"),
        (400, "Bad Request: file is too big", "message", "file_too_big"),
        (413, "Request Entity Too Large", "message", "file_too_big"),
        (400, "Bad Request: wrong file identifier/HTTP URL specified", "message", "file_gone"),
        (400, "Bad Request: message is too long", "message", "too_long"),
        (400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", "message", "no_rights"),
        (400, "Bad Request: BUTTON_DATA_INVALID", "message", "platform"),
        (401, "Unauthorized", "account", "token"),
        (404, "Not Found", "account", "token"),
        (404, "Not Found: method not found", "message", "platform"),
    ],
)
def test_refusals(code: int, sentence: str, scope: str, reason: str) -> None:
    outcome = outcome_of(ApiError(code, sentence))
    assert isinstance(outcome, Refused)
    assert (outcome.scope, outcome.reason, outcome.detail) == (scope, f"refused.{reason}", sentence)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ApiError(429, "Too Many Requests: retry after 7", retry_after=7), TryLater("", 7, limited=True)),
        (ApiError(400, "Bad Request: SLOWMODE_WAIT_10"), TryLater("", 10.0, limited=True)),
        (ApiError(500, "Internal Server Error: restart"), TryLater("")),
        (ApiError(502, "Bad Gateway"), TryLater("")),
        (ApiError(503, "no answer of the Bot API's own"), TryLater("")),
    ],
)
def test_what_may_work_later(error: ApiError, outcome: TryLater) -> None:
    found = outcome_of(error)
    assert isinstance(found, TryLater)
    assert (found.after, found.limited) == (outcome.after, outcome.limited)


def test_what_was_in_a_group_that_moved_is_out_of_reach() -> None:
    error = ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to="-1001")
    assert outcome_of(error) == Refused("message", "refused.message_gone", error.description)


# the same, met on the way


def to(chat: int | str) -> Send:
    return Send(str(chat), (Content(text=plain("hi")),), "letter")


@pytest.mark.parametrize(
    ("fault", "outcome", "arrived"),
    [
        ({"trouble": "error", "status": 500}, TryLater, 0),
        ({"trouble": "error", "retry_after": 3}, TryLater, 0),
        ({"trouble": "html"}, Unsure, 0),
        ({"trouble": "drop"}, Unsure, 0),
        ({"trouble": "drop_after"}, Unsure, 1),
    ],
)
async def test_faults_on_the_way(
    fake: TelegramFake, bot: TelegramMessenger, fault: dict[str, Any], outcome: type[Outcome], arrived: int
) -> None:
    anna = fake.people.user("Anna")
    fake.control.fault(method="sendMessage", **fault)
    assert isinstance(await bot.send(to(anna)), outcome)
    assert len(fake.control.shows(anna)) == arrived
    assert isinstance(await bot.send(to(anna)), Sent)


async def test_an_answer_that_takes_too_long_leaves_it_unsure(
    fake: TelegramFake, bot: TelegramMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.messengers.telegram.wire.SECONDS", 0.05)
    fake.control.fault("delay_after", "sendMessage", seconds=0.3)
    assert isinstance(await bot.send(to(fake.people.user("Anna"))), Unsure)


async def test_without_a_connection_nothing_was_sent(elsewhere: Elsewhere) -> None:
    bot = TelegramMessenger(TelegramSettings("1:x", api_base="http://127.0.0.1:9"), elsewhere.carry)
    assert isinstance(await bot.send(to(5)), TryLater)
    await bot.close()
    nowhere = TelegramMessenger(TelegramSettings("1:x", api_base="http://nowhere.invalid"), elsewhere.carry)
    assert isinstance(await nowhere.send(to(5)), TryLater)
    await nowhere.close()


async def test_refusals_of_chats(fake: TelegramFake, bot: TelegramMessenger) -> None:
    people = fake.people
    anna, bo, cy, ivan = (
        people.user("Anna"),
        people.user("Bo"),
        people.user("Cy", started=False),
        people.user("I"),
    )
    kicked = people.group("K", [ivan])
    muted = people.group("M", [ivan])
    people.blocks(anna)
    people.deactivates(bo)
    people.standing(kicked, "kicked")
    people.standing(muted, "restricted")
    found = [await bot.send(to(chat)) for chat in (anna, bo, cy, kicked, muted, 999)]
    assert [
        f.reason.removeprefix("refused.") for f in found if isinstance(f, Refused) and f.scope == "chat"
    ] == [
        "blocked",
        "deactivated",
        "not_started",
        "kicked",
        "no_rights",
        "chat_not_found",
    ]


async def test_a_token_that_is_taken_back(fake: TelegramFake, bot: TelegramMessenger) -> None:
    anna = fake.people.user("Anna")
    fake.token = "1:another"
    outcome = await bot.send(to(anna))
    assert isinstance(outcome, Refused)
    assert (outcome.scope, outcome.reason) == ("account", "refused.token")


async def test_rates_are_answered_with_a_pause(fake: TelegramFake, bot: TelegramMessenger) -> None:
    anna = fake.people.user("Anna")
    fake.control.limit(private=[(2, 60.0)])
    outcomes = [await bot.send(to(anna)) for _ in range(3)]
    assert [type(o) for o in outcomes] == [Sent, Sent, TryLater]
    assert isinstance(outcomes[2], TryLater)
    assert outcomes[2].limited
    assert outcomes[2].after == 60
    assert fake.control.refused() == 1
