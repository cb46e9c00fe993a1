"""A customer may be answered in another messenger: the link that takes them there, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.messengers.web import convert
from bot.messengers.web.deeds import Body

if TYPE_CHECKING:
    from bot.messengers.web.facts import PageFacts
    from bot.messengers.web.session import Doorkeeper
    from bot.messengers.web.store import Store


async def shown(facts: PageFacts, native: str) -> dict[str, Any]:
    """Where the customer is answered instead (its name, and an address that opens it), and where they could be."""
    where = await facts.elsewhere(native)
    return {
        "elsewhere": {"name": where.title(), "link": facts.start_link(where, "page") or ""}
        if where
        else None,
        "offers": [{"to": name, "name": name.title()} for name in facts.offers() if name != where],
    }


class Elsewhere:
    """The handlers of both."""

    def __init__(self, store: Store, doorkeeper: Doorkeeper, facts: PageFacts) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._facts = facts

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        return [
            web.post("/web/c/continue", self._continue),
            web.post("/web/c/answer-here", self._answer_here),
        ]

    async def _continue(self, request: web.Request) -> web.Response:
        """A link that is good once; whoever opens it there is this customer from then on."""
        self._doorkeeper.check_origin(request)
        actor = await self._doorkeeper.customer(request)
        self._doorkeeper.check_rate(request, actor.person.native, "continue")
        to = (await Body.of(request)).text("to")
        if to not in self._facts.offers():
            raise web.HTTPNotFound(text="messenger")
        word = await self._facts.cross(*convert.seen(actor.person))
        link = self._facts.start_link(to, word)
        if link is None:
            raise web.HTTPNotFound(text="messenger")
        return web.json_response({"link": link}, headers={"Cache-Control": "no-store"})

    async def _answer_here(self, request: web.Request) -> web.Response:
        self._doorkeeper.check_origin(request)
        actor = await self._doorkeeper.customer(request)
        self._doorkeeper.check_rate(request, actor.person.native, "answer-here")
        await self._store.tell(actor.person, convert.answer_here)
        return web.json_response({})
