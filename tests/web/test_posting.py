"""What people do on the pages becomes events, once each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.events import Deleted, Edited, Pressed, Reacted, Wrote
from domain.messages import Content
from domain.requests import Button, OpenThread, Send, Sent
from domain.richtext import RichText
from tests.web.conftest import NOW, House


async def test_a_customers_message_becomes_an_event_of_their_own_chat(house: House) -> None:
    customer = await house.customer()
    shown = await customer.say("Hello <b>there</b>\nwith\x00 a line")

    (event,) = house.events
    assert isinstance(event, Wrote)
    assert event.chat.kind == "private"
    assert event.chat.native == event.author.native == shown["by"]
    assert event.author.name.startswith("Guest ")
    assert event.author.locale == "en"
    assert event.content.text.text == "Hello <b>there</b>\nwith a line"
    assert event.content.copyable
    assert event.ref == shown["id"]
    assert event.at == datetime.fromtimestamp(NOW.timestamp(), UTC)
    assert event.thread is None
    assert house.rows[0].lane == event.chat.native


async def test_a_resent_message_is_stored_and_told_once(house: House) -> None:
    customer = await house.customer()
    body = {"key": "the-same-key", "text": "once"}
    first = await customer.post("messages", body)
    second = await customer.post("messages", body)

    assert first == second
    assert len(house.rows) == 1
    assert len((await customer.get("state"))["messages"]) == 1


async def test_the_same_key_of_two_people_is_two_messages(house: House) -> None:
    ivan, anna = await house.agent("Ivan"), await house.agent("Anna")
    for browser in (ivan, anna):
        await browser.post("messages", {"chat": "howto", "key": "the-same-key", "text": "hi"})
    assert len(house.rows) == 2


async def test_the_person_on_return_is_the_same_and_strangers_are_not(house: House) -> None:
    customer, stranger = await house.customer(), await house.customer()
    await customer.say("one")
    async with customer.client.get("/") as _:
        pass
    await customer.say("two")
    await stranger.say("three")

    authors = [e.author.native for e in house.events if isinstance(e, Wrote)]
    assert authors[0] == authors[1] != authors[2]
    assert [m["text"] for m in (await stranger.get("state"))["messages"]] == ["three"]


async def test_an_agent_writes_into_a_thread_and_answers_a_message_there(house: House) -> None:
    agent = await house.agent()
    opened = await house.messenger.open_thread(OpenThread("howto", "Guest · hi #1"))
    assert isinstance(opened, Sent)
    (thread,) = opened.refs
    sent = await house.messenger.send(
        Send("howto", (Content(text=RichText("question")),), "letter-1", thread=thread)
    )
    assert isinstance(sent, Sent)
    await agent.say("answer", chat="howto", thread=thread, reply_to=sent.refs[0])

    (event,) = house.events
    assert isinstance(event, Wrote)
    assert (event.chat.native, event.chat.kind, event.chat.threaded) == ("howto", "group", True)
    assert (event.thread, event.reply_to) == (thread, sent.refs[0])
    assert event.author.is_admin
    assert house.rows[0].lane == f"howto:{thread}"


async def test_an_answer_to_a_message_elsewhere_answers_nothing(house: House) -> None:
    agent = await house.agent()
    other = await agent.say("in the desk at large", chat="howto")
    opened = await house.messenger.open_thread(OpenThread("howto", "t"))
    assert isinstance(opened, Sent)
    await agent.say("in the thread", chat="howto", thread=opened.refs[0], reply_to=other["id"])
    await agent.post("messages", {"chat": "howto", "key": "key-x-000", "text": "x", "thread": "999"}, 404)

    event = house.events[-1]
    assert isinstance(event, Wrote)
    assert event.reply_to is None


async def test_edits_deletions_and_reactions_become_events(house: House) -> None:
    customer = await house.customer()
    shown = await customer.say("teh")
    await customer.post("edit", {"ref": shown["id"], "text": "the"})
    await customer.post("edit", {"ref": shown["id"], "text": "the"})
    await customer.post("react", {"ref": shown["id"], "emoji": "👍"})
    await customer.post("react", {"ref": shown["id"], "emoji": "<script>"}, 400)
    await customer.post("delete", {"ref": shown["id"]})

    _, edit, reaction, deletion = house.events
    assert isinstance(edit, Edited)
    assert edit.content.text.text == "the"
    assert isinstance(reaction, Reacted)
    assert reaction.emoji == "👍"
    assert isinstance(deletion, Deleted)
    assert deletion.refs == (shown["id"],)
    assert [row.position for row in house.rows] == sorted({row.position for row in house.rows})
    (left,) = (await customer.get("state"))["messages"]
    assert left["deleted"]
    assert "text" not in left


async def test_nobody_changes_what_others_wrote(house: House) -> None:
    customer, stranger, agent = await house.customer(), await house.customer(), await house.agent()
    shown = await customer.say("mine")
    private = shown["by"]
    await stranger.say("hello")
    await stranger.post("edit", {"ref": shown["id"], "text": "yours"}, 404)
    await stranger.post("delete", {"chat": private, "ref": shown["id"]}, 404)
    await agent.post("edit", {"chat": private, "ref": shown["id"], "text": "ours"}, 403)
    await agent.post("messages", {"chat": private, "key": "key-x-000", "text": "x"}, 403)
    (left,) = (await customer.get("state"))["messages"]
    assert left["text"] == "mine"


async def test_a_press_is_told_once_and_answered_to_who_pressed(house: House) -> None:
    agent = await house.agent()
    buttons = ((Button("Take", "take:1"),),)
    sent = await house.messenger.send(
        Send("howto", (Content(text=RichText("card")),), "letter-1", role="card", buttons=buttons)
    )
    assert isinstance(sent, Sent)
    socket = await agent.socket({})
    press = {"chat": "howto", "ref": sent.refs[0], "data": "take:1", "key": "press-0001"}
    await agent.post("press", press)
    await agent.post("press", press)

    (event,) = house.events
    assert isinstance(event, Pressed)
    assert event.data == "take:1"
    await house.messenger.answer_press(event.press, "You have it")
    answer = await socket.until("answer")
    assert (answer["key"], answer["text"]) == ("press-0001", "You have it")


async def test_an_album_is_several_events_with_one_mark(house: House) -> None:
    customer = await house.customer()
    first, second = await customer.upload("a.png", b"\x89PNG1"), await customer.upload("b.txt", b"words")
    body = {"key": "album-key-1", "text": "two", "files": [first["token"], second["token"]]}
    shown = (await customer.post("messages", body))["messages"]
    again = (await customer.post("messages", body))["messages"]

    assert shown == again
    one, two = house.events
    assert isinstance(one, Wrote)
    assert isinstance(two, Wrote)
    assert one.album == two.album != ""
    assert (one.content.text.text, two.content.text.text) == ("two", "")
    assert house.rows[0].album == house.rows[1].album == one.album
    assert [e.content.files[0].name for e in (one, two)] == ["a.png", "b.txt"]
    assert two.content.files[0].kind == "document"


async def test_what_is_malformed_is_refused(house: House) -> None:
    customer, agent = await house.customer(), await house.agent()
    malformed: list[Any] = [
        [],
        {},
        {"key": "k", "text": "x"},
        {"key": "key-00001", "text": " \n"},
        {"key": "key-00001", "text": 5},
    ]
    for body in malformed:
        await customer.post("messages", body, 400)
    await customer.post("messages", {"key": "key-00001", "text": "x" * 16_001}, 413)
    await customer.post("messages", {"key": "key-00001", "files": ["../../etc/passwd"]}, 400)
    await customer.post("messages", {"key": "key-00001", "files": ["A" * 32]}, 400)
    await customer.post("press", {"ref": "1", "data": "x" * 65, "key": "key-00001"}, 400)
    await customer.post("react", {"ref": "-1", "emoji": "👍"}, 400)
    await agent.post("messages", {"chat": "../etc", "key": "key-00001", "text": "x"}, 403)
    assert house.rows == []
