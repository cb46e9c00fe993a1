"""A web messenger on a real database, behind a real HTTP server; what is committed for the intake is collected."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.messengers.contract import FileRefused
from bot.messengers.web.facts import CommandFacts, DeskFacts, PageFacts
from bot.messengers.web.messenger import WebMessenger
from bot.messengers.web.settings import WebLimits, WebSettings
from bot.webstore import WebStore
from domain.events import Event
from storage.database import Database
from storage.journal import JournalRow
from storage.webchat import invite
from tests.carrying import Carrying

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Elsewhere:
    """Files of another messenger."""

    files: dict[str, bytes] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    later: bool = False

    def __post_init__(self) -> None:
        self.carry = Carrying(self._open).carry

    @contextlib.asynccontextmanager
    async def _open(self, messenger: str, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
        self.opened.append(f"{messenger}:{ref}")
        if ref not in self.files:
            raise FileRefused("refused.file_gone", later=self.later)

        async def chunks() -> AsyncIterator[bytes]:
            data = self.files[ref]
            for at in range(0, len(data), 100_000):
                yield data[at : at + 100_000]

        yield chunks()


class Browser:
    """One browser: its cookies, its page's requests, its sockets."""

    def __init__(self, house: House, side: str, client: TestClient[Any, Any]) -> None:
        self.house, self.side, self.client = house, side, client
        self.headers = {"Origin": str(client.make_url("/")).rstrip("/"), "Accept-Language": "en"}
        self.keys = 0

    async def post(self, what: str, body: Any, status: int = 200, **headers: str) -> Any:
        url = f"/web/{self.side}/{what}"
        async with self.client.post(url, json=body, headers={**self.headers, **headers}) as response:
            assert response.status == status, (response.status, await response.text())
            return await response.json() if status == 200 else await response.text()

    async def get(self, what: str, status: int = 200) -> Any:
        async with self.client.get(f"/web/{self.side}/{what}", headers=self.headers) as response:
            assert response.status == status, await response.text()
            return await response.json() if status == 200 else await response.text()

    async def say(self, text: str, **more: Any) -> Any:
        self.keys += 1
        body = {"key": f"key-{self.keys:08}", "text": text, **more}
        return (await self.post("messages", body))["messages"][0]

    async def upload(self, name: str, data: bytes | AsyncIterator[bytes], status: int = 200) -> Any:
        headers = {**self.headers, "X-Okno-Name": name}
        async with self.client.post(f"/web/{self.side}/files", data=data, headers=headers) as response:
            assert response.status == status, await response.text()
            return await response.json() if status == 200 else None

    async def socket(self, seen: dict[str, int]) -> Socket:
        found = await self.client.ws_connect(f"/web/{self.side}/socket", headers=self.headers)
        await found.send_json({"seen": seen})
        socket = Socket(found)
        assert (await socket.until("ready"))["t"] == "ready"
        return socket


class Socket:
    """A browser's socket; `frames` are those that came before what was waited for."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Any] = []

    async def next(self) -> Any:
        return await self.socket.receive_json(timeout=60)

    async def until(self, kind: str) -> Any:
        while True:
            frame = await self.next()
            if frame["t"] == kind:
                return frame
            self.frames.append(frame)


class House:
    """Everything a test needs."""

    def __init__(
        self, database: Database, settings: WebSettings, limits: WebLimits, facts: PageFacts
    ) -> None:
        self.database = database
        self.rows: list[JournalRow] = []
        self.elsewhere = Elsewhere()
        self.now = int(NOW.timestamp() * 1000)
        self.store = WebStore(database, self._committed, lambda: self.now)
        self.messenger = WebMessenger(settings, self.store, self.elsewhere.carry, facts, limits)
        self.stack = contextlib.AsyncExitStack()
        self.server: TestServer | None = None

    async def _committed(self, rows: list[JournalRow]) -> None:
        self.rows += rows

    @property
    def events(self) -> list[Event]:
        return [self.messenger.convert(row.parsed) for row in self.rows]

    async def start(self) -> None:
        async def never(_: object) -> None:
            raise AssertionError("the web messenger keeps its events itself")

        await self.messenger.connect()
        app = web.Application()
        app.add_routes(self.messenger.routes(never))
        self.server = TestServer(app)
        await self.stack.enter_async_context(self.server)

    async def browser(self, side: str) -> Browser:
        assert self.server is not None
        client = TestClient(self.server)
        await self.stack.enter_async_context(client)
        return Browser(self, side, client)

    async def customer(self) -> Browser:
        browser = await self.browser("c")
        async with browser.client.get("/") as page:
            assert page.status == 200
        return browser

    async def agent(self, name: str = "Ivan") -> Browser:
        token = await self.database.run(invite, name, NOW)
        browser = await self.browser("s")
        await browser.post("signin", {"token": token})
        return browser


IDENTITY_SECRET = "a secret that only the product and Okno know"


async def _promise(locale: str, timezone: str) -> str:
    return f"promise in {locale} for {timezone}"


FACTS = PageFacts(
    promise=_promise,
    greeting=lambda locale: f"greeting in {locale}",
    commands=lambda locale: (CommandFacts("close", "close", f"closes, in {locale}"),),
)


async def _desks() -> tuple[DeskFacts, ...]:
    return (DeskFacts("howto", "How-to", "❓"), DeskFacts("bugs", "Bugs", "🐞", "replies"))


@pytest.fixture
async def house(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A messenger that serves; a test may set its limits with `@pytest.mark.parametrize("house", [...], indirect=True)`."""
    limits = getattr(request, "param", None) or WebLimits(
        changes=(1000, 10.0), changes_per_address=(1000, 10.0)
    )
    database = await Database.open(database_url)
    facts = replace(FACTS, desks=_desks)
    made = House(database, WebSettings(identity_secret=IDENTITY_SECRET), limits, facts)
    await made.start()
    try:
        yield made
    finally:
        await made.messenger.close()  # first: the server waits for open sockets
        await made.stack.aclose()
        await database.close()
