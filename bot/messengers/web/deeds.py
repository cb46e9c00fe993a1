"""What people do on the pages: write, edit, delete, react, press, read. Answered only once it is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from bot.messengers.web import convert, ids, media, views
from bot.messengers.web.settings import REACTIONS
from bot.messengers.web.store import Draft
from domain.messages import Attachment, Content
from domain.richtext import RichText, utf16_length

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.messengers.web.hub import Hub
    from bot.messengers.web.session import Actor, Doorkeeper
    from bot.messengers.web.settings import WebLimits
    from bot.messengers.web.store import File, Missing, Store, Stored

    FindActor = Callable[[web.Request], Awaitable[Actor]]
    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
    Deed = Callable[[Actor, "Body"], Awaitable[web.Response]]

BUTTON_DATA = 64
CONTEXT_FIELDS = 10
CONTEXT_VALUE = 200


class Body:
    """The JSON of a request, read with care: anything unexpected is a 400."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    @classmethod
    async def of(cls, request: web.Request) -> Body:
        """The request's body."""
        try:
            data = orjson.loads(await request.read())
        except ValueError:
            raise _bad("json") from None
        if not isinstance(data, dict):
            raise _bad("json")
        return cls(data)

    def text(self, name: str, default: str | None = None) -> str:
        """A string; characters that no database keeps are left out."""
        value = self._data.get(name, default)
        if not isinstance(value, str):
            raise _bad(name)
        return value.replace("\x00", "").replace("\r\n", "\n")

    def number(self, name: str) -> int:
        """The id of a message."""
        value = ids.number(self._data.get(name))
        if value is None:
            raise _bad(name)
        return value

    def number_or(self, name: str, default: int | None) -> int | None:
        """An id that may be left out or empty."""
        return self.number(name) if self._data.get(name) else default

    def thread(self) -> int:
        """The thread; 0 outside any."""
        return self.number_or("thread", 0) or 0

    def key(self, actor: Actor) -> tuple[str, str]:
        """The browser's own key of what it sends, and the same as it is stored."""
        key = self.text("key")
        stored = ids.browser_key(actor.person.native, key)
        if stored is None:
            raise _bad("key")
        return key, stored

    def tokens(self, most: int) -> list[str]:
        """Files, each named once."""
        found = self._data.get("files", [])
        if not isinstance(found, list) or len(found) > most or not all(ids.is_file(t) for t in found):
            raise _bad("files")
        return list(dict.fromkeys(found))

    def context(self) -> dict[str, str]:
        """What the page around a frame says of itself: few and short values, as text."""
        found = self._data.get("context") or {}
        if not isinstance(found, dict) or len(found) > CONTEXT_FIELDS:
            raise _bad("context")
        told = {
            str(k)[:40]: " ".join(v.split())[:CONTEXT_VALUE] for k, v in found.items() if isinstance(v, str)
        }
        return {k: v for k, v in told.items() if v}

    def emoji(self) -> str | None:
        """One of the reactions there are, or None to take one's own away."""
        value = self._data.get("emoji")
        if value is not None and value not in REACTIONS:
            raise _bad("emoji")
        return value

    def chat(self, actor: Actor) -> str:
        """The chat it is about: customers have only their own. Raises 403 for others' chats."""
        chat = actor.own_chat or self.text("chat")
        if not actor.may_enter(chat):
            raise web.HTTPForbidden(text="chat")
        return chat


