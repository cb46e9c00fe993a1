"""What Okno asks of the web messenger, and what comes of it."""

from __future__ import annotations

import pytest

from domain.messages import Attachment, Content, Location
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
    TryLater,
)
from domain.richtext import RichText, Span
from tests.samples import SAMPLES
from tests.web.conftest import Browser, House
from tests.web.pictures import drawn

PNG = drawn(640, 480)


def words(text: str) -> tuple[Content, ...]:
    return (Content(text=RichText(text)),)


def refs(outcome: Outcome) -> tuple[str, ...]:
    assert isinstance(outcome, Sent), outcome
    return outcome.refs


async def thread_in(house: House, chat: str = "howto", title: str = "Guest · question #1") -> str:
    return refs(await house.messenger.open_thread(OpenThread(chat, title)))[0]


async def private_of(customer: Browser) -> str:
    return str((await customer.say("hello"))["by"])


async def test_an_answer_reaches_the_customers_page_with_everything(house: House) -> None:
    customer = await house.customer()
    question = await customer.say("hello")
    content = Content(
        text=RichText("see bold", (Span("bold", 4, 4),)), location=Location(55.75, 37.62, "Office")
    )
    buttons = ((Button("1", "rate:1"), Button("2", "rate:2")),)
    sent = await house.messenger.send(
        Send(
            question["by"],
            (content,),
            "letter-1",
            reply_to=question["id"],
            header=RichText("Note: "),
            author="Ivan",
            buttons=buttons,
        )
    )
    shown = (await customer.get("state"))["messages"][-1]
    assert (shown["id"],) == refs(sent)
    assert shown["text"] == "Note: see bold"
    assert shown["spans"] == [["bold", 10, 4, None]]
    assert shown["location"] == [55.75, 37.62, "Office", ""]
    assert shown["author"] == "Ivan"
    assert shown["reply"]["text"] == "hello"
    assert shown["buttons"] == [[{"label": "1", "data": "rate:1"}, {"label": "2", "data": "rate:2"}]]
    assert shown["by"] == ""
    assert house.rows[1:] == []  # what Okno sends is no event


async def test_a_repeated_send_doubles_nothing(house: House) -> None:
    customer = await house.customer()
    chat = await private_of(customer)
    request = Send(chat, words("answer"), "letter-7")
    first, second = await house.messenger.send(request), await house.messenger.send(request)
    assert refs(first) == refs(second)
    assert [m["text"] for m in (await customer.get("state"))["messages"]] == ["hello", "answer"]


async def test_places_that_are_not_there_are_refused(house: House) -> None:
    send = house.messenger.send
    assert (await send(Send("c:0123456789abcdef01234567", words("x"), "l1"))) == Refused(
        "chat", "refused.chat_gone"
    )
    assert (await send(Send("howto", words("x"), "l2", thread="77"))) == Refused(
        "thread", "refused.thread_gone"
    )
    assert (await send(Send("howto", words("x"), "l3", thread="x"))) == Refused(
        "thread", "refused.thread_gone"
    )
    assert (await send(Send("No Desk", words("x"), "l4"))) == Refused("chat", "refused.chat_gone")
    edit = await house.messenger.edit(Edit("howto", "5", words("x")[0]))
    assert edit == Refused("message", "refused.message_gone")
    assert await house.messenger.delete(Delete("howto", ("5",))) == Sent()


async def test_files_of_the_web_are_shared_and_others_are_fetched_once(house: House) -> None:
    customer = await house.customer()
    chat = await private_of(customer)
    token = (await customer.upload("p.png", PNG))["token"]
    own = Content("photo", files=(Attachment("photo", token, "p.png"),))
    house.elsewhere.files["F1"] = PNG + b"x" * 300_000
    other = Content("photo", RichText("caption"), (Attachment("photo", "F1", "shot.png"),))
    thread = await thread_in(house)

    await house.messenger.send(Send("howto", (own,), "l1", thread=thread, source="web"))
    for _ in range(2):
        refs(await house.messenger.send(Send(chat, (other,), "l2", source="telegram")))
    assert house.elsewhere.opened == ["telegram:F1"]

    (shown,) = (await customer.get("state"))["messages"][-1]["files"]
    assert (shown["mime"], shown["width"], shown["height"], shown["size"]) == (
        "image/png",
        640,
        480,
        300_000 + len(PNG),
    )
    agent = await house.agent()
    (copied,) = (await agent.get(f"messages?chat=howto&thread={thread}"))["messages"]
    assert copied["files"][0]["token"] == token


