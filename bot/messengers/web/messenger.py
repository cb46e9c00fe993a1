"""The built-in messenger: the contract of messengers, kept on a platform of Okno's own.

Whatever it is asked to send is stored in its chats and shown to the browsers that look; whatever people do on its
pages is stored, journalled and told in one transaction. It takes no decision about tickets and never reads them.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.messengers.contract import Accept, Carrier, FileRefused, Finding, Health, Pacing
from bot.messengers.web import convert as conversion
from bot.messengers.web import ids
from bot.messengers.web.asking import Asking
from bot.messengers.web.deeds import Deeds
from bot.messengers.web.elsewhere import Elsewhere
from bot.messengers.web.facts import PageFacts
from bot.messengers.web.hub import Hub
from bot.messengers.web.pages import Pages
from bot.messengers.web.session import Doorkeeper
from bot.messengers.web.settings import WebLimits, WebSettings
from bot.messengers.web.socket import Sockets
from bot.messengers.web.store import Draft
from bot.messengers.web.uploads import Files, Shelf
from bot.messengers.web.workspace import Workspace
from domain.messages import with_files
from domain.policy import Capabilities
from domain.requests import (
    Delete,
    Edit,
    OpenThread,
    Outcome,
    React,
    Refused,
    Send,
    Sent,
    ShowThread,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from typing import Literal

    from aiohttp import web

    from bot.messengers.contract import Heard
    from bot.messengers.web.store import File, Missing, Store, Stored
    from domain.events import Event
    from domain.messages import Attachment, Content

NAME = "web"
ACCOUNT = "okno"
CLEAN_EVERY = 3600.0
KEEP_UP = 5.0
"""How often changes are looked for that no other process has told of, in seconds."""

CAPABILITIES = Capabilities(  # but for `link`, which needs to know where the pages are served
    max_text=16_000,
    max_caption=16_000,
    max_album=10,
    replies_in_threads=True,
    edits=True,
    deletes=True,
    reacts=True,
    buttons=True,
    threads=True,
    delivered_mark="✅",
    marks_received=True,
    quotes=True,
    says_where_answered=True,
    pings=False,
)

_GONE = {
    "chat": Refused("chat", "refused.chat_gone"),
    "thread": Refused("thread", "refused.thread_gone"),
    "message": Refused("message", "refused.message_gone"),
    "person": Refused("chat", "refused.chat_gone"),
}


class WebMessenger:
    """Messenger, Edits, Deletes, Reacts, Threads, HearsTyping, ShowsTyping, AnswersPresses, Files, Checks and ServesHttp in one.

    `carry` brings another messenger's files; `facts` are what the pages show of the rest of the program.
    """

    name = NAME
    account = ACCOUNT
    pacing = Pacing()

    def __init__(
        self,
        settings: WebSettings,
        store: Store,
        carry: Carrier,
        facts: PageFacts | None = None,
        limits: WebLimits | None = None,
    ) -> None:
        facts, limits = facts or PageFacts(), limits or WebLimits()
        self._settings = settings
        self._store = store
        self._carry = carry
        self._hub = Hub()
        self._max_upload = limits.upload
        self._shelf = Shelf(store, limits)
        self._doorkeeper = Doorkeeper(settings, limits, store, facts.default_locale)
        self._sockets = Sockets(self._hub, store, self._doorkeeper, limits)
        self._deeds = Deeds(store, self._hub, self._doorkeeper, limits)
        self._asking = Asking(store, self._hub, self._doorkeeper, facts, limits)
        self._elsewhere = Elsewhere(store, self._doorkeeper, facts)
        self._workspace = Workspace(store, self._hub, self._doorkeeper, facts, limits)
        self._files = Files(self._shelf, store, self._doorkeeper, limits)
        self._settled_at: float | None = None
        self._address = settings.public_url or (
            f"http://{settings.host}:{settings.port}" if settings.port else ""
        )
        self.capabilities = replace(CAPABILITIES, link=self.link, max_upload=limits.upload)
        self.health = Health()

    # the core of the contract

    async def connect(self) -> None:
        """Nothing to connect to: the platform is here."""
        self._settled_at = time.monotonic()
        self.health.connected = True

    async def receive(self, accept: Accept) -> None:  # noqa: ARG002 (posts are kept with their messages, in one transaction)
        """Posts come in over HTTP; here only what broke off is cleaned up."""
        while True:
            await self._store.discard_broken_off()
            await asyncio.sleep(CLEAN_EVERY)

    def convert(self, payload: Any) -> Event:
        """The event in Okno's words."""
        return conversion.convert(payload)

    def share(self, tell: Callable[[dict[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        """Several processes serve the same pages: what is told and heard keeps their browsers together."""
        self._hub.elsewhere = tell
        return self._hub.hear

    async def keep_up(self) -> None:
        """Look for what wasn't heard, for ever; nothing depends on hearing."""
        while True:
            await asyncio.sleep(KEEP_UP)
            try:
                await self._hub.catch_up(self._store)
            except Exception:  # noqa: BLE001, S112 (a store that can't be read now is read in the next round)
                continue

    async def lookup(self, event: Event) -> Event:
        """Web events lack nothing."""
        return event

    async def send(self, request: Send) -> Outcome:
        """Store the message, once for its letter, and show it to whoever looks."""
        where = _place(request.chat, request.thread)
        if isinstance(where, Refused):
            return where
        key, parts = ids.letter_key(request.letter), len(request.contents)
        if any(c.files for c in request.contents) and (
            known := await self._store.delivered(request.chat, key, parts)
        ):
            return Sent(tuple(str(m.id) for m in known))  # files needn't be fetched again
        try:
            contents = await self._own(request.contents, request.source)
        except FileRefused as refusal:
            return refusal.outcome(request.contents)
        if request.header is not None and contents:
            contents = (replace(contents[0], text=request.header + contents[0].text), *contents[1:])
        draft = Draft(
            chat=request.chat,
            key=key,
            contents=contents,
            private=ids.is_private(request.chat),
            author=request.author,
            thread=where,
            role=request.role,
            buttons=request.buttons,
            reply_to=ids.number(request.reply_to),
            copy_of=_originals(request),
            waits=request.waits,
        )
        return self._told(await self._store.deliver(draft))

    async def close(self) -> None:
        """Let the browsers go."""
        self.health.connected = False
        await self._sockets.close()

    @property
    def settled_at(self) -> float | None:
        """Since connecting: nothing is waiting anywhere to be received."""
        return self._settled_at

    def served_at(self, address: str) -> None:
        """Where the pages turned out to be served, for links; an address in the settings wins."""
        if not self._settings.public_url:
            self._address = address.rstrip("/")

    def link(self, chat: str, thread: str | None, ref: str | None) -> str | None:
        """Where the staff page opens at a thread or message; None while its address is unknown."""
        if not self._address or not ids.is_desk(chat):
            return None
        return f"{self._address}/staff#{ids.place(chat, thread, ref)}"

    # extras

    async def edit(self, request: Edit) -> Outcome:
        """Make a message of the bot say something else."""
        message = ids.number(request.ref)
        if message is None:
            return _GONE["message"]
        try:
            (content,) = await self._own((request.content,), request.source)
        except FileRefused as refusal:
            return refusal.outcome((request.content,))
        if request.header is not None:
            content = replace(content, text=request.header + content.text)
        return self._told(
            await self._store.bot_edit(request.chat, message, content, request.buttons, request.waits)
        )

    async def delete(self, request: Delete) -> Outcome:
        """Delete messages of the bot; what is gone is gone."""
        for message in filter(None, map(ids.number, request.refs)):
            done = await self._store.bot_remove(request.chat, message)
            if not isinstance(done, str):
                self._hub.publish(done.changes)
        return Sent()

    async def react(self, request: React) -> Outcome:
        """A mark says how far a message got and is shown as its state; any other is the bot's reaction."""
        message = ids.number(request.ref)
        if message is None:
            return _GONE["message"]
        if request.mark:
            mark = request.mark if request.emoji else ""
            return self._told(await self._store.mark(request.chat, message, mark))
        return self._told(await self._store.bot_react(request.chat, message, request.emoji))

    async def open_thread(self, request: OpenThread) -> Outcome:
        """Make a thread in a desk."""
        if not ids.is_desk(request.chat):
            return _GONE["chat"]
        change = await self._store.open_thread(request.chat, request.title)
        self._hub.publish([change])
        return Sent((str(change.thread.id),)) if change.thread else _GONE["thread"]

    async def show_thread(self, request: ShowThread) -> Outcome:
        """Set a thread's title and closedness."""
        thread = ids.number(request.thread)
        if thread is None:
            return _GONE["thread"]
        change = await self._store.show_thread(request.chat, thread, request.title, closed=request.closed)
        if isinstance(change, str):
            return _GONE[change]
        if change is not None:
            self._hub.publish([change])
        return Sent((request.thread,))

    def hears_typing(self, heard: Heard) -> None:
        """Whom to tell when somebody types on a page."""
        self._sockets.heard = heard

    async def show_typing(self, chat: str, thread: str | None) -> None:
        """Whoever looks at the chat sees that somebody on the other side types."""
        self._hub.tell_chat(chat, "writing", chat=chat, thread=thread or "", by="", name="")

    async def answer_press(self, press: str, text: str) -> None:
        """Tell whoever pressed, in the browsers they look with."""
        person, key = ids.presser(press)
        self._hub.tell(person, "answer", key=key, text=text)

    def open_file(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a file of this messenger."""
        return self._shelf.open(ref)

    async def check_account(self) -> list[Finding]:
        """It is always there; where it is served is worth knowing."""
        address = self._address
        return [Finding(True, f"web: customers at {address}/, staff at {address}/staff")]

    async def check_chat(self, native: str, role: Literal["desk", "leads"]) -> list[Finding]:
        """Any name is a chat here; it comes to be when first used."""
        if ids.is_desk(native):
            return [Finding(True, f"web:{native}: on the staff page")]
        key = "leads.chat" if role == "leads" else "desks.<name>.chat"
        return [
            Finding(False, f"{key}: web:{native} is no name for a chat; use small letters, digits, - and _")
        ]

    def routes(self, accept: Accept) -> list[web.RouteDef]:  # noqa: ARG002 (see `receive`)
        """The pages, their data, files and sockets; none when the messenger is switched off."""
        if not self._settings.enabled:
            return []
        from aiohttp import web

        doorkeeper = self._doorkeeper
        return [
            *Pages(self._settings, doorkeeper).routes(),
            *self._asking.routes(),
            *self._elsewhere.routes(),
            *self._workspace.routes(),
            *self._deeds.routes("c", doorkeeper.customer),
            *self._deeds.routes("s", doorkeeper.agent),
            self._files.upload_route("c", doorkeeper.customer),
            self._files.upload_route("s", doorkeeper.agent),
            self._files.download_route(),
            web.get("/web/c/socket", self._sockets.customer),
            web.get("/web/s/socket", self._sockets.staff),
        ]

    def _told(self, stored: Stored | Missing) -> Outcome:
        if isinstance(stored, str):
            return _GONE[stored]
        self._hub.publish(stored.changes)
        return Sent(tuple(str(m.id) for m in stored.messages))

    async def _own(self, contents: tuple[Content, ...], source: str) -> tuple[Content, ...]:
        """The contents with files of this messenger: its own are shared, others' are carried. Raises FileRefused."""
        files = [file for content in contents for file in content.files]
        if not files:
            return contents
        own = await (self._shared(files) if source == NAME else self._brought(source, files))
        return tuple(replace(c, copyable=False) if c.files else c for c in with_files(contents, own))

    async def _shared(self, files: list[Attachment]) -> list[Attachment]:
        for part, file in enumerate(files):
            if not ids.is_file(file.ref) or await self._store.file(file.ref) is None:
                raise FileRefused("refused.file_gone", part=part)
        return files

    async def _brought(self, source: str, files: list[Attachment]) -> list[Attachment]:
        async with self._carry(source, files, self._max_upload) as carried:
            found = [await self._shelf.put(one.chunks(), None, one.file.name) for one in carried]
            return [_as_stored(one.file, f) for one, f in zip(carried, found, strict=True)]


def _as_stored(file: Attachment, found: File) -> Attachment:
    """The attachment as a file of this messenger; one that turned out to be no picture is only to be saved."""
    kind = file.kind if found.mime == file.mime else "document"
    width, height = found.width or file.width, found.height or file.height
    return replace(
        file, kind=kind, ref=found.token, mime=found.mime, size=found.size, width=width, height=height
    )


def _place(chat: str, thread: str | None) -> int | Refused:
    """The thread's number, 0 outside any; or why there is no such place."""
    if not ids.is_private(chat) and not ids.is_desk(chat):
        return _GONE["chat"]
    if thread is None:
        return 0
    return ids.number(thread) or _GONE["thread"]


def _originals(request: Send) -> tuple[tuple[str, int], ...]:
    """Which messages of this messenger are copied here, one for each content."""
    if request.original is None or len(request.original.refs) != len(request.contents):
        return ()
    return tuple((request.original.chat, ids.number(ref) or 0) for ref in request.original.refs)