class Deeds:
    """The handlers of POSTs, for customers and agents alike."""

    def __init__(self, store: Store, hub: Hub, doorkeeper: Doorkeeper, limits: WebLimits) -> None:
        self._store = store
        self._hub = hub
        self._doorkeeper = doorkeeper
        self._limits = limits

    def routes(self, side: str, find: FindActor) -> list[web.RouteDef]:
        """The routes under `/web/<side>/`, for the people that `find` finds."""
        deeds = {
            "messages": self._post,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "press": self._press,
            "read": self._read,
        }
        return [
            web.post(f"/web/{side}/{name}", self._guarded(name, find, deed)) for name, deed in deeds.items()
        ]

    def _guarded(self, name: str, find: FindActor, deed: Deed) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            self._doorkeeper.check_origin(request)
            actor = await find(request)
            self._doorkeeper.check_rate(request, actor.person.native, name)
            return await deed(actor, await Body.of(request))

        return handler

    async def _post(self, actor: Actor, body: Body) -> web.Response:
        chat, reply_to = body.chat(actor), body.number_or("reply_to", None)
        text = self._checked(body.text("text", ""))
        files = [await self._file(token) for token in body.tokens(self._limits.album)]
        if not files and not text.strip():
            raise _bad("text")
        draft = Draft(
            chat=chat,
            key=body.key(actor)[1],
            contents=contents(text, files),
            private=actor.own_chat is not None,
            person=actor.person.native,
            author=actor.person.name,
            thread=body.thread(),
            reply_to=reply_to,
        )
        context = body.context() if actor.own_chat else {}
        event = convert.wrote(actor.person, reply_to, _title(actor, chat), context)
        stored = await self._store.post(draft, event)
        if stored == "person":
            self._doorkeeper.forget(actor.person.native)
        return self._told(stored)

    async def _edit(self, actor: Actor, body: Body) -> web.Response:
        chat, text = body.chat(actor), RichText(self._checked(body.text("text")))
        event = convert.edited(actor.person, _title(actor, chat))
        return self._told(await self._store.edit(chat, body.number("ref"), actor.person.native, text, event))

    async def _delete(self, actor: Actor, body: Body) -> web.Response:
        chat = body.chat(actor)
        event = convert.deleted(actor.person, _title(actor, chat))
        return self._told(await self._store.remove(chat, body.number("ref"), actor.person.native, event))

    async def _react(self, actor: Actor, body: Body) -> web.Response:
        chat, emoji = body.chat(actor), body.emoji()
        event = convert.reacted(actor.person, emoji, _title(actor, chat))
        return self._told(
            await self._store.react(chat, body.number("ref"), actor.person.native, emoji, event)
        )

    async def _press(self, actor: Actor, body: Body) -> web.Response:
        chat, data = body.chat(actor), body.text("data")
        if not 0 < len(data.encode()) <= BUTTON_DATA:
            raise _bad("data")
        event = convert.pressed(actor.person, body.key(actor)[0], data, _title(actor, chat))
        missing = await self._store.press(chat, body.number("ref"), event)
        if missing:
            raise web.HTTPNotFound(text=missing)
        return web.json_response({})

    async def _read(self, actor: Actor, body: Body) -> web.Response:
        chat, thread, ref = body.chat(actor), body.thread(), body.number("ref")
        event = convert.seen_up_to(actor.person, _title(actor, chat))
        self._hub.publish(await self._store.read(actor.person.native, chat, thread, ref, event))
        self._hub.tell(
            actor.person.native, "read", chat=chat, thread=str(thread) if thread else "", ref=str(ref)
        )
        return web.json_response({})

    def _checked(self, text: str) -> str:
        if utf16_length(text) > self._limits.text:
            raise web.HTTPRequestEntityTooLarge(self._limits.text, text="text")
        return text

    async def _file(self, token: str) -> File:
        found = await self._store.file(token)
        if found is None:
            raise _bad("files")
        return found

    def _told(self, stored: Stored | Missing) -> web.Response:
        if isinstance(stored, str):
            raise web.HTTPNotFound(text=stored)
        self._hub.publish(stored.changes)
        return web.json_response(
            {"messages": [views.message(m) for m in stored.messages]},
            dumps=lambda v: orjson.dumps(v).decode(),
        )


def contents(text: str, files: list[File]) -> tuple[Content, ...]:
    """A text, or one content a file with the text as the first one's caption."""
    if not files:
        return (Content(text=RichText(text)),)
    return tuple(_of_file(found, text if part == 0 else "") for part, found in enumerate(files))


def _of_file(found: File, caption: str) -> Content:
    kind = media.kind_of(found.mime)
    attachment = Attachment(
        kind,
        found.token,
        name=found.name,
        mime=found.mime,
        size=found.size,
        width=found.width or None,
        height=found.height or None,
    )
    return Content(kind, RichText(caption), (attachment,))


def _title(actor: Actor, chat: str) -> str:
    return actor.person.name if actor.own_chat else chat


def _bad(what: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=what)
