"""After a gap, however short: what was missed in a lane goes before what comes in for it now."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bot.messengers.contract import Past
from bot.messengers.slack.messenger import SlackMessenger
from tests.fakes.slack import Fault, SlackFake
from tests.slack.conftest import receiving
from tests.telegram.conftest import Journal, until

Missed = Callable[[str, str], str]


@pytest.fixture
def missed(fake: SlackFake, monkeypatch: pytest.MonkeyPatch) -> Missed:
    """Has somebody write something whose event doesn't come in time."""

    def write(who: str, text: str) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(fake.world, "emit", lambda _event: None)
            return fake.people.writes(who, text)

    return write


def texts(journal: Journal) -> list[str]:
    return [e.parsed["event"]["text"] for e in journal.events]


def histories(fake: SlackFake) -> int:
    return len([name for name, _ in fake.log if name == "conversations.history"])


async def a_moment_ago() -> Past:
    return Past(time.time() - 1, {})


async def test_connections_may_be_open_before_the_gap_is_known(
    fake: SlackFake, app: SlackMessenger, journal: Journal, missed: Missed
):
    """A database that has just been opened may take longer than connecting."""
    anna = fake.people.user("Anna")

    async def remember() -> Past:
        await fake.connected(2)
        await until(lambda: app.settled_at is not None)
        return await a_moment_ago()

    app.remembers(remember, lambda _wait: None)
    missed(anna, "one")
    async with receiving(app, journal):
        await fake.connected(2)
        fake.people.writes(anna, "two")
        await journal.wait(2)
    assert texts(journal) == ["one", "two"]


async def test_a_connection_that_breaks_beside_another_may_have_taken_something_with_it(
    fake: SlackFake, app: SlackMessenger, journal: Journal, missed: Missed
):
    anna = fake.people.user("Anna")
    async with receiving(app, journal):
        await fake.connected(2)
        missed(anna, "one")
        await fake.disconnect(abruptly=True, count=1)
        await until(lambda: fake.opened == 3 and fake.connections == 2)
        fake.people.writes(anna, "two")
        await journal.wait(2)
    assert texts(journal) == ["one", "two"]


async def test_the_history_of_a_lane_is_read_once_a_gap(
    fake: SlackFake, app: SlackMessenger, journal: Journal, missed: Missed
):
    anna, boris = fake.people.user("Anna"), fake.people.user("Boris")
    app.remembers(a_moment_ago, lambda _wait: None)
    for who in (anna, boris):
        missed(who, "one")
    async with receiving(app, journal):
        await fake.connected(2)
        for number, who in enumerate((anna, boris, anna, boris)):
            fake.people.writes(who, f"more {number}")
            await until(lambda: not fake.pending)
    assert texts(journal) == ["one", "more 0", "one", "more 1", "more 2", "more 3"]
    assert histories(fake) == 2
    assert [len(keys) for keys in journal.offered] == [2, 2, 1, 1]


async def test_a_history_that_cannot_be_read_is_asked_for_again_with_the_next_event(
    fake: SlackFake, app: SlackMessenger, journal: Journal, missed: Missed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.messengers.slack.history._TRIES", 0)
    anna = fake.people.user("Anna")
    app.remembers(a_moment_ago, lambda _wait: None)
    fake.troubles.append(Fault("error", "conversations.history", times=1))
    missed(anna, "one")
    async with receiving(app, journal):
        await fake.connected(2)
        for number in range(2):
            fake.people.writes(anna, f"more {number}")
            await until(lambda: not fake.pending)
    assert texts(journal) == ["more 0", "one", "more 1"]
