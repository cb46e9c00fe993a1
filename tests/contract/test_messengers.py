"""The contract of a messenger, tried on every messenger there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messengers.contract import Deletes, Edits, Files, Reacts, Threads
from domain.events import Edited, Ignored, Pressed, Wrote
from domain.messages import Attachment, Content
from domain.requests import (
    Button,
    Delete,
    Edit,
    OpenThread,
    Original,
    Outcome,
    React,
    Refused,
    Send,
    Sent,
    ShowThread,
)
from domain.richtext import RichText, Span
from tests.contract.worlds import WORLDS, World


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    made: World = WORLDS[request.param](tmp_path)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def words(text: str, *spans: Span) -> tuple[Content, ...]:
    return (Content(text=RichText(text, spans)),)


def refs(outcome: Outcome) -> tuple[str, ...]:
    assert isinstance(outcome, Sent), outcome
    return outcome.refs


async def thread_of(world: World, title: str = "Anna · question #1") -> str:
    """A thread of its own, or where there is no such thing, the one under a card."""
    if isinstance(world.messenger, Threads):
        return refs(await world.messenger.open_thread(OpenThread(world.desk, title)))[0]
    return refs(await world.messenger.send(Send(world.desk, words(title), "card-1", role="card")))[0]


async def test_it_has_every_extra_that_desks_need(world: World):
    for extra in (Edits, Deletes, Reacts, Files):
        assert isinstance(world.messenger, extra)
    assert isinstance(world.messenger, Threads) is world.messenger.capabilities.threads
    assert world.messenger.capabilities.threads or world.messenger.capabilities.threads_under_cards
    assert world.messenger.settled_at is None or world.messenger.settled_at > 0


async def test_a_customer_is_heard(world: World):
    await world.customer_writes("Привет 👋 world")
    (event,) = await world.events(1)
    assert isinstance(event, Wrote)
    assert (event.chat.kind, event.chat.native, event.thread) == ("private", world.customer, None)
    assert event.content.text.text == "Привет 👋 world"
    assert not event.is_service
    assert event.at.utcoffset() is not None


async def test_an_edit_carries_the_whole_new_text(world: World):
    await world.customer_writes("before")
    (wrote,) = await world.events(1)
    assert isinstance(wrote, Wrote)
    await world.customer_edits(wrote.ref, "after")
    edited = (await world.events(2))[1]
    assert isinstance(edited, Edited)
    assert (edited.ref, edited.content.text.text) == (wrote.ref, "after")


async def test_an_agent_is_heard_in_the_thread_with_what_they_answer(world: World):
    thread = await thread_of(world)
    sent = refs(await world.messenger.send(Send(world.desk, words("question"), "l1", thread=thread)))
    await world.agent_writes("plain", thread)
    await world.agent_writes("answer", thread, reply_to=sent[0])
    plain, answer = await world.events(2)
    assert isinstance(plain, Wrote)
    assert isinstance(answer, Wrote)
    assert (plain.chat.kind, plain.chat.threaded, plain.thread, plain.reply_to) == (
        "group",
        True,
        thread,
        None,
    )
    assert answer.reply_to == (sent[0] if world.messenger.capabilities.replies_in_threads else None)
    assert plain.author.native == answer.author.native
    assert not plain.author.is_bot


async def test_text_arrives_with_formatting_and_header(world: World):
    request = Send(
        world.customer,
        words("😀 bold", Span("bold", 2, 4)),
        "l1",
        header=RichText("Name\n", (Span("bold", 0, 4),)),
    )
    refs(await world.messenger.send(request))
    (seen,) = await world.at_customer()
    assert seen.text == "Name\n😀 bold"
    assert [b.strip() for b in seen.bold] == ["Name", "bold"]


async def test_a_text_of_the_promised_length_fits(world: World):
    text = "я" * world.messenger.capabilities.max_text
    refs(await world.messenger.send(Send(world.customer, words(text), "l1")))
    assert [m.text for m in await world.at_customer()] == [text]


async def test_what_people_type_is_never_markup(world: World):
    hostile = "<b>*_`[x](http://y)`_*</b> &amp; @channel <!here>"
    refs(await world.messenger.send(Send(world.customer, words(hostile), "l1")))
    (seen,) = await world.at_customer()
    assert seen.text == hostile
    assert seen.bold == []


async def test_mentions_are_silenced_for_staff(world: World):
    thread = await thread_of(world)
    request = Send(world.desk, words("@ivan look"), "l1", thread=thread, quiet_mentions=True)
    refs(await world.messenger.send(request))
    seen = (await world.in_thread(thread))[-1]
    assert seen.text.replace("\u2060", "") == "@ivan look"


async def test_a_reply_answers_its_message(world: World):
    first = refs(await world.messenger.send(Send(world.customer, words("one"), "l1")))
    refs(await world.messenger.send(Send(world.customer, words("two"), "l2", reply_to=first[0])))
    assert [m.reply_to for m in await world.at_customer()] == [None, first[0]]


async def test_a_native_copy_says_the_same(world: World):
    await world.customer_writes("copy me")
    (event,) = await world.events(1)
    assert isinstance(event, Wrote)
    thread = await thread_of(world)
    original = Original(world.customer, (event.ref,))
    request = Send(
        world.desk, (event.content,), "l1", thread=thread, original=original, source=world.messenger.name
    )
    refs(await world.messenger.send(request))
    assert (await world.in_thread(thread))[-1].text == "copy me"


async def test_edits_change_in_place_and_changing_nothing_is_fine(world: World):
    ref = refs(await world.messenger.send(Send(world.customer, words("before"), "l1")))[0]
    for _ in range(2):
        assert isinstance(await world.messenger.edit(Edit(world.customer, ref, words("after")[0])), Sent)
    assert [m.text for m in await world.at_customer()] == ["after"]


async def test_an_edit_of_what_is_gone_is_refused_for_the_message(world: World):
    ref = refs(await world.messenger.send(Send(world.customer, words("x"), "l1")))[0]
    refs(await world.messenger.delete(Delete(world.customer, (ref,))))
    outcome = await world.messenger.edit(Edit(world.customer, ref, words("after")[0]))
    assert isinstance(outcome, Refused)
    assert outcome.scope == "message"


async def test_deleting_twice_is_deleting(world: World):
    ref = refs(await world.messenger.send(Send(world.customer, words("oops"), "l1")))[0]
    for _ in range(2):
        assert isinstance(await world.messenger.delete(Delete(world.customer, (ref,))), Sent)
    assert await world.at_customer() == []


async def test_a_delivered_mark_shows_on_a_persons_message_and_goes(world: World):
    thread = await thread_of(world)
    await world.agent_writes("answer", thread)
    (event,) = await world.events(1)
    assert isinstance(event, Wrote)
    mark = world.messenger.capabilities.delivered_mark
    refs(await world.messenger.react(React(world.desk, event.ref, mark, thread, "delivered")))
    assert (await world.in_thread(thread))[-1].reaction == "👌"
    refs(await world.messenger.react(React(world.desk, event.ref, None, thread, "delivered")))
    assert (await world.in_thread(thread))[-1].reaction is None


async def test_buttons_come_back_with_their_data(world: World):
    thread = await thread_of(world)
    buttons = ((Button("Take", "card:1:take"), Button("Close", "card:1:close")),)
    ref = refs(
        await world.messenger.send(Send(world.desk, words("card"), "l1", thread=thread, buttons=buttons))
    )[0]
    await world.agent_presses(ref, "Close", thread)
    (event,) = await world.events(1)
    assert isinstance(event, Pressed)
    assert (event.ref, event.data) == (ref, "card:1:close")
    await world.messenger.answer_press(event.press, "done")


async def test_an_edit_takes_buttons_away(world: World):
    buttons = ((Button("1", "rate:1:1"),),)
    ref = refs(await world.messenger.send(Send(world.customer, words("rate"), "l1", buttons=buttons)))[0]
    refs(await world.messenger.edit(Edit(world.customer, ref, words("rated")[0])))
    assert [m.buttons for m in await world.at_customer()] == [[]]


async def test_threads_are_named_closed_and_opened_again(world: World):
    if not world.messenger.capabilities.threads:
        return
    thread = await thread_of(world)
    for _ in range(2):
        refs(await world.messenger.show_thread(ShowThread(world.desk, thread, "✔ done", True)))
    assert await world.title(thread) == ("✔ done", True)
    refs(await world.messenger.send(Send(world.desk, words("late"), "l1", thread=thread)))
    refs(await world.messenger.show_thread(ShowThread(world.desk, thread, "again", False)))
    assert await world.title(thread) == ("again", False)


async def test_a_lost_thread_is_refused_for_the_thread(world: World):
    thread = await thread_of(world)
    if not await world.lose_thread(thread):
        thread = "999999"
    outcome = await world.messenger.send(Send(world.desk, words("x"), "l1", thread=thread))
    assert isinstance(outcome, Refused)
    assert outcome.scope == "thread"


async def test_an_unknown_chat_is_refused_for_the_chat(world: World):
    unknown = "c:nobodynobodynobodynobody" if world.messenger.name == "web" else "4242424242"
    outcome = await world.messenger.send(Send(unknown, words("x"), "l1"))
    assert isinstance(outcome, Refused)
    assert outcome.scope == "chat"


async def test_a_customers_file_can_be_opened(world: World):
    await world.customer_sends_file(b"hello from a file", "notes.txt")
    (event,) = await world.events(1)
    assert isinstance(event, Wrote)
    (file,) = event.content.files
    assert file.name == "notes.txt"
    async with world.messenger.open_file(file.ref) as stream:
        assert b"".join([chunk async for chunk in stream]) == b"hello from a file"


async def test_another_messengers_file_is_carried_over(world: World):
    world.files.bytes["ref-1"] = b"carried over"
    file = Attachment("document", "ref-1", "report.txt", "text/plain", 12)
    content = Content("document", RichText("see"), (file,))
    refs(await world.messenger.send(Send(world.customer, (content,), "l1", source="elsewhere")))
    (seen,) = await world.at_customer()
    assert seen.text == "see"
    assert len(seen.files) == 1


async def test_a_file_that_is_gone_is_refused_for_the_message(world: World):
    content = Content("document", RichText("see"), (Attachment("document", "gone", "a.txt"),))
    outcome = await world.messenger.send(Send(world.customer, (content,), "l1", source="elsewhere"))
    assert isinstance(outcome, Refused)
    assert outcome.scope == "message"


async def test_an_album_has_a_reference_for_each_part(world: World):
    for n in (1, 2):
        world.files.bytes[f"p{n}"] = b"document %d" % n
    contents = tuple(
        Content("document", files=(Attachment("document", f"p{n}", f"{n}.txt"),)) for n in (1, 2)
    )
    sent = refs(await world.messenger.send(Send(world.customer, contents, "l1", source="elsewhere")))
    assert [m.ref for m in await world.at_customer()] == list(sent)
    assert len(sent) == 2


@pytest.mark.parametrize(
    "payload", [{}, {"update_id": 1, "message": {"chat": "x"}}, {"what": "wrote"}, [], None]
)
async def test_malformed_events_raise_or_ask_nothing(world: World, payload: object):
    try:
        event = world.messenger.convert(payload)
    except (ValueError, TypeError, KeyError, LookupError):
        return
    assert isinstance(event, Ignored)
