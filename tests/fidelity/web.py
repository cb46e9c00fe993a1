"""A side of a conversation that is at the program's own pages."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import aiohttp

from domain.richtext import RichText, Span
from tests.fidelity.things import Lacks, Seen, Thing

DOCS = "web.md"
_KEYS = itertools.count(1)
_BUSY = 429
_MARKS = {"delivered": "delivered", "seen": "seen"}
_SENT = ("text", "photo", "document", "animation", "audio", "video")


class WebSide:
    """A customer's page, or an agent's at a desk. `pages`: one for each person, the first is the side's own."""

    name = "web"

    def __init__(self, url: str, pages: list[aiohttp.ClientSession], chat: str | None = None) -> None:
        self.url = url
        self.pages = pages
        self.chat = chat
        self.side = "s" if chat else "c"
        self.thread: str | None = None
        self.sign = "/"
        self.frames: list[dict[str, Any]] = []
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self._fetched: dict[str, bytes] = {}

    @property
    def _where(self) -> dict[str, Any]:
        return {"chat": self.chat, "thread": self.thread} if self.chat else {}

    async def call(self, what: str, body: Any = None, who: int = 0, name: str = "") -> Any:
        """One request of a page; waits where the page would have to."""
        url = f"{self.url}/web/{self.side}/{what}"
        given = {} if body is None else {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Origin": self.url} | ({"X-Okno-Name": name} if name else {})
        method = "GET" if body is None else "POST"
        while True:
            asked = self.pages[who].request(method, url, **given, headers=headers)
            async with asked as answer:
                if answer.status != _BUSY:
                    assert answer.status == 200, (what, answer.status, await answer.text())
                    return await answer.json()
            await asyncio.sleep(0.2)  # a page waits, too

    async def find(self, opening: str) -> bool:
        """Find the ticket's thread by its first message."""
        if self.chat is None:
            return True
        for thread in (await self.call(f"threads?chat={self.chat}&closed=0"))["threads"]:
            shown = await self.call(f"messages?chat={self.chat}&thread={thread['id']}")
            if any(m.get("text") == opening for m in shown["messages"]):
                self.thread = thread["id"]
                return True
        return False

    async def post(self, thing: Thing, answers: str = "", quote: str = "") -> list[str]:
        """Send it; gives its messages."""
        if thing.text.spans:
            raise Lacks("people write plain text on the pages", DOCS)
        if thing.body or thing.forwarded or quote or not all(f.kind in _SENT for f in thing.files):
            raise Lacks("the pages send text and files", DOCS)
        tokens = [await self.call("files", f.content, name=f.name) for f in thing.files]
        body = {"key": f"key-{next(_KEYS):08}", "text": thing.text.text, **self._where}
        body |= {"files": [t["token"] for t in tokens]} if tokens else {}
        body |= {"reply_to": answers} if answers else {}
        return [m["id"] for m in (await self.call("messages", body))["messages"]]

    async def edit(self, ref: str, thing: Thing) -> None:
        """The message says that now."""
        if thing.kind == "other file":
            raise Lacks("the pages change texts and captions", DOCS)
        await self.call("edit", {**self._where, "ref": ref, "text": thing.text.text})

    async def delete(self, ref: str) -> None:
        """The message is gone."""
        await self.call("delete", {**self._where, "ref": ref})

    async def react(self, ref: str, emoji: str | None, who: int = 0) -> None:
        """Somebody reacts, or takes their reaction away."""
        await self.call("react", {**self._where, "ref": ref, "emoji": emoji}, who if self.chat else 0)

    async def type(self) -> None:
        """Somebody types."""
        assert self.socket is not None
        await self.socket.send_json({"writing": self._where | ({"to_customer": True} if self.chat else {})})

    async def read(self, ref: str) -> None:
        """Somebody has read up to there."""
        await self.call("read", {**self._where, "ref": ref})

    def freeze(self, ref: str) -> None:
        """Edits are always possible here."""
        raise Lacks("edits are always possible", DOCS)

    def age(self, ref: str) -> None:
        """Nothing is ever too late here."""

    def typings(self) -> int:
        """How often somebody on the other side was seen typing here."""
        thread = self.thread or ""
        return sum(f["t"] == "writing" and not f["by"] and f["thread"] == thread for f in self.frames)

    async def sees(self) -> list[Seen]:
        """The conversation."""
        if self.chat is None:
            found = (await self.call("state"))["messages"]
        else:
            found = (await self.call(f"messages?chat={self.chat}&thread={self.thread}"))["messages"]
        return [await self._seen(m) for m in found if "deleted" not in m]

    async def _seen(self, m: dict[str, Any]) -> Seen:
        files = []
        for file in m.get("files", ()):
            if file["url"] not in self._fetched:
                async with self.pages[0].get(f"{self.url}{file['url']}") as answer:
                    self._fetched[file["url"]] = await answer.read()
            files.append(self._fetched[file["url"]])
        text = m.get("text", "")
        return Seen(
            ref=m["id"],
            kind=m.get("kind", "text"),
            text=RichText(text, tuple(Span(*s) for s in m.get("spans", ()))),
            mine=bool(m["by"]),
            files=tuple(files),
            names=tuple(f.get("name", "") for f in m.get("files", ())),
            album=m.get("album", ""),
            reply_to=m["reply"]["id"] if m.get("reply") else "",
            quote=m.get("reply", {}).get("quote", ""),
            reactions=tuple(r["emoji"] for r in m.get("reactions", ()) if r["by"] == ""),
            mark=_MARKS.get(m.get("mark", ""), ""),
            body=m,
        )
