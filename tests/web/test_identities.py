"""The host product's users: whom a token names, what becomes of what they wrote before, and what a token can't do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from bot.messengers.web.settings import WebLimits
from domain.events import Introduced, Joined, Wrote
from domain.messages import Content
from domain.requests import Send, Sent
from domain.richtext import RichText
from tests.web.conftest import IDENTITY_SECRET, Browser, House


def token(user: str = "42", secret: str = IDENTITY_SECRET, **claims: Any) -> str:
    """What the product's server would sign."""
    whole = {"sub": user, "name": "Ann Lee", "exp": time.time() + 300, **claims}
    return jwt.encode({k: v for k, v in whole.items() if v is not None}, secret, "HS256")


async def frame(house: House, secret: str) -> Browser:
    """A widget's frame, which keeps its secret itself."""
    browser = await house.browser("c")
    browser.headers["X-Okno-Customer"] = secret
    return browser


async def signed_in(browser: Browser, **claims: Any) -> str:
    """Show a token; gives the customer's id."""
    found = await browser.post("identify", {"token": token(**claims)})
    browser.headers["X-Okno-Customer"] = found["session"]
    return str(found["me"])


async def test_a_frame_needs_no_cookie(house: House) -> None:
    one, same = await frame(house, "a" * 40), await frame(house, "a" * 40)
    await one.say("hello")
    state = await same.get("state")
    assert [m["text"] for m in state["messages"]] == ["hello"]
    assert state["promise"] == "promise in en for "
    assert "okno_customer" not in str(list(one.client.session.cookie_jar))
    stranger = await frame(house, "b" * 40)
    assert (await stranger.get("state"))["messages"] == []


async def test_a_socket_of_a_frame_shows_its_secret_as_a_protocol(house: House) -> None:
    browser = await frame(house, "a" * 40)
    me = (await browser.get("state"))["me"]
    del browser.headers["X-Okno-Customer"]
    socket = await browser.client.ws_connect(
        "/web/c/socket", headers=browser.headers, protocols=("okno", "a" * 40)
    )
    assert socket.protocol == "okno"
    await socket.send_json({"seen": {me: 0}})
    browser.headers["X-Okno-Customer"] = "a" * 40
    await browser.say("live")
    frames = [await socket.receive_json(timeout=60) for _ in range(2)]
    assert [f["t"] for f in frames] == ["ready", "change"]


async def test_a_token_says_who_writes(house: House) -> None:
    browser = await frame(house, "a" * 40)
    await signed_in(browser, email="ann@example.org", tier="gold", plan="pro", seats=5, trial=True)
    await browser.say("hello", context={"page": "/invoices", "version": "2.4.1"})
    wrote = house.events[-1]
    assert isinstance(wrote, Wrote)
    assert (wrote.author.name, wrote.author.tier) == ("Ann Lee", "gold")
    told = {"email": "ann@example.org", "plan": "pro", "seats": "5", "trial": "yes"}
    assert wrote.author.details == told
    assert wrote.author.context == {"page": "/invoices", "version": "2.4.1"}


async def test_what_was_written_before_signing_in_is_the_users(house: House) -> None:
    browser = await frame(house, "a" * 40)
    await browser.say("who am I?")
    before = (await browser.get("state"))["me"]
    assert await signed_in(browser) == before
    introduced = house.events[-1]
    assert isinstance(introduced, Introduced)
    assert (introduced.chat.native, introduced.author.name) == (before, "Ann Lee")
    elsewhere = await frame(house, "e" * 40)
    assert await signed_in(elsewhere) == before
    assert [m["text"] for m in (await elsewhere.get("state"))["messages"]] == ["who am I?"]


async def test_after_signing_in_the_old_secret_opens_nothing(house: House) -> None:
    browser = await frame(house, "a" * 40)
    await browser.say("something private")
    await signed_in(browser)
    browser.headers["X-Okno-Customer"] = "a" * 40
    for what in ("state", "messages"):
        assert await browser.get(what, status=401) == "secret"
    assert await browser.post("messages", {"key": "k" * 8, "text": "x"}, status=401) == "secret"


