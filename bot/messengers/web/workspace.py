"""What the staff page offers beyond conversations: lists by state, clocks, search, and who may sign in."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from bot.messengers.web import ids, views
from bot.messengers.web.deeds import Body
from bot.messengers.web.tickets import FILTERS

if TYPE_CHECKING:
    from bot.messengers.web.facts import PageFacts
    from bot.messengers.web.hub import Hub
    from bot.messengers.web.session import Actor, Doorkeeper
    from bot.messengers.web.settings import WebLimits
    from bot.messengers.web.store import Store

FOUND_AT_MOST = 30
LISTED_AT_MOST = 200
TICKETS_AT_ONCE = 200
LONGEST_SEARCH = 200
LONGEST_NAME = 60


class Workspace:
    """The handlers of it; every one is for agents alone, those about agents for admins."""

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
            web.get("/web/s/filtered", self._filtered),
            web.get("/web/s/tickets", self._tickets),
            web.get("/web/s/search", self._search),
            web.get("/web/s/agents", self._agents),
            web.post("/web/s/invite", self._invite),
            web.post("/web/s/revoke", self._revoke),
        ]

    async def _filtered(self, request: web.Request) -> web.Response:
        """Threads whose tickets are mine, unanswered or snoozed, the most pressing first."""
        actor, chat = await self._doorkeeper.agent(request), _desk(request)
        wanted = next((f for f in FILTERS if f == request.query.get("which")), None)
        if wanted is None:
            raise web.HTTPBadRequest(text="which")
        native = actor.person.native
        numbers = await self._facts.tickets.threads(chat, wanted, native, LISTED_AT_MOST)
        found = await self._store.these_threads(chat, native, numbers)
        return _json({"threads": [views.thread(t) for t in found]})

    async def _tickets(self, request: web.Request) -> web.Response:
        """The tickets of threads: whose they are, what they wait for, until when."""
        await self._doorkeeper.agent(request)
        chat, asked = _desk(request), request.query.get("threads", "").split(",")[:TICKETS_AT_ONCE]
        threads = [n for n in map(ids.number, asked) if n is not None]
        found = await self._facts.tickets.facts(chat, threads)
        return _json({"tickets": {str(thread): asdict(facts) for thread, facts in found.items()}})

    async def _search(self, request: web.Request) -> web.Response:
        """Threads of every desk in which something holds the words."""
        actor = await self._doorkeeper.agent(request)
        wanted = request.query.get("q", "").replace("\x00", "")[:LONGEST_SEARCH]
        found = await self._store.search(wanted, actor.person.native, FOUND_AT_MOST)
        shown = [{"chat": t.chat, "thread": views.thread(t), "message": views.message(m)} for t, m in found]
        return _json({"found": shown})

    async def _agents(self, request: web.Request) -> web.Response:
        await self._admin(request)
        found = await self._store.agents()
        return _json(
            {
                "agents": [
                    {
                        "id": agent.native,
                        "name": agent.name,
                        "admin": agent.admin,
                        "sessions": agent.sessions,
                        "seen": agent.seen_at,
                    }
                    for agent in found
                ]
            }
        )

    async def _invite(self, request: web.Request) -> web.Response:
        """A link that signs one agent in, once; the page says at which address."""
        self._doorkeeper.check_origin(request)
        actor = await self._admin(request)
        self._doorkeeper.check_rate(request, actor.person.native, "invite")
        name = " ".join((await Body.of(request)).text("name").split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise web.HTTPBadRequest(text="name")
        return _json({"token": await self._store.invite(name)})

    async def _revoke(self, request: web.Request) -> web.Response:
        """Somebody has left the team: signed out everywhere at once. Not oneself."""
        self._doorkeeper.check_origin(request)
        actor = await self._admin(request)
        native = (await Body.of(request)).text("agent")
        if native == actor.person.native:
            raise web.HTTPBadRequest(text="oneself")
        if not await self._store.revoke(native):
            raise web.HTTPNotFound(text="agent")
        self._hub.end(native)
        return _json({})

    async def _admin(self, request: web.Request) -> Actor:
        actor = await self._doorkeeper.agent(request)
        if not actor.person.admin:
            raise web.HTTPForbidden(text="admin")
        return actor


def _desk(request: web.Request) -> str:
    chat = request.query.get("chat", "")
    if not ids.is_desk(chat):
        raise web.HTTPNotFound(text="chat")
    return chat


def _json(data: dict[str, Any]) -> web.Response:
    return web.Response(
        body=orjson.dumps(data), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