@pytest.mark.parametrize("later", [True, False])
async def test_a_file_that_cant_be_fetched_is_an_outcome(house: House, later: bool) -> None:
    house.elsewhere.later = later
    content = Content("photo", files=(Attachment("photo", "gone", "p.png"),))
    outcome = await house.messenger.send(Send("howto", (content,), "l1", source="telegram"))
    assert outcome == (
        TryLater("refused.file_gone") if later else Refused("message", "refused.file_gone", part=0)
    )


async def test_edits_change_what_is_shown_and_cards_are_not_called_edited(house: House) -> None:
    customer = await house.customer()
    chat = await private_of(customer)
    (answer,) = refs(await house.messenger.send(Send(chat, words("teh"), "l1")))
    edit = Edit(chat, answer, words("the")[0])
    assert refs(await house.messenger.edit(edit)) == refs(await house.messenger.edit(edit)) == (answer,)
    shown = (await customer.get("state"))["messages"][-1]
    assert (shown["text"], shown["edited"]) == ("the", True)

    thread = await thread_in(house)
    (card,) = refs(
        await house.messenger.send(Send("howto", words("waits"), "l2", thread=thread, role="card"))
    )
    await house.messenger.edit(
        Edit("howto", card, words("answered")[0], thread, buttons=((Button("Close", "c"),),))
    )
    agent = await house.agent()
    (shown,) = (await agent.get(f"messages?chat=howto&thread={thread}"))["messages"]
    assert (shown["text"], shown["role"], "edited" in shown) == ("answered", "card", False)
    assert shown["buttons"][0][0]["label"] == "Close"


async def test_the_bot_changes_only_its_own(house: House) -> None:
    customer = await house.customer()
    mine = await customer.say("mine")
    outcome = await house.messenger.edit(Edit(mine["by"], mine["id"], words("bot's")[0]))
    assert outcome == Refused("message", "refused.message_gone")
    await house.messenger.delete(Delete(mine["by"], (mine["id"],)))
    assert (await customer.get("state"))["messages"][0]["text"] == "mine"


async def test_delivered_and_seen_are_told_to_the_agent_as_they_happen(house: House) -> None:
    customer, agent = await house.customer(), await house.agent()
    chat = await private_of(customer)
    thread = await thread_in(house)
    answer = await agent.say("answer", chat="howto", thread=thread)

    async def mark() -> str | None:
        (shown,) = (await agent.get(f"messages?chat=howto&thread={thread}"))["messages"]
        found = shown.get("mark")
        return None if found is None else str(found)

    assert await mark() is None
    original = Original("howto", (answer["id"],))
    (copy,) = refs(
        await house.messenger.send(Send(chat, words("answer"), "l1", original=original, source="web"))
    )
    react = React("howto", answer["id"], "✅", thread, "delivered")
    await house.messenger.react(react)
    assert await mark() == "delivered"

    await customer.post("read", {"ref": "1"})
    assert await mark() == "delivered"  # their screen showed an older message
    socket = await agent.socket({})
    await customer.post("read", {"ref": copy})
    change = await socket.until("change")
    assert (change["message"]["id"], change["message"]["mark"]) == (answer["id"], "seen")
    await house.messenger.react(react)
    assert await mark() == "seen"
    await house.messenger.react(React("howto", answer["id"], None, thread, "delivered"))
    assert await mark() is None  # taken back from the customer


