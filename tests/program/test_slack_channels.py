"""Channels shared with customers: questions, answers, colleagues and guests, in the whole program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.slack import SlackFake
from tests.program.running import running, until
from tests.program.slack import slack

pytestmark = pytest.mark.program


@pytest.fixture
async def fake() -> AsyncIterator[SlackFake]:
    async with SlackFake() as fake:
        yield fake


def sharing(fake: SlackFake, channel: str, **desks: str) -> dict[str, str]:
    return {"OKNO_LOCALE": "en", "OKNO_SLACK__CUSTOMER_CHANNELS": channel, **slack(fake, **desks)}


async def test_each_question_has_its_thread_and_its_answers(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna", team="T0ACME"), people.user("Ivan")
    desk, acme = people.channel("howto", [ivan]), people.channel("acme-support", [anna, ivan])
    async with running(tmp_path, **sharing(fake, acme, howto=desk)):
        first = people.writes(anna, "The export fails", acme, ts=fake.world.ago(900))
        await until(lambda: len(people.of_app(desk)) == 2)  # what is written at once may be told in any order
        people.writes(anna, "since this morning", acme, ts=fake.world.ago(890))
        await until(lambda: len(people.of_app(desk)) == 3)
        second = people.writes(anna, "And how do I invite a colleague?", acme)
        await until(lambda: len([m for m in people.of_app(desk) if m.buttons]) == 2)
        cards = [m for m in people.of_app(desk) if m.buttons]
        assert "slack #acme-support" in cards[0].text
        await until(lambda: len(people.of_app(desk)) == 5)
        assert [m.text for m in people.of_app(desk, cards[0].ts)[1:]] == [
            "The export fails",
            "since this morning",
        ]
        people.writes(ivan, "Use the plus sign", desk, cards[1].ts)
        people.writes(ivan, "Fixed, please try again", desk, cards[0].ts)
        await until(lambda: [m for m in people.of_app(acme, first) if m.text == "Fixed, please try again"])
        await until(lambda: [m for m in people.of_app(acme, second) if m.text == "Use the plus sign"])
        assert not [m for m in people.of_app(acme) if m.thread is None]
        people.writes(anna, "Works now", acme, first)
        await until(lambda: [m for m in people.of_app(desk, cards[0].ts) if m.text == "Works now"])


async def test_colleagues_are_no_customers_and_guests_are(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna = people.user("Anna", team="T0ACME", hidden=True)
    boris, ivan = people.user("Boris", team="T0ACME"), people.user("Ivan")
    desk, acme = people.channel("howto", [ivan]), people.channel("acme", [anna, boris, ivan])
    async with running(tmp_path, **sharing(fake, acme, howto=desk)) as program:
        people.writes(ivan, "Maintenance tonight", acme)
        asked = people.writes(anna, "Will it take long? <!channel>", acme)
        card = (await until(lambda: [m for m in people.of_app(desk) if m.buttons]))[0]
        assert "Anna" in card.text
        people.writes(boris, "We wonder too", acme, asked)
        copy = await until(lambda: [m for m in people.of_app(desk) if "We wonder too" in m.text])
        assert copy[0].text == "Boris\nWe wonder too"
        direct = people.writes(ivan, "An hour at most", acme, asked)
        said = await until(lambda: [m for m in people.of_app(desk) if "An hour" in m.text])
        assert said[0].text == "Ivan answered in the channel\nAn hour at most"
        await until(lambda: "answered" in people.of_app(desk)[0].text)
        people.edits(ivan, direct, "Two hours at most", acme)
        await until(lambda: [m for m in people.of_app(desk) if "Two hours" in m.text])
        assert len([m for m in people.of_app(desk) if m.buttons]) == 1
        assert not [m for m in people.of_app(acme) if m.reactions]
        assert await program.stop() == 0


async def test_words_of_customers_and_ratings_in_a_channel(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, boris, ivan = people.user("Anna"), people.user("Boris"), people.user("Ivan")
    howto, bugs = people.channel("howto", [ivan]), people.channel("bugs", [ivan])
    acme = people.channel("acme", [anna, boris, ivan])
    async with running(tmp_path, **sharing(fake, acme, howto=howto, bugs=bugs)):
        people.writes(anna, "A secret of mine")
        await until(lambda: [m for m in people.of_app(howto) if m.text == "A secret of mine"])
        asked = people.writes(anna, "!bug It crashes", acme)
        await until(lambda: [m for m in people.of_app(bugs) if m.text == "It crashes"])
        people.writes(anna, "!status", acme, asked)
        told = (await until(lambda: [m for m in people.of_app(acme, asked) if "It crashes" in m.text]))[0]
        assert "secret" not in told.text
        people.writes(anna, "!howto", acme, asked)
        card = (await until(lambda: [m for m in people.of_app(howto) if m.buttons][1:]))[0]
        people.writes(ivan, "Restart it", howto, card.ts)
        await until(lambda: [m for m in people.of_app(acme, asked) if m.text == "Restart it"])
        people.writes(ivan, "!close", howto, card.ts)
        rating = (await until(lambda: [m for m in people.of_app(acme, asked) if m.buttons]))[0]
        people.presses(boris, rating.ts, "1", acme)
        people.presses(anna, rating.ts, "5", acme)
        await until(lambda: [m for m in people.of_app(acme, asked) if "5" in m.text and not m.buttons])
        await until(lambda: "5" in next(m for m in people.of_app(howto) if m.ts == card.ts).text)


async def test_written_during_an_outage_and_read_from_the_channels_threads(tmp_path: Path):
    from tests.program.test_slack import aged

    async with SlackFake(again=0.05, retries=2) as fake:
        people = fake.people
        anna, ivan = people.user("Anna"), people.user("Ivan")
        desk, acme = people.channel("howto", [ivan]), people.channel("acme", [anna, ivan])
        async with running(tmp_path, **sharing(fake, acme, howto=desk)) as program:
            asked = people.writes(anna, "It fails", acme, ts=fake.world.ago(3500))
            await until(lambda: [m for m in people.of_app(desk) if m.text == "It fails"])
            await program.kill()
            aged(tmp_path, 3600)
            people.writes(anna, "more in the thread", acme, asked)
            people.writes(anna, "another question", acme)
            await until(lambda: not fake.pending)
            await program.start()
            await until(lambda: [m for m in people.of_app(desk) if m.text == "more in the thread"])
            await until(lambda: [m for m in people.of_app(desk) if m.text == "another question"])
            cards = [m for m in people.of_app(desk) if "slack #acme" in m.text]  # a reminder, by day, is none
            of_first = [m.text for m in people.of_app(desk, cards[0].ts)[1:]]
            assert [text for text in of_first if "🔴" not in text] == ["It fails", "more in the thread"]
            assert [m.text for m in people.of_app(desk, cards[1].ts)[1:]] == ["another question"]
            assert len(cards) == 2


async def test_files_of_guests_come_with_their_names(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna", team="T0ACME"), people.user("Ivan")
    desk, acme = people.channel("howto", [ivan]), people.channel("acme", [anna, ivan])
    async with running(tmp_path, **sharing(fake, acme, howto=desk)):
        people.sends(anna, [("log.txt", b"the log", "text/plain")], "see the log", acme)
        copy = (await until(lambda: [m for m in people.of_app(desk) if m.files]))[0]
        assert (copy.text, copy.files[0].name, copy.files[0].content) == (
            "see the log",
            "log.txt",
            b"the log",
        )
        assert copy.thread == people.of_app(desk)[0].ts
