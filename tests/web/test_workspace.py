"""What the staff page offers beyond conversations: search, lists by state, who writes, who may sign in."""

from __future__ import annotations

from domain.messages import Content
from domain.requests import Delete, Edit, OpenThread, Send, Sent
from domain.richtext import RichText
from tests.web.conftest import Browser, House


async def thread(house: House, title: str, *texts: str, chat: str = "howto") -> tuple[str, list[str]]:
    """A thread with a card that bears its title and copies of what a customer wrote."""
    made = await house.messenger.open_thread(OpenThread(chat, title))
    assert isinstance(made, Sent)
    number, refs = made.refs[0], list[str]()
    for n, text in enumerate((title, *texts)):
        letter = Send(
            chat,
            (Content(text=RichText(text)),),
            f"{number}-{n}",
            thread=number,
            role="message" if n else "card",
        )
        sent = await house.messenger.send(letter)
        assert isinstance(sent, Sent)
        refs += sent.refs
    return number, refs


async def found(agent: Browser, words: str) -> list[str]:
    answer = await agent.get(f"search?q={words}")
    return [f["message"]["text"] for f in answer["found"]]


async def test_search_finds_words_in_any_case_and_every_desk(house: House) -> None:
    agent = await house.agent()
    await thread(house, "Анна · #1", "Не приходит КОД подтверждения")
    await thread(house, "Bob · #2", "100% of the export_file is broken", chat="bugs")
    assert await found(agent, "код подтв") == ["Не приходит КОД подтверждения"]
    assert await found(agent, "анна") == ["Анна · #1"]
    assert await found(agent, "BROKEN") == ["100% of the export_file is broken"]
    assert await found(agent, "100%25 export_f") == ["100% of the export_file is broken"]
    assert await found(agent, "export%25broken") == []
    assert await found(agent, "exportXfile") == []
    assert await found(agent, "%20") == []


async def test_search_follows_edits_and_deletions_and_finds_file_names(house: House) -> None:
    agent = await house.agent()
    _, refs = await thread(house, "Ann · #1", "the first words")
    await house.messenger.edit(Edit("howto", refs[1], Content(text=RichText("the second thoughts"))))
    assert (await found(agent, "first"), await found(agent, "thoughts")) == ([], ["the second thoughts"])
    await house.messenger.delete(Delete("howto", (refs[1],)))
    assert await found(agent, "thoughts") == []
    token = (await agent.upload("Quarterly-Report.pdf", b"%PDF-1.4"))["token"]
    number, _ = await thread(house, "Eve · #2")
    await agent.say("", chat="howto", thread=number, files=[token])
    names = [f["message"]["files"][0]["name"] for f in (await agent.get("search?q=quarterly"))["found"]]
    assert names == ["Quarterly-Report.pdf"]


async def test_what_customers_write_in_private_is_not_searched(house: House) -> None:
    agent, customer = await house.agent(), await house.customer()
    await customer.say("only in the private chat")
    assert await found(agent, "private") == []


async def test_customers_reach_none_of_it(house: House) -> None:
    customer = await house.customer()
    customer.side = "s"
    for what in ("search?q=a", "agents", "tickets?chat=howto&threads=1", "filtered?chat=howto&which=mine"):
        await customer.get(what, status=401)


async def test_admins_invite_and_revoke(house: House) -> None:
    admin, other = await house.agent("Ann"), await house.agent("Bob")
    token = (await admin.post("invite", {"name": "  Eve   Doe "}))["token"]
    eve = await house.browser("s")
    await eve.post("signin", {"token": token})
    listed = (await admin.get("agents"))["agents"]
    assert [(a["name"], a["admin"], a["sessions"]) for a in listed] == [
        ("Ann", True, 1),
        ("Bob", False, 1),
        ("Eve Doe", False, 1),
    ]
    assert (await other.get("agents", status=403)) == "admin"
    assert (await other.post("invite", {"name": "x"}, status=403)) == "admin"
    socket = await other.socket({})
    await admin.post("revoke", {"agent": listed[1]["id"]})
    assert (await socket.socket.receive(timeout=60)).data == 4401
    await other.get("state", status=401)
    assert [a["name"] for a in (await admin.get("agents"))["agents"]] == ["Ann", "Eve Doe"]
    assert await admin.post("revoke", {"agent": listed[0]["id"]}, status=400) == "oneself"
    await admin.post("revoke", {"agent": "a:nobody"}, status=404)


async def test_colleagues_learn_who_writes_and_customers_do_not(house: House) -> None:
    ann, bob, customer = await house.agent("Ann"), await house.agent("Bob"), await house.customer()
    me = (await customer.get("state"))["me"]
    sockets = [await ann.socket({}), await bob.socket({}), await customer.socket({me: 0})]
    await sockets[0].socket.send_json({"writing": {"chat": "howto", "thread": "7"}})
    frame = await sockets[1].until("writing")
    assert (frame["chat"], frame["thread"], frame["name"]) == ("howto", "7", "Ann")
    for bad in ("{}", "[]", '{"writing": 1}', "nonsense"):
        await sockets[1].socket.send_str(bad)
    await sockets[2].socket.send_json({"writing": {"chat": "howto", "thread": "7"}})
    for socket in sockets:
        await socket.socket.send_str("ping")
    for socket in (sockets[0], sockets[2]):
        frames = [await socket.next()]
        while frames[-1]["t"] != "pong":
            frames.append(await socket.next())
        assert [f["t"] for f in frames if f["t"] == "writing"] == []