async def test_threads_tell_who_waits(house: House) -> None:
    agent = await house.agent()
    thread = await thread_in(house)

    async def waiting() -> bool:
        return bool((await agent.get("threads?chat=howto"))["threads"][0]["waiting"])

    await house.messenger.send(Send("howto", words("card"), "l0", thread=thread, role="card"))
    assert not await waiting()
    await house.messenger.send(Send("howto", words("question"), "l1", thread=thread))
    assert await waiting()
    answer = await agent.say("answer", chat="howto", thread=thread)
    assert await waiting()  # nothing has reached the customer yet
    await house.messenger.send(Send("howto", words("and another"), "l2", thread=thread))
    delivered = React("howto", answer["id"], "✅", thread, "delivered")
    await house.messenger.react(delivered)
    assert await waiting()  # they wrote again meanwhile
    second = await agent.say("answer to both", chat="howto", thread=thread)
    await house.messenger.react(React("howto", second["id"], "✅", thread, "delivered"))
    assert not await waiting()


async def test_lists_show_open_threads_with_their_newest_line(house: House) -> None:
    agent = await house.agent()
    first, second = await thread_in(house, title="Anna #1"), await thread_in(house, title="Boris #2")
    house.now += 60_000
    await house.messenger.send(Send("howto", words("one"), "l1", thread=first))
    house.now += 60_000
    await house.messenger.send(Send("howto", words("two"), "l2", thread=second))
    await house.messenger.send(Send("howto", words("a line of the bot"), "l3", thread=first, role="bot"))
    await agent.say("answer", chat="howto", thread=first)

    listed = (await agent.get("threads?chat=howto"))["threads"]
    assert [(t["title"], t["last"]["text"], t["unread"]) for t in listed] == [
        ("Boris #2", "two", 1),
        ("Anna #1", "answer", 1),
    ]
    state = await agent.get("state")
    assert [(d["chat"], d["mirror"], d["unread"]) for d in state["desks"]] == [
        ("howto", "all", 2),
        ("bugs", "replies", 0),
    ]
    await agent.post(
        "read", {"chat": "howto", "thread": second, "ref": listed[0]["id"]}
    )  # no message of that thread
    messages = (await agent.get(f"messages?chat=howto&thread={second}"))["messages"]
    await agent.post("read", {"chat": "howto", "thread": second, "ref": messages[-1]["id"]})
    await house.messenger.show_thread(ShowThread("howto", first, "Anna #1", True))
    assert [(t["title"], t["unread"]) for t in (await agent.get("threads?chat=howto"))["threads"]] == [
        ("Boris #2", 0)
    ]
    closed = (await agent.get("threads?chat=howto&closed=1"))["threads"]
    assert [(t["title"], t["closed"], t["waiting"]) for t in closed] == [("Anna #1", True, False)]
    assert (await agent.get("state"))["desks"][0]["unread"] == 0


async def test_a_new_agent_has_not_missed_what_was_before_them(house: House) -> None:
    thread = await thread_in(house)
    house.now -= 60_000
    await house.messenger.send(Send("howto", words("long ago"), "l1", thread=thread))
    house.now += 120_000
    await house.messenger.send(Send("howto", words("now"), "l2", thread=thread))
    agent = await house.agent()
    assert (await agent.get("threads?chat=howto"))["threads"][0]["unread"] == 1


async def test_links_open_at_the_message(house: House) -> None:
    link = house.messenger.capabilities.link
    assert link is not None
    assert link("howto", "12", "345") == "http://127.0.0.1:8080/staff#howto/12/345"
    assert link("leads", None, None) == "http://127.0.0.1:8080/staff#leads"
    assert link("c:0123", None, "1") is None
    house.messenger.served_at("http://127.0.0.1:4711/")
    assert link("howto", None, "345") == "http://127.0.0.1:4711/staff#howto//345"


async def test_it_checks_itself(house: House) -> None:
    assert all(f.ok for f in await house.messenger.check_account())
    assert (await house.messenger.check_chat("bugs", "desk"))[0].ok
    assert not (await house.messenger.check_chat("c:someone", "leads"))[0].ok


