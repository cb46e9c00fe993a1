"""Receiving: kept before it is acknowledged, through every way in which a connection can end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.messengers.contract import ConnectRefused, Past
from bot.messengers.slack.messenger import SlackMessenger
from bot.messengers.slack.settings import SlackSettings
from domain.events import Wrote
from tests.fakes.slack import Fault, SlackFake
from tests.slack.conftest import receiving
from tests.telegram.conftest import Elsewhere, Journal, until


def texts(journal: Journal) -> list[str]:
    return [e.parsed["event"]["text"] for e in journal.events]


async def test_what_is_not_kept_is_not_acknowledged(fake: SlackFake, app: SlackMessenger, journal: Journal):
    journal.broken = 1
    async with receiving(app, journal):
        fake.people.writes(fake.people.user("Anna"), "Hello")
        await journal.wait(1)
        await until(lambda: fake.delivered)
    assert len(journal.offered) >= 2


async def test_a_lost_acknowledgement_doubles_nothing(fake: SlackFake, app: SlackMessenger, journal: Journal):
    fake.swallows_acks = 1
    async with receiving(app, journal):
        await fake.connected()
        fake.people.writes(fake.people.user("Anna"), "Hello")
        await journal.wait(1)
        await until(lambda: fake.delivered)
    assert texts(journal) == ["Hello"]


@pytest.mark.parametrize("abruptly", [True, False])
async def test_connections_that_end_are_replaced(
    fake: SlackFake, app: SlackMessenger, journal: Journal, *, abruptly: bool
):
    anna = fake.people.user("Anna")
    async with receiving(app, journal):
        for number in range(3):
            await fake.connected(2)
            fake.people.writes(anna, str(number))
            await journal.wait(number + 1)
            await fake.disconnect(abruptly=abruptly)
        fake.people.writes(anna, "last")
        await journal.wait(4)
    assert sorted(texts(journal)) == ["0", "1", "2", "last"]


async def test_a_connection_without_a_sign_of_life_is_given_up(
    fake: SlackFake, app: SlackMessenger, journal: Journal
):
    async with receiving(app, journal):
        await fake.connected(2)
        before = fake.opened
        fake.silent = True
        await until(lambda: fake.opened >= before + 2)
        fake.silent = False
        fake.people.writes(fake.people.user("Anna"), "heard again")
        await journal.wait(1)


async def test_names_are_looked_up_once(fake: SlackFake, app: SlackMessenger, journal: Journal):
    anna, ivan = fake.people.user("Anna", locale="ru-RU", tz="Europe/Moscow"), fake.people.user("Ivan")
    async with receiving(app, journal):
        for _ in range(2):
            fake.people.writes(anna, f"ask @{ivan}")
        await journal.wait(2)
    for raw in journal.events:
        event = await app.lookup(app.convert(raw.parsed))
        assert isinstance(event, Wrote)
        assert (event.author.name, event.author.locale, event.author.timezone) == (
            "Anna",
            "ru",
            "Europe/Moscow",
        )
        assert event.content.text.text == "ask @Ivan"
    assert len([1 for name, _ in fake.log if name == "users.info"]) == 2


async def test_a_lookup_that_fails_leaves_the_event_as_it_is(fake: SlackFake, app: SlackMessenger):
    payload = {
        "type": "event_callback",
        "event": {"type": "message", "channel": "D1", "ts": "1.000001", "user": "U9"},
    }
    event = app.convert(payload)
    assert await app.lookup(event) == event


async def test_after_a_gap_history_is_read(fake: SlackFake, app: SlackMessenger, journal: Journal):
    people = fake.people
    anna, boris, ivan = people.user("Anna"), people.user("Boris"), people.user("Ivan")
    desk = people.channel("howto", [ivan])
    root = people.writes(ivan, "root", desk)
    for n in range(3):
        people.writes(ivan, f"in the thread {n}", desk, root)
    people.writes(boris, "new here")
    people.writes(anna, "known")

    async def remember() -> Past:
        return Past(1.0, {desk: (root,), people.dm(anna): ()})

    app.remembers(remember, lambda _wait: None)
    async with receiving(app, journal):
        await journal.wait(6)
        await until(lambda: not fake.pending)
    assert sorted(texts(journal)) == [
        "in the thread 0",
        "in the thread 1",
        "in the thread 2",
        "known",
        "new here",
        "root",
    ]


async def test_what_could_not_be_kept_is_read_from_history_once_it_can(
    elsewhere: Elsewhere, journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    """Slack gives up on an event after some minutes; a disk may be full for longer."""
    monkeypatch.setattr("bot.messengers.slack.receiving._pause", lambda _failures: 0.01)
    async with SlackFake(again=0.01, retries=1) as fake:
        anna = fake.people.user("Anna")
        settings = SlackSettings(fake.bot_token, fake.app_token, api_base=fake.api_base)
        app = SlackMessenger(settings, elsewhere.carry, "en")
        await app.connect()

        async def remember() -> Past:
            return Past(None, {fake.people.dm(anna): ()})

        app.remembers(remember, lambda _wait: None)
        journal.broken = 1_000_000
        async with receiving(app, journal):
            await fake.connected(2)
            fake.people.writes(anna, "meanwhile")
            await until(lambda: not fake.pending)
            journal.broken = 0
            await journal.wait(1)
        await app.close()
    assert texts(journal) == ["meanwhile"]


async def test_history_that_cannot_be_read_at_once_is_read_later(
    fake: SlackFake, app: SlackMessenger, journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.messengers.slack.receiving._pause", lambda _failures: 0.01)
    monkeypatch.setattr("bot.messengers.slack.history._TRIES", 0)
    anna = fake.people.user("Anna")
    fake.people.writes(anna, "before the start")
    fake.troubles.append(Fault("error", "conversations.history", times=3, code="internal_error"))

    async def remember() -> Past:
        return Past(1.0, {fake.people.dm(anna): ()})

    app.remembers(remember, lambda _wait: None)
    await until(lambda: not fake.pending or fake.connections == 0)
    async with receiving(app, journal):
        await until(lambda: not fake.troubles)
        await journal.wait(1)
    assert texts(journal) == ["before the start"]


async def test_a_connection_announced_to_end_is_followed_first_and_read_to_its_end(
    fake: SlackFake, app: SlackMessenger, journal: Journal
):
    fake.farewell = 2.0
    anna = fake.people.user("Anna")
    async with receiving(app, journal):
        await fake.connected(2)
        await fake.disconnect(reason="warning")
        await fake.connected(4)  # the old ones are still there
        for number in range(8):  # some of them come over the old ones
            fake.people.writes(anna, str(number))
        await journal.wait(8)
        await until(lambda: fake.connections == 2)
    assert sorted(texts(journal)) == [str(number) for number in range(8)]


async def test_what_comes_in_meanwhile_is_acknowledged_and_waits(
    fake: SlackFake, app: SlackMessenger, journal: Journal
):
    """Reading what was missed may take long; Slack waits three seconds for an acknowledgement."""
    anna = fake.people.user("Anna")
    held: list[bool] = []
    fake.people.writes(anna, "missed")
    fake.troubles.append(Fault("limited", "conversations.history", times=1, retry_after=1))

    async def remember() -> Past:
        return Past(1.0, {fake.people.dm(anna): ()})

    app.remembers(remember, held.append)
    async with receiving(app, journal):
        await until(lambda: held)
        await until(lambda: not fake.pending)
        assert held[0] is True
        await until(lambda: held[-1] is False)
    assert texts(journal) == ["missed"]


async def test_frames_of_nonsense_end_nothing(fake: SlackFake, app: SlackMessenger, journal: Journal):
    anna = fake.people.user("Anna")
    async with receiving(app, journal):
        await fake.connected(2)
        await fake.shouts("no JSON", "[]", "null", '{"type": 7}', '{"envelope_id": "e1"}')
        await fake.shouts('{"envelope_id": "e2", "payload": {"event": {"type": "message", "files": [1]}}}')
        fake.people.writes(anna, "still here")
        await journal.wait(1)
    assert texts(journal) == ["still here"]
    assert fake.opened == 2


async def test_a_wrong_token_is_said_in_one_line(fake: SlackFake, elsewhere: Elsewhere):
    app = SlackMessenger(SlackSettings("xoxb-wrong", "xapp-1", api_base=fake.api_base), elsewhere.carry)
    with pytest.raises(ConnectRefused, match=r"^slack\.bot_token: "):
        await app.connect()
    await app.close()


# ── HTTP ──


@pytest.fixture
async def door(
    fake: SlackFake, elsewhere: Elsewhere, journal: Journal
) -> AsyncIterator[TestClient[Any, Any]]:
    settings = SlackSettings(
        fake.bot_token, signing_secret=fake.signing_secret, api_base=fake.api_base, mode="http"
    )
    app = SlackMessenger(settings, elsewhere.carry, "en")
    site = web.Application()
    site.add_routes(app.routes(journal.accept))
    async with TestClient(TestServer(site)) as client, receiving(app, journal):
        await until(lambda: app.settled_at)
        yield client
    await app.close()


BODY = orjson.dumps(
    {
        "type": "event_callback",
        "event": {"type": "message", "channel": "D1", "ts": "1700000000.000001", "user": "U1", "text": "Hi"},
    }
)
JSON = {"Content-Type": "application/json"}


async def test_slacks_own_posts_are_kept_once(fake: SlackFake, door: TestClient[Any, Any], journal: Journal):
    for _ in range(2):
        answer = await door.post("/slack/events", data=BODY, headers=fake.signed(BODY) | JSON)
        assert answer.status == 200
    assert texts(journal) == ["Hi"]


@pytest.mark.parametrize("age", [301, -301, 3600])
async def test_old_posts_are_refused(fake: SlackFake, door: TestClient[Any, Any], age: int, journal: Journal):
    import time

    answer = await door.post(
        "/slack/events", data=BODY, headers=fake.signed(BODY, int(time.time()) - age) | JSON
    )
    assert (answer.status, journal.events) == (401, [])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "x"},
        {"X-Slack-Request-Timestamp": "²"},
        {"X-Slack-Signature": "v0=é"},
    ],
)
async def test_what_is_not_signed_is_refused(
    fake: SlackFake, door: TestClient[Any, Any], headers: dict[str, str], journal: Journal
):
    signed = fake.signed(b"something else") if not headers else fake.signed(BODY) | headers
    answer = await door.post("/slack/events", data=BODY, headers=signed | JSON)
    assert (answer.status, journal.events) == (401, [])


async def test_the_address_is_proved(fake: SlackFake, door: TestClient[Any, Any]):
    body = orjson.dumps({"type": "url_verification", "challenge": "abc"})
    answer = await door.post("/slack/events", data=body, headers=fake.signed(body) | JSON)
    assert await answer.json() == {"challenge": "abc"}


async def test_what_cannot_be_kept_is_posted_again(
    fake: SlackFake, door: TestClient[Any, Any], journal: Journal
):
    journal.broken = 1
    statuses = []
    for _ in range(2):
        answer = await door.post("/slack/events", data=BODY, headers=fake.signed(BODY) | JSON)
        statuses.append(answer.status)
    assert statuses == [503, 200]


async def test_nonsense_is_refused(fake: SlackFake, door: TestClient[Any, Any]):
    for body in (b"{", b"[]", b"1"):
        answer = await door.post("/slack/events", data=body, headers=fake.signed(body) | JSON)
        assert answer.status == 400
