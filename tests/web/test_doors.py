"""Who gets in: invitations, sessions, other sites, too many tries."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messengers.web.limits import Window
from bot.messengers.web.settings import WebLimits
from storage.webchat import first_link, invite
from tests.web.conftest import NOW, House

STRICT = WebLimits(changes=(3, 10.0), sign_ins_per_address=(3, 60.0))


async def test_an_invitation_signs_in_once(house: House) -> None:
    token = await house.database.run(invite, "Ivan", NOW)
    first, second = await house.browser("s"), await house.browser("s")
    async with first.client.get(f"/staff?invite={token}") as page:
        assert page.status == 200  # looking uses nothing up
        assert not page.cookies
    await first.get("state", 401)
    await first.post("signin", {"token": token})
    assert (await first.get("state"))["me"]["name"] == "Ivan"
    await second.post("signin", {"token": token}, 403)


async def test_an_invitation_gets_old(house: House) -> None:
    token = await house.database.run(invite, "Ivan", NOW - timedelta(days=8))
    await (await house.browser("s")).post("signin", {"token": token}, 403)


async def test_the_first_agent_is_an_admin_and_a_name_is_one_person(house: House) -> None:
    ivan, anna, again = await house.agent("Ivan"), await house.agent("Anna"), await house.agent("ivan")
    people = [(await b.get("state"))["me"] for b in (ivan, anna, again)]
    assert [p["admin"] for p in people] == [True, False, True]
    assert people[0]["id"] == people[2]["id"]


async def test_the_first_link_is_printed_until_somebody_has_signed_in(house: House) -> None:
    unused = await house.database.run(first_link, "Admin", NOW)
    token = await house.database.run(first_link, "Admin", NOW)
    assert unused
    assert token
    browser = await house.browser("s")
    await browser.post("signin", {"token": token})
    assert (await browser.get("state"))["me"]["admin"]
    assert await house.database.run(first_link, "Admin", NOW) is None


async def test_a_session_in_use_goes_on(house: House) -> None:
    agent = await house.agent()
    for _ in range(4):
        house.now += int(timedelta(days=30).total_seconds() * 1000)
        await agent.get("state")
    house.now += int(timedelta(days=61).total_seconds() * 1000)
    await agent.get("state", 401)


async def test_customers_are_not_staff_and_nobody_is_without_a_cookie(house: House) -> None:
    customer, nobody = await house.customer(), await house.browser("c")
    customer.side = "s"
    await customer.get("state", 401)
    await customer.post("messages", {"chat": "howto", "key": "key-00001", "text": "x"}, 401)
    await nobody.get("state", 401)
    await nobody.post("messages", {"key": "key-00001", "text": "x"}, 401)


async def test_other_sites_may_do_nothing(house: House) -> None:
    customer = await house.customer()
    body = {"key": "key-00001", "text": "x"}
    for origin in ("http://evil.example", "null", ""):
        customer.headers["Origin"] = origin
        await customer.post("messages", body, 403)
        async with customer.client.get("/web/c/socket", headers=customer.headers) as response:
            assert response.status == 403
    del customer.headers["Origin"]
    await customer.post("messages", body, 403)
    assert house.rows == []


@pytest.mark.parametrize("house", [STRICT], indirect=True)
async def test_guessing_tokens_and_flooding_are_slowed_down(house: House) -> None:
    guesser, customer = await house.browser("s"), await house.customer()
    for _ in range(3):
        await guesser.post("signin", {"token": "x" * 32}, 403)
    await guesser.post("signin", {"token": "x" * 32}, 429)
    for i in range(3):
        await customer.say(str(i))
    async with customer.client.post("/web/c/messages", json={}, headers=customer.headers) as response:
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 11
    assert len(house.rows) == 3


@pytest.mark.parametrize(
    "house", [replace(STRICT, changes=(9, 9.0), customers_per_address=(2, 60.0))], indirect=True
)
async def test_nobody_fills_the_desks_with_made_up_customers(house: House) -> None:
    first, second, third = [await house.customer() for _ in range(3)]
    await first.say("one")
    await second.say("two")
    await third.post("messages", {"key": "key-00001", "text": "three"}, 429)
    await first.say("still here")
    assert len(house.rows) == 3


@pytest.mark.parametrize("house", [STRICT], indirect=True)
async def test_reading_keeps_nobody_from_writing(house: House) -> None:
    customer = await house.customer()
    ref = (await customer.say("one"))["id"]
    for _ in range(3):
        await customer.post("read", {"ref": ref})
    await customer.post("read", {"ref": ref}, 429)
    await customer.say("two")


def test_a_window_slides() -> None:
    now = 0.0
    window = Window((2, 10.0), lambda: now)
    assert window.wait("a") == window.wait("a") == 0
    assert window.wait("b") == 0
    now = 4.0
    assert window.wait("a") == 6.0
    now = 10.0
    assert window.wait("a") == 0


async def test_pages_let_only_themselves_run(house: House) -> None:
    customer = await house.browser("c")
    for path in ("/", "/staff"):
        async with customer.client.get(path) as page:
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            body = await page.text()
            assert "<script>" not in body
            assert "style=" not in body
    async with customer.client.get("/web/assets/../messenger.py") as response:
        assert response.status == 404


async def test_the_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    browser = await house.browser("c")
    async with browser.client.get("/") as page:
        cookie = page.cookies["okno_customer"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert not cookie["secure"]


async def test_the_language_is_the_browsers_or_the_chosen_one(house: House) -> None:
    browser = await house.customer()
    for wanted, cookie, got in (
        ("ru-RU,ru;q=0.9", "", "ru"),
        ("de,en;q=0.5", "", "en"),
        ("de", "", "ru"),
        ("ru", "en", "en"),
    ):
        headers = {"Accept-Language": wanted} | ({"Cookie": f"okno_locale={cookie}"} if cookie else {})
        async with browser.client.get("/", headers=headers) as page:
            assert f'lang="{got}"' in await page.text()


async def test_a_page_names_all_it_needs_and_that_is_kept_for_good(house: House) -> None:
    browser = await house.browser("c")
    for path in ("/", "/staff"):
        async with browser.client.get(path) as response:
            page = await response.text()
        named = re.findall(r'(?:href|src)="(/web/assets/[^"]+)"', page)
        assert len(named) > 15
        for address in named:
            async with browser.client.get(address) as response:
                assert response.status == 200, address
                assert "immutable" in response.headers["Cache-Control"]
                imported = re.findall(r'from "\./([a-z_]+\.js)"', await response.text())
            assert {name.rsplit("/", 1)[1] for name in named} >= set(imported), address
    async with browser.client.get("/web/assets/000000000000/customer.js") as response:
        assert response.status == 404