async def test_a_second_anonymous_talk_joins_and_its_answers_follow(house: House) -> None:
    first, second = await frame(house, "a" * 40), await frame(house, "b" * 40)
    user = await signed_in(first)
    await first.say("from the first browser")
    question = await second.say("from the second, not signed in")
    anonymous = (await second.get("state"))["me"]
    assert await signed_in(second) == user != anonymous
    state = await first.get("state")
    assert [(m["text"], m["by"]) for m in state["messages"]] == [
        ("from the first browser", user),
        ("from the second, not signed in", user),
    ]
    answer = Send(anonymous, (Content(text=RichText("an answer")),), "letter-1", reply_to=question["id"])
    assert isinstance(await house.messenger.send(answer), Sent)
    newest = (await first.get("state"))["messages"][-1]
    assert (newest["text"], newest["reply"]["text"]) == ("an answer", "from the second, not signed in")
    assert [e.chat.native for e in house.events if isinstance(e, Introduced)] == [user]
    joined = [(e.chat.native, e.into.native) for e in house.events if isinstance(e, Joined)]
    assert joined == [(anonymous, user)]
    third = await frame(house, "b" * 40)
    assert await third.get("state", status=401) == "secret"


async def test_two_users_of_one_browser_stay_apart(house: House) -> None:
    browser = await frame(house, "a" * 40)
    ann = await signed_in(browser, user="ann")
    await browser.say("Ann's words")
    browser.headers["X-Okno-Customer"] = "c" * 40
    bob = await signed_in(browser, user="bob", name="Bob")
    assert ann != bob
    assert (await browser.get("state"))["messages"] == []


async def test_signing_in_again_is_no_news(house: House) -> None:
    browser = await frame(house, "a" * 40)
    await browser.say("hello")
    for _ in range(3):
        await signed_in(browser)
    assert len([e for e in house.events if isinstance(e, Introduced)]) == 1
    await signed_in(browser, plan="pro")
    assert len([e for e in house.events if isinstance(e, Introduced)]) == 2


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (lambda: token(exp=time.time() - 60), "expired"),
        (lambda: token(exp=None), "invalid"),
        (lambda: token(nbf=time.time() + 600), "invalid"),
        (lambda: token(secret="another secret of more than 32 characters"), "invalid"),
        (lambda: token(user=""), "invalid"),
        (lambda: token()[:-2], "invalid"),
        (lambda: "nonsense", "invalid"),
        (lambda: jwt.encode({"sub": "42", "exp": time.time() + 300}, "", "none"), "invalid"),
        (lambda: "a" * 9000, "invalid"),
    ],
    ids=("expired", "endless", "too early", "foreign", "nobody", "cut", "nonsense", "unsigned", "huge"),
)
async def test_a_token_that_proves_nothing_is_refused(house: House, bad: Callable[[], str], why: str) -> None:
    browser = await frame(house, "a" * 40)
    assert await browser.post("identify", {"token": bad()}, status=403) == why


async def test_neither_token_stands_for_the_other(house: House) -> None:
    browser = await frame(house, "a" * 40)
    await signed_in(browser)
    session = browser.headers["X-Okno-Customer"]
    assert await browser.post("identify", {"token": session}, status=403) == "invalid"
    browser.headers["X-Okno-Customer"] = token()
    assert await browser.get("state", status=401) == "expired"


async def test_what_a_page_says_of_itself_is_bounded(house: House) -> None:
    browser = await frame(house, "a" * 40)
    await browser.say("hello", context={"page": "x" * 5000, "n": 5, "tier": "gold"})
    wrote = house.events[-1]
    assert isinstance(wrote, Wrote)
    assert {k: len(v) for k, v in wrote.author.context.items()} == {"page": 200, "tier": 4}
    assert (wrote.author.tier, dict(wrote.author.details)) == ("", {})
    many = {f"k{n}": "v" for n in range(11)}
    await browser.post("messages", {"key": "k" * 8, "text": "x", "context": many}, status=400)


@pytest.mark.parametrize("house", [WebLimits(sign_ins_per_address=(1, 60.0))], indirect=True)
async def test_an_office_behind_one_address_is_let_in(house: House) -> None:
    for n in range(5):
        browser = await frame(house, f"{n}" * 40)
        await signed_in(browser, user=str(n))
