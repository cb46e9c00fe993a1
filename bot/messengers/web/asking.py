"""What the pages ask for: who one is, lists of threads, pages of history; signing in and out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from bot.messengers.web import elsewhere, ids, views
from bot.messengers.web.deeds import Body
from bot.messengers.web.session import STAFF_COOKIE
from bot.messengers.web.settings import REACTIONS

if TYPE_CHECKING:
    from bot.messengers.web.facts import DeskFacts, PageFacts
    from bot.messengers.web.hub import Hub
    from bot.messengers.web.session import Actor, Doorkeeper
    from bot.messengers.web.settings import WebLimits
    from bot.messengers.web.store import Store


class Asking:
    """The handlers of GETs, and of signing in and out."""

    def __init__(
        self, store: Store, hub: Hub, doorkeeper: Doorkeeper, facts: PageFacts, limits: WebLimits
    ) -> None:
        self._store = store
        self._hub = hub
        self._doorkeeper = doorkeeper
        self._facts = facts
        self._limits = limits

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        return [
            web.get("/web/c/state", self._customer_state),
            web.get("/web/c/messages", self._customer_messages),
            web.get("/web/c/promise", self._promise),
            web.post("/web/c/identify", self._identify),
            web.get("/web/s/state", self._staff_state),
            web.get("/web/s/threads", self._threads),
            web.get("/web/s/messages", self._staff_messages),
            web.post("/web/s/signin", self._sign_in),
            web.post("/web/s/signout", self._sign_out),
        ]

    async def _customer_state(self, request: web.Request) -> web.Response:
        native, locale = await self._doorkeeper.customer_id(request), self._doorkeeper.locale(request)
        history = await self._history(native, 0, request)
        read = await self._store.read_up_to(native, native, 0)
        said = {"greeting": self._facts.greeting(locale), **await self._now(request, native)}
        return _json({"me": native, "read": str(read), **said, **self._bounds(), **history})

    async def _promise(self, request: web.Request) -> web.Response:
        """Asked again by pages that stay open: an opening or a closing may have passed, or they went elsewhere."""
        return _json(await self._now(request, await self._doorkeeper.customer_id(request)))

    async def _now(self, request: web.Request, native: str) -> dict[str, Any]:
        """How soon somebody answers, and where."""
        locale, timezone = self._doorkeeper.locale(request), self._doorkeeper.timezone(request)
        promise = await self._facts.promise(locale, timezone)
        return {"promise": promise, **await elsewhere.shown(self._facts, native)}

    async def _identify(self, request: web.Request) -> web.Response:
        """A frame shows its host product's word for who looks at it."""
        self._doorkeeper.check_origin(request)
        native, session = await self._doorkeeper.identify(request, (await Body.of(request)).text("token"))
        return _json({"me": native, "session": session})

    async def _customer_messages(self, request: web.Request) -> web.Response:
        native = await self._doorkeeper.customer_id(request)
        return _json(await self._history(native, 0, request))

    async def _staff_state(self, request: web.Request) -> web.Response:
        actor = await self._doorkeeper.agent(request)
        commands = self._facts.commands(self._doorkeeper.locale(request))
        return _json(
            {
                "me": views.person(actor.person),
                "desks": await self._desks(actor),
                "commands": [asdict(command) for command in commands],
                "note_prefix": self._facts.note_prefix,
                "answer_command": self._facts.answer_command,
                **self._bounds(),
            }
        )

    async def _desks(self, actor: Actor) -> list[dict[str, Any]]:
        """The staff chats of now, and those that were: what was said there stays readable."""
        bound = list(await self._facts.desks())
        used = [group.native for group in await self._store.groups()]
        names = [desk.chat for desk in bound] + [name for name in used if name not in {d.chat for d in bound}]
        seqs = await self._store.seqs(names)
        known = {desk.chat: desk for desk in bound}
        return [
            _desk(known.get(name), name, seqs[name], await self._store.unread(name, actor.person.native))
            for name in names
        ]

    async def _threads(self, request: web.Request) -> web.Response:
        actor, chat = await self._doorkeeper.agent(request), _desk_of(request)
        found = await self._store.threads(
            chat,
            actor.person.native,
            closed=request.query.get("closed") == "1",
            before=ids.number(request.query.get("before")),
            limit=self._limits.threads,
        )
        return _json(
            {"threads": [views.thread(t) for t in found], "more": len(found) == self._limits.threads}
        )

    async def _staff_messages(self, request: web.Request) -> web.Response:
        actor, chat = await self._doorkeeper.agent(request), _desk_of(request)
        thread = ids.number(request.query.get("thread")) or 0
        history = await self._history(chat, thread, request)
        read = await self._store.read_up_to(actor.person.native, chat, thread)
        card = await self._store.card(chat, thread) if thread else None
        return _json({"read": str(read), "card": views.message(card) if card else None, **history})

    async def _history(self, chat: str, thread: int, request: web.Request) -> dict[str, Any]:
        """A page: the newest, the one before a message, or the one after."""
        before, after = (ids.number(request.query.get(name)) for name in ("before", "after"))
        messages, seq = await self._store.page(chat, thread, before, self._limits.page, after=after)
        more = len(messages) == self._limits.page
        return {"seq": seq, "messages": [views.message(m) for m in messages], "more": more}

    def _bounds(self) -> dict[str, Any]:
        limits = self._limits
        return {
            "limits": {"text": limits.text, "upload": limits.upload, "album": limits.album},
            "reactions": REACTIONS,
        }

    async def _sign_in(self, request: web.Request) -> web.Response:
        """A person pressed the button: whatever merely follows links does not use them up."""
        self._doorkeeper.check_origin(request)
        self._doorkeeper.check_sign_in_rate(request)
        token = (await Body.of(request)).text("token")
        signed_in = await self._store.sign_in(token) if len(token) <= 64 else None
        if signed_in is None:
            raise web.HTTPForbidden(text="invite")
        person, session = signed_in
        response = _json(views.person(person))
        self._doorkeeper.give_session(request, response, session)
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        self._doorkeeper.check_origin(request)
        actor = await self._doorkeeper.agent(request)
        await self._store.sign_out(request.cookies[STAFF_COOKIE])
        self._hub.end(actor.person.native)
        response = _json({})
        self._doorkeeper.end_session(response)
        return response


def _desk(facts: DeskFacts | None, name: str, seq: int, unread: tuple[int, int]) -> dict[str, Any]:
    """`unread` counts threads, `general` messages outside any."""
    title, icon, mirror = (facts.title, facts.icon, facts.mirror) if facts else (name, "", "")
    shown = {"chat": name, "title": title, "icon": icon, "mirror": mirror, "seq": seq}
    return shown | {"unread": unread[0], "general": unread[1]}


def _desk_of(request: web.Request) -> str:
    chat = request.query.get("chat", "")
    if not ids.is_desk(chat):
        raise web.HTTPNotFound(text="chat")
    return chat


def _json(data: dict[str, Any]) -> web.Response:
    return web.Response(
        body=orjson.dumps(data), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