async def test_a_thread_whose_card_offers_nothing_is_over(house: House) -> None:
    agent = await house.agent()
    thread = await thread_in(house)
    buttons = ((Button("Take", "take"),),)
    send = Send("howto", words("card"), "l0", thread=thread, role="card", buttons=buttons)
    (card,) = refs(await house.messenger.send(send))
    await house.messenger.send(Send("howto", words("question"), "l1", thread=thread))

    async def listed(closed: int) -> list[tuple[bool, bool]]:
        found = (await agent.get(f"threads?chat=howto&closed={closed}"))["threads"]
        return [(t["closed"], t["waiting"]) for t in found]

    await house.messenger.edit(Edit("howto", card, words("moved to bugs")[0], thread))
    assert (await listed(0), await listed(1)) == ([], [(True, False)])
    await house.messenger.edit(Edit("howto", card, words("it is back")[0], thread, buttons=buttons))
    assert (await listed(0), await listed(1)) == ([(False, False)], [])
    page = await agent.get(f"messages?chat=howto&thread={thread}")
    assert page["card"]["text"] == "it is back"


async def test_what_was_seen_before_it_was_marked_waits_no_more(house: House) -> None:
    customer, agent = await house.customer(), await house.agent()
    chat, thread = await private_of(customer), await thread_in(house)
    await house.messenger.send(Send("howto", words("hello"), "l1", thread=thread))
    answer = await agent.say("answer", chat="howto", thread=thread)
    original = Original("howto", (answer["id"],))
    (copy,) = refs(
        await house.messenger.send(Send(chat, words("answer"), "l2", original=original, source="web"))
    )
    await customer.post("read", {"ref": copy})
    await house.messenger.react(React("howto", answer["id"], "✅", thread, "delivered"))
    assert not (await agent.get("threads?chat=howto"))["threads"][0]["waiting"]


async def test_what_is_said_outside_threads_is_unread_too(house: House) -> None:
    ivan, anna = await house.agent("Ivan"), await house.agent("Anna")
    await house.messenger.send(Send("howto", words("a digest"), "l1", role="bot"))
    said = await anna.say("good morning", chat="howto")

    async def general(browser: Browser) -> int:
        return int((await browser.get("state"))["desks"][0]["general"])

    assert (await general(ivan), await general(anna)) == (2, 1)
    await ivan.post("read", {"chat": "howto", "ref": said["id"]})
    assert await general(ivan) == 0


async def test_a_card_may_say_whether_an_answer_is_waited_for(house: House) -> None:
    agent, thread = await house.agent(), await thread_in(house)
    buttons = ((Button("Take", "take"),),)
    (card,) = refs(
        await house.messenger.send(
            Send("howto", words("new"), "l0", thread=thread, role="card", buttons=buttons, waits=True)
        )
    )

    async def waiting() -> bool:
        return bool((await agent.get("threads?chat=howto"))["threads"][0]["waiting"])

    assert await waiting()
    await house.messenger.edit(
        Edit("howto", card, words("no answer needed")[0], thread, buttons=buttons, waits=False)
    )
    assert not await waiting()
    await house.messenger.edit(Edit("howto", card, words("as before")[0], thread, buttons=buttons))
    assert not await waiting()


@pytest.mark.parametrize("sample", ["exe", "html", "zip", "heic"])
async def test_what_claims_to_be_a_picture_is_shown_as_what_it_is(house: House, sample: str) -> None:
    customer = await house.customer()
    house.elsewhere.files["F1"] = SAMPLES[sample]
    content = Content("photo", RichText("look"), (Attachment("photo", "F1", "../shot.png", "image/png"),))
    refs(await house.messenger.send(Send(await private_of(customer), (content,), "l2", source="telegram")))
    message = (await customer.get("state"))["messages"][-1]
    (shown,) = message["files"]
    assert (shown["name"], shown["kind"]) == ("shot.png", "document")
    async with customer.client.get(shown["url"]) as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert await answer.read() == SAMPLES[sample]
    assert message["text"] == "look"
