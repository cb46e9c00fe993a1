"""People of each messenger, customers and agents, for tests that pair any two."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import aiohttp

from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake
from tests.program.running import Program


class Customer(Protocol):
    async def says(self, text: str) -> None: ...

    async def sends(self, name: str, content: bytes) -> None: ...

    async def sees(self) -> list[str]: ...


class Agent(Protocol):
    async def says(self, text: str) -> str:
        """Writes in the newest ticket's thread; gives what names the message."""
        ...

    async def edits(self, ref: str, text: str) -> None: ...

    async def sees(self) -> list[str]:
        """The texts in the desk, of a message with a file its file's name."""
        ...


class TelegramCustomer:
    def __init__(self, fake: TelegramFake) -> None:
        self.fake, self.me = fake, fake.people.user("Anna")

    async def says(self, text: str) -> None:
        self.fake.people.writes(self.me, text)

    async def sends(self, name: str, content: bytes) -> None:
        self.fake.people.sends(self.me, "document", content=content.decode(), name=name)

    async def sees(self) -> list[str]:
        return [m.text for m in self.fake.control.shows(self.me)]


class TelegramAgent:
    def __init__(self, fake: TelegramFake) -> None:
        self.fake, self.me = fake, fake.people.user("Ivan")
        self.chat = fake.people.group("How-to", [self.me], forum=True)

    async def says(self, text: str) -> str:
        topic = self.fake.control.topics(self.chat)[-1]["id"]
        return str(self.fake.people.writes(self.me, text, chat=self.chat, thread=topic))

    async def edits(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.me, int(ref), text, chat=self.chat)

    async def sees(self) -> list[str]:
        shown = self.fake.control.shows(self.chat)
        return [self.fake.control.file(m.file) if m.file else m.text for m in shown]


class SlackCustomer:
    def __init__(self, fake: SlackFake) -> None:
        self.fake, self.me = fake, fake.people.user("Anna")

    async def says(self, text: str) -> None:
        self.fake.people.writes(self.me, text)

    async def sends(self, name: str, content: bytes) -> None:
        self.fake.people.sends(self.me, [(name, content, "text/plain")])

    async def sees(self) -> list[str]:
        return [m.text for m in self.fake.people.of_app(self.me)]


class SlackAgent:
    def __init__(self, fake: SlackFake) -> None:
        self.fake, self.me = fake, fake.people.user("Ivan")
        self.chat = fake.people.channel("howto", [self.me])

    async def says(self, text: str) -> str:
        card = [m for m in self.fake.people.of_app(self.chat) if m.buttons][-1]
        return self.fake.people.writes(self.me, text, self.chat, card.ts)

    async def edits(self, ref: str, text: str) -> None:
        self.fake.people.edits(self.me, ref, text, self.chat)

    async def sees(self) -> list[str]:
        return [
            m.files[0].content.decode() if m.files else m.text for m in self.fake.people.of_app(self.chat)
        ]


class Page:
    """A browser's requests to the program's own pages."""

    def __init__(self, program: Program, session: aiohttp.ClientSession, side: str) -> None:
        self.program, self.session, self.side = program, session, side
        self.keys = 0

    async def post(self, what: str, body: Any, **headers: str) -> Any:
        url = f"{self.program.url}/web/{self.side}/{what}"
        given = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.session.post(url, **given, headers={"Origin": self.program.url, **headers}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def get(self, what: str) -> Any:
        async with self.session.get(f"{self.program.url}/web/{self.side}/{what}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def say(self, text: str, **more: Any) -> str:
        self.keys += 1
        body = {"key": f"key-{self.keys:08}", "text": text, **more}
        return str((await self.post("messages", body))["messages"][0]["id"])


class WebCustomer:
    def __init__(self, page: Page) -> None:
        self.page = page

    async def says(self, text: str) -> None:
        await self.page.say(text)

    async def sends(self, name: str, content: bytes) -> None:
        uploaded = await self.page.post("files", content, **{"X-Okno-Name": name})
        await self.page.say("", files=[uploaded["token"]])

    async def sees(self) -> list[str]:
        return [m["text"] for m in (await self.page.get("state"))["messages"] if "deleted" not in m]


class WebAgent:
    def __init__(self, page: Page) -> None:
        self.page = page

    async def _thread(self) -> str | None:
        found = (await self.page.get("threads?chat=howto&closed=0"))["threads"]
        return found[0]["id"] if found else None

    async def says(self, text: str) -> str:
        return await self.page.say(text, chat="howto", thread=await self._thread())

    async def edits(self, ref: str, text: str) -> None:
        await self.page.post(
            "edit", {"chat": "howto", "thread": await self._thread(), "ref": ref, "text": text}
        )

    async def sees(self) -> list[str]:
        thread = await self._thread()
        if thread is None:
            return []
        shown = (await self.page.get(f"messages?chat=howto&thread={thread}"))["messages"]
        return [await self._file(m["files"][0]) if m.get("files") else m["text"] for m in shown]

    async def _file(self, file: Any) -> str:
        async with self.page.session.get(f"{self.page.program.url}{file['url']}") as answer:
            return await answer.text()


@asynccontextmanager
async def browsing(program: Program) -> AsyncIterator[tuple[WebCustomer, WebAgent]]:
    """A customer and an agent at the program's pages."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            jar = aiohttp.CookieJar(unsafe=True)
            made.append(await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar)))
        async with made[0].get(f"{program.url}/") as answer:
            assert answer.status == 200
        agent = Page(program, made[1], "s")
        token = re.search(r"invite=(\S+)", program.printed)
        assert token, program.printed
        await agent.post("signin", {"token": token[1]})
        yield WebCustomer(Page(program, made[0], "c")), WebAgent(agent)
