"""The whole program against a Slack server: from a customer to a desk and back, across messengers, through crashes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.slack import Fault, SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import running, until
from tests.program.slack import slack
from tests.program.test_telegram import telegram

pytestmark = pytest.mark.program


@pytest.fixture
async def fake() -> AsyncIterator[SlackFake]:
    async with SlackFake() as fake:
        yield fake


async def test_from_a_customer_to_a_desk_and_back(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    desk = people.channel("howto", [ivan])
    async with running(tmp_path, **slack(fake, howto=desk)) as program:
        people.writes(anna, "Hello <!channel> & @here, the code does not arrive")
        copy = await until(lambda: [m for m in people.of_app(desk) if "Hello" in m.text and not m.buttons])
        card = people.of_app(desk)[0]
        assert (copy[0].thread, copy[0].pings) == (card.ts, [])
        assert copy[0].text == "Hello <!channel> & @here, the code does not arrive"
        assert "Anna" in card.text
        answer = people.writes(ivan, "Looking into it", desk, card.ts)
        said = await until(lambda: [m for m in people.of_app(anna) if m.text == "Looking into it"])
        await until(lambda: next(m for m in people.shows(desk) if m.ts == answer).marked)
        people.edits(ivan, answer, "Looking into it now", desk)
        await until(lambda: [m for m in people.of_app(anna) if m.text == "Looking into it now"])
        people.reacts(anna, said[0].ts, "heart")
        await until(lambda: "heart" in next(m for m in people.shows(desk) if m.ts == answer).reactions)
        people.writes(ivan, "// not for her", desk, card.ts)
        people.deletes(ivan, answer, desk)
        await until(lambda: not [m for m in people.of_app(anna) if m.text == "Looking into it now"])
        assert not [m for m in people.of_app(anna) if "not for her" in m.text]
        assert await program.stop() == 0


async def test_buttons_commands_and_moving(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    howto, bugs = people.channel("howto", [ivan]), people.channel("bugs", [ivan])
    async with running(tmp_path, OKNO_LOCALE="en", **slack(fake, howto=howto, bugs=bugs)):
        people.writes(anna, "It crashes")
        await until(lambda: [m for m in people.of_app(howto) if m.text == "It crashes"])
        card = people.of_app(howto)[0]
        people.presses(ivan, card.ts, "Take", howto)
        await until(lambda: "Release" in people.of_app(howto)[0].buttons)
        await until(lambda: fake.methods.ephemerals and fake.methods.ephemerals[-1]["user"] == ivan)
        people.writes(ivan, "!move bugs", howto, card.ts)
        moved = await until(lambda: [m for m in people.of_app(bugs) if m.buttons])
        await until(lambda: [m for m in people.of_app(bugs, moved[0].ts) if "It crashes" in m.text])
        people.writes(ivan, "Only answers go from here", bugs, moved[0].ts)
        people.writes(ivan, "!answer Fixed tomorrow", bugs, moved[0].ts)
        await until(lambda: [m for m in people.of_app(anna) if m.text == "Fixed tomorrow"])
        assert not [m for m in people.of_app(anna) if "Only answers" in m.text]
        people.writes(anna, "!status")
        await until(lambda: [m for m in people.of_app(anna) if "#1" in m.text])


async def test_shortcuts_and_okno(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    howto, bugs = people.channel("howto", [ivan]), people.channel("bugs", [ivan])
    async with running(tmp_path, OKNO_LOCALE="en", **slack(fake, howto=howto, bugs=bugs)):
        people.writes(anna, "!bug It crashes")
        await until(lambda: [m for m in people.of_app(bugs) if m.text == "It crashes"])
        card = people.of_app(bugs)[0]
        inside = people.writes(ivan, "Fixed in 2.1", bugs, card.ts)
        people.writes(ivan, "!take", bugs, card.ts)
        await until(lambda: "Release" in people.of_app(bugs)[0].buttons)
        people.chooses(ivan, inside, "okno_send", bugs)
        await until(lambda: [m for m in people.of_app(anna) if m.text == "Fixed in 2.1"])
        await until(lambda: next(m for m in people.shows(bugs) if m.ts == inside).marked)
        people.chooses(ivan, inside, "okno_note", bugs)
        await until(lambda: not [m for m in people.of_app(anna) if m.text == "Fixed in 2.1"])
        people.commands(ivan, "mine", bugs)
        await until(lambda: [m for m in people.of_app(bugs) if m.thread is None and "#1" in m.text][1:])
        people.chooses(ivan, inside, "okno_move_howto", bugs)
        await until(lambda: [m for m in people.of_app(howto) if m.buttons])


async def test_set_up_without_ids(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    desk = people.channel("bugs", [ivan])
    async with running(tmp_path, **slack(fake)) as program:
        code = await until(lambda: program.printed.rpartition("!claim ")[2].split()[:1])
        people.writes(ivan, f"!claim {code[0]}")
        await until(lambda: people.of_app(ivan))
        people.writes(ivan, "!desk bugs", desk)
        await until(lambda: people.of_app(desk))
        people.writes(anna, "!bug It crashes")
        await until(lambda: [m for m in people.of_app(desk) if m.text == "It crashes" and m.thread])


async def test_a_customer_in_telegram_and_a_desk_in_slack(fake: SlackFake, tmp_path: Path):
    async with TelegramFake(privacy=False) as other:
        people = fake.people
        anna, ivan = other.people.user("Anna"), people.user("Ivan")
        desk = people.channel("howto", [ivan])
        async with running(tmp_path, **telegram(other), **slack(fake, howto=desk)):
            other.people.writes(anna, "From Telegram")
            other.people.sends(anna, "document", content="the log", name="log.txt", caption="see the log")
            await until(lambda: [m for m in people.of_app(desk) if m.files and m.text == "see the log"])
            copy = next(m for m in people.of_app(desk) if m.files)
            assert copy.files[0].content == b"the log"
            card = people.of_app(desk)[0]
            people.sends(ivan, [("fix.txt", b"the fix", "text/plain")], "try it", desk, thread_ts=card.ts)
            await until(lambda: [m for m in other.control.shows(anna) if m.text == "try it" and m.file])


async def test_a_customer_in_slack_and_a_desk_in_telegram(fake: SlackFake, tmp_path: Path):
    async with TelegramFake(privacy=False) as other:
        people = fake.people
        anna, ivan = people.user("Anna"), other.people.user("Ivan")
        desk = other.people.group("How-to", [ivan], forum=True)
        async with running(tmp_path, **telegram(other, howto=desk), **slack(fake)):
            people.sends(
                anna, [("a.txt", b"one", "text/plain"), ("b.txt", b"two", "text/plain")], "two files"
            )
            await until(lambda: len([m for m in other.control.shows(desk) if m.file]) == 2)
            topic = other.control.topics(desk)[0]
            other.people.writes(ivan, "Got both", chat=desk, thread=topic["id"])
            await until(lambda: [m for m in people.of_app(anna) if m.text == "Got both"])


async def test_killed_in_the_middle_nothing_is_lost_or_doubled_inbound(fake: SlackFake, tmp_path: Path):
    people = fake.people
    customers = [people.user(f"Customer {n}") for n in range(3)]
    desk = people.channel("howto", [people.user("Ivan")])
    async with running(tmp_path, **slack(fake, howto=desk)) as program:
        sent = []
        for step in range(24):
            text = f"message {step} of {step % 3}"
            people.writes(customers[step % 3], text)
            sent.append(text)
            fake.swallows_acks += step % 4 == 0
            if step in (8, 16):
                await until(lambda: len(people.of_app(desk)) > 3)
                await program.kill()
                await program.start()
        fake.troubles.append(Fault("drop_after"))
        await until(lambda: {m.text for m in people.of_app(desk)} >= set(sent))
        seen = Counter(m.text for m in people.of_app(desk) if m.text in sent)
        assert max(seen.values()) == 1, seen


async def test_what_was_written_during_an_outage_is_read_from_history_in_its_order(tmp_path: Path):
    async with SlackFake(again=0.05, retries=2) as fake:  # Slack gives up soon
        people = fake.people
        anna, boris, ivan = people.user("Anna"), people.user("Boris"), people.user("Ivan")
        desk = people.channel("howto", [ivan])
        async with running(tmp_path, **slack(fake, howto=desk)) as program:
            first = people.writes(anna, "before")
            await until(lambda: [m for m in people.of_app(desk) if m.text == "before"])
            card = people.of_app(desk)[0]
            await program.kill()
            aged(tmp_path, 3600)
            for n in range(3):
                people.writes(anna, f"meanwhile {n}")
            people.edits(anna, first, "before, and more")
            people.writes(boris, "for the first time")
            people.writes(ivan, "an answer meanwhile", desk, card.ts)
            await until(lambda: not fake.pending)
            await program.start()
            await until(lambda: [m for m in people.of_app(anna) if m.text == "an answer meanwhile"])
            await until(lambda: [m for m in people.of_app(desk) if m.text == "for the first time"])
            people.writes(anna, "after")
            await until(lambda: [m for m in people.of_app(desk) if m.text == "after"])
            copies = [m.text for m in people.of_app(desk, card.ts)[1:]]
            assert copies == ["before, and more", "meanwhile 0", "meanwhile 1", "meanwhile 2", "after"]


def aged(folder: Path, seconds: int) -> None:
    """Make everything kept so long older, as if the program had ended then."""
    with sqlite3.connect(folder / "okno.db") as database:
        database.execute("UPDATE journal SET received_at = received_at - ?", (seconds * 1000,))


async def test_events_over_http(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    desk = people.channel("howto", [ivan])
    settings = slack(fake, howto=desk) | {"OKNO_SLACK__MODE": "http", "OKNO_LOCALE": "en"}
    async with running(tmp_path, **settings) as program:
        fake.http_url = f"{program.url}/slack/events"
        people.writes(anna, "Over HTTP")
        await until(lambda: [m for m in people.of_app(desk) if m.text == "Over HTTP"])
        people.presses(ivan, people.of_app(desk)[0].ts, "Take", desk)
        await until(lambda: "Release" in people.of_app(desk)[0].buttons)
        people.commands(ivan, "mine", desk)
        await until(lambda: [m for m in people.of_app(desk) if m.thread is None and not m.buttons])
        people.opens_home(ivan)
        await until(lambda: ivan in fake.methods.homes)


async def test_long_messages_are_split_at_sentence_ends_and_nothing_is_cut(fake: SlackFake, tmp_path: Path):
    people = fake.people
    anna, ivan = people.user("Anna"), people.user("Ivan")
    desk = people.channel("howto", [ivan])
    long = " ".join(f"Sentence number {n} says <&> and no more." for n in range(300))
    async with running(tmp_path, **slack(fake, howto=desk)):
        ts = people.writes(anna, long)
        await until(lambda: [m for m in people.of_app(desk) if "number 299 " in m.text])
        pieces = [m.text for m in people.of_app(desk)[1:]]
        assert "".join(pieces) == long
        assert all(piece.rstrip().endswith("more.") and len(piece) <= 4000 for piece in pieces)
        people.edits(anna, ts, long.replace("number", "no."))
        await until(lambda: "".join(m.text for m in people.of_app(desk)[1:]) == long.replace("number", "no."))
