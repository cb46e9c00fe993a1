"""Browsers that look, go away and come back miss nothing and see nothing of others."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.messengers.web.settings import WebLimits
from domain.messages import Content
from domain.requests import OpenThread, Send, Sent
from domain.richtext import RichText
from tests.web.conftest import House, Socket

LIMITS = WebLimits(changes=(1000, 10.0), changes_per_address=(1000, 10.0))


def words(text: str) -> tuple[Content, ...]:
    return (Content(text=RichText(text)),)


async def collect(socket: Socket, until: int) -> tuple[dict[str, str], int]:
    """The newest text per message up to a number of the chat."""
    texts: dict[str, str] = {}
    seq = 0
    while seq < until:
        frame = await socket.next()
        seq = frame["seq"]
        if "message" in frame:
            texts[frame["message"]["id"]] = frame["message"].get("text", "(deleted)")
    return texts, seq


async def test_what_happens_is_told_live_to_those_who_may_see_it(house: House) -> None:
    customer, stranger, agent = await house.customer(), await house.customer(), await house.agent()
    shown = await customer.say("one")
    await stranger.say("zero")
    sockets = [
        await customer.socket({shown["by"]: 1}),
        await stranger.socket({shown["by"]: 0}),
        await agent.socket({}),
    ]
    await house.messenger.send(Send(shown["by"], words("two"), "l1"))
    opened = await house.messenger.open_thread(OpenThread("howto", "t"))
    assert isinstance(opened, Sent)
    await house.messenger.send(Send("howto", words("three"), "l2", thread=opened.refs[0]))

    frame = await sockets[0].until("change")
    assert (frame["seq"], frame["message"]["text"]) == (2, "two")
    made, told = await sockets[2].until("change"), await sockets[2].until("change")
    assert made["thread"]["title"] == "t"
    assert (told["message"]["text"], told["thread"]["last"]["text"]) == ("three", "three")
    await stranger.say("last")
    assert (await sockets[1].next())["message"]["text"] == "last"


async def test_a_browser_that_comes_back_gets_all_that_changed(house: House) -> None:
    customer = await house.customer()
    first, second = await customer.say("one"), await customer.say("two")
    chat = first["by"]
    seen = (await customer.get("state"))["seq"]
    await customer.post("edit", {"ref": first["id"], "text": "one, edited"})
    await customer.post("delete", {"ref": second["id"]})
    await house.messenger.send(Send(chat, words("three"), "l1"))

    socket = await customer.socket({chat: seen})
    texts, seq = await collect(socket, seen + 3)
    assert list(texts.values()) == ["one, edited", "(deleted)", "three"]
    assert seq == (await customer.get("state"))["seq"]


@pytest.mark.parametrize("house", [replace(LIMITS, catch_up=7)], indirect=True)
async def test_a_long_absence_is_caught_up_in_pieces(house: House) -> None:
    customer = await house.customer()
    chat = (await customer.say("start"))["by"]
    for i in range(40):
        await house.messenger.send(Send(chat, words(f"{i}"), f"l{i}"))
    socket = await customer.socket({chat: 1})
    texts, _ = await collect(socket, 41)
    assert list(texts.values()) == [str(i) for i in range(40)]


@pytest.mark.parametrize("house", [replace(LIMITS, too_far_behind=10)], indirect=True)
async def test_a_very_long_absence_reads_anew(house: House) -> None:
    agent = await house.agent()
    for i in range(20):
        await house.messenger.send(Send("howto", words(f"{i}"), f"l{i}"))
    socket = await agent.socket({"howto": 2})
    assert await socket.until("reset") == {"t": "reset", "chat": "howto", "seq": 20}
    await house.messenger.send(Send("howto", words("next"), "next"))
    assert (await socket.until("change"))["seq"] == 21


async def test_a_browser_of_another_database_reads_anew(house: House) -> None:
    agent = await house.agent()
    await house.messenger.send(Send("howto", words("1"), "l1"))
    found = await agent.client.ws_connect("/web/s/socket", headers=agent.headers)
    await found.send_json({"seen": {"howto": 500}})
    socket = Socket(found)
    await socket.until("ready")
    assert socket.frames == [{"t": "reset", "chat": "howto", "seq": 1}]


async def test_many_writers_at_once_leave_no_gap(house: House) -> None:
    agents = [await house.agent(name) for name in ("Ivan", "Anna", "Boris")]
    socket = await agents[0].socket({"howto": 0})
    rounds = 15

    async def write(who: int) -> None:
        for i in range(rounds):
            await agents[who].say(f"{who}:{i}", chat="howto")

    await asyncio.gather(*(write(who) for who in range(3)))
    texts, _ = await collect(socket, 3 * rounds)
    for who in range(3):
        assert [t for t in texts.values() if t.startswith(f"{who}:")] == [f"{who}:{i}" for i in range(rounds)]
    assert [row.position for row in house.rows] == list(range(1, 3 * rounds + 1))


async def test_reading_in_one_browser_is_told_to_ones_others_only(house: House) -> None:
    ivan, anna = await house.agent("Ivan"), await house.agent("Anna")
    sent = await anna.say("hi", chat="howto")
    mine, hers = await ivan.socket({"howto": 1}), await anna.socket({"howto": 1})
    await ivan.post("read", {"chat": "howto", "ref": sent["id"]})
    assert (await mine.until("read"))["ref"] == sent["id"]
    await anna.say("next", chat="howto")
    assert (await hers.next())["t"] == "change"
    assert hers.frames == []


async def test_signing_out_ends_what_is_open(house: House) -> None:
    agent = await house.agent()
    socket = await agent.socket({})
    await agent.post("signout", {})
    assert (await socket.socket.receive(timeout=60)).data == 4401
    await agent.get("state", 401)


async def test_history_comes_in_pages(house: House) -> None:
    customer = await house.customer()
    chat = (await customer.say("0"))["by"]
    for i in range(1, 70):
        await house.messenger.send(Send(chat, words(str(i)), f"l{i}"))
    newest = await customer.get("state")
    assert ([m["text"] for m in newest["messages"]], newest["more"]) == (
        [str(i) for i in range(20, 70)],
        True,
    )
    older = await customer.get(f"messages?before={newest['messages'][0]['id']}")
    assert ([m["text"] for m in older["messages"]], older["more"]) == ([str(i) for i in range(20)], False)


@pytest.mark.parametrize("house", [replace(LIMITS, sockets_per_person=2)], indirect=True)
async def test_sockets_are_bounded(house: House) -> None:
    agent = await house.agent()
    kept = [await agent.socket({}) for _ in range(2)]
    async with agent.client.get("/web/s/socket", headers=agent.headers) as response:
        assert response.status == 429
    await kept[0].socket.close()
    await agent.socket({})
