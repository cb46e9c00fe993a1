"""One real program between a Telegram, a Slack and its own pages, with a conversation for each pair of them."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.fidelity.case import Case, Side
from tests.fidelity.slack import SlackSide
from tests.fidelity.telegram import TelegramSide
from tests.fidelity.things import Thing, words
from tests.fidelity.web import WebSide
from tests.program.running import Program, running, until
from tests.program.slack import slack
from tests.program.test_telegram import telegram

MESSENGERS = ("telegram", "slack", "web")
DESKS = {"telegram": "howto", "slack": "bugs", "web": "wishes"}
_FILED = {"telegram": "", "slack": "bug ", "web": "wish "}
SETTINGS = {
    "OKNO_LOCALE": "en",
    "OKNO_DESKS__BUGS__MIRROR": "all",
    "OKNO_DESKS__WISHES__MIRROR": "all",
    "OKNO_FILES__ROOM": "8MB",
    "OKNO_FILES__PUBLIC_URL": "https://files.example.org",
    "OKNO_LIMITS__CUSTOMER_MESSAGES": "100000/1m",
    "OKNO_WORKING_HOURS__WEEKLY": '{mon=["24h"],tue=["24h"],wed=["24h"],thu=["24h"],fri=["24h"],sat=["24h"],sun=["24h"]}',
}


class House:
    """The program and everybody around it."""

    def __init__(self, program: Program, here: SlackFake, there: TelegramFake, stack: AsyncExitStack) -> None:
        self.program = program
        self.slack = here
        self.telegram = there
        self.stack = stack
        self.admin: aiohttp.ClientSession | None = None
        self._signing_in = asyncio.Lock()
        self._addresses = itertools.count(1)
        self.chats: dict[str, object] = {}

    async def page(self) -> aiohttp.ClientSession:
        """A browser with an address of its own: the program sits behind a proxy that says so."""
        jar = aiohttp.CookieJar(unsafe=True)
        address = {"X-Forwarded-For": f"192.0.2.{next(self._addresses)}"}
        return await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, headers=address))

    async def customer(self, messenger: str, number: int) -> Side:
        """Somebody who writes to the support contact."""
        if messenger == "telegram":
            return TelegramSide(self.telegram, [self.telegram.people.user(f"Anna{number}", language="en")])
        if messenger == "slack":
            return SlackSide(self.slack, [self.slack.people.user(f"Anna{number}")])
        page = await self.page()
        async with page.get(f"{self.program.url}/") as answer:
            assert answer.status == 200
        side = WebSide(self.program.url, [page])
        await self._watch(side)
        return side

    async def agents(self, messenger: str) -> Side:
        """Two agents in the desk of that messenger."""
        if messenger == "telegram":
            chat = self.telegram.world.chat(int(str(self.chats["telegram"])))
            return TelegramSide(self.telegram, list(chat.members)[:2], chat.id)
        if messenger == "slack":
            channel = self.slack.world.channels[str(self.chats["slack"])]
            return SlackSide(
                self.slack, sorted(u for u in channel.members if u.startswith("U00")), channel.id
            )
        side = WebSide(self.program.url, [await self._agent(), await self._agent()], DESKS["web"])
        await self._watch(side)
        return side

    async def _agent(self) -> aiohttp.ClientSession:
        async with self._signing_in:
            page = await self.page()
            if self.admin is None:
                found = re.search(r"invite=(\S+)", self.program.printed)
                assert found, self.program.printed
                token = found[1]
            else:
                admin = WebSide(self.program.url, [self.admin], "any")
                token = (await admin.call("invite", {"name": f"Ivan {next(self._addresses)}"}))["token"]
            await WebSide(self.program.url, [page], "any").call("signin", {"token": token})
            self.admin = self.admin or page
            return page

    async def _watch(self, side: WebSide) -> None:
        """Keep what the first page is told while it looks."""
        url = f"{side.url}/web/{side.side}/socket"
        socket = await self.stack.enter_async_context(
            side.pages[0].ws_connect(url, headers={"Origin": side.url})
        )
        await socket.send_json({"seen": {}})
        side.socket = socket

        async def listen() -> None:
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    side.frames.append(frame.json())

        task = asyncio.create_task(listen())
        self.stack.callback(task.cancel)

    async def conversation(self, customer: str, desk: str, number: int) -> Case:
        """A ticket of a new customer there in a desk there; both have written once."""
        case = Case(await self.customer(customer, number), await self.agents(desk))
        opening = words(f"Hello from {customer} to {desk}")
        command = f"{case.src.sign}{_FILED[desk]}" if _FILED[desk] else ""
        await case.src.post(Thing(text=words(command)).saying(f"{command}{opening.text}"))
        await until(lambda: case.dst.find(opening.text), what=opening.text)
        await case.src.find("")
        await case.back.passed(Thing(text=words("Hello, too")))
        return case


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """The program as a subprocess, with a desk in each messenger."""
    async with SlackFake() as here, TelegramFake(privacy=False) as there, AsyncExitStack() as stack:
        team = [there.people.user("Ivan"), there.people.user("Olga")]
        forum = there.people.group("How-to", team, forum=True)
        channel = here.people.channel("bugs", [here.people.user("Ivan"), here.people.user("Olga")])
        desks = {
            "OKNO_DESKS__HOWTO__CHAT": f"telegram:{forum}",
            "OKNO_DESKS__BUGS__CHAT": f"slack:{channel}",
            "OKNO_DESKS__WISHES__CHAT": f"web:{DESKS['web']}",
        }
        port = _free_port()
        pages = {"OKNO_WEB__PORT": str(port), "OKNO_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}"}
        settings = {**slack(here), **telegram(there), **SETTINGS, **desks, **pages}
        async with running(folder, **settings) as program:
            found = House(program, here, there, stack)
            found.chats = {"telegram": forum, "slack": channel}
            try:
                yield found
            finally:
                await stack.aclose()
