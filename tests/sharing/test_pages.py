"""Browsers that look at different processes see the same, whether the processes hear of each other or not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.messengers.web import messenger as web_messenger
from bot.messengers.web.settings import WebLimits, WebSettings
from storage.database import Database
from tests.program.running import until
from tests.web.conftest import FACTS, House


@pytest.fixture
async def houses(one: Database, other: Database) -> AsyncIterator[list[House]]:
    made = [House(db, WebSettings(), WebLimits(), FACTS) for db in (one, other)]
    for house in made:
        await house.start()
    yield made
    for house in made:
        await house.messenger.close()
        await house.stack.aclose()


def connect(houses: list[House], databases: tuple[Database, ...]) -> None:
    for house, database in zip(houses, databases, strict=True):
        hints = database.hints
        assert hints is not None
        hints.listen(house.messenger.share(hints.tell))


async def test_what_happens_in_one_process_shows_in_another(
    houses: list[House], one: Database, other: Database
) -> None:
    connect(houses, (one, other))
    ivan, olga = await houses[0].agent("Ivan"), await houses[1].agent("Olga")
    await ivan.say("first", chat="howto")
    looking = await olga.socket({"howto": 0})
    first = await looking.until("change")
    assert first["message"]["text"] == "first"
    for n in range(5):
        await ivan.say(f"hello {n}", chat="howto")
        assert (await looking.until("change"))["message"]["text"] == f"hello {n}"


async def test_what_was_not_heard_is_looked_for(houses: list[House], monkeypatch: pytest.MonkeyPatch) -> None:
    ivan, olga = await houses[0].agent("Ivan"), await houses[1].agent("Olga")
    await ivan.say("first", chat="howto")
    looking = await olga.socket({"howto": 0})
    await looking.until("change")
    await ivan.say("unheard", chat="howto")
    store = houses[1].store
    await until(lambda: store.seqs(["howto"]))
    await houses[1].messenger._hub.catch_up(store)
    assert (await looking.until("change"))["message"]["text"] == "unheard"
    assert web_messenger.KEEP_UP <= 10
