"""The socket over which a browser learns what changes. Nothing but knowing happens here: deeds are POSTs."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import WSMsgType, web

from bot.messengers.web.hub import Feed, Hub
from bot.messengers.web.limits import Gauge, Window
from bot.messengers.web.session import SOCKET_PROTOCOL

if TYPE_CHECKING:
    from bot.messengers.contract import Heard
    from bot.messengers.web.session import Doorkeeper
    from bot.messengers.web.settings import WebLimits
    from bot.messengers.web.store import Store

HEARTBEAT = 20.0
HELLO_WITHIN = 10.0
LONGEST_FRAME = 16 * 1024
PING = "ping"
WRITING = (10, 10.0)
"""So often others are told that somebody writes."""


class Sockets:
    """Accepts browsers and feeds them. Each says first how far it has seen every chat it knows."""

    def __init__(self, hub: Hub, store: Store, doorkeeper: Doorkeeper, limits: WebLimits) -> None:
        self._hub = hub
        self._store = store
        self._doorkeeper = doorkeeper
        self._limits = limits
        self._per_person = Gauge(limits.sockets_per_person)
        self._per_address = Gauge(limits.sockets_per_address)
        self._writing = Window(WRITING)
        self._open: set[web.WebSocketResponse] = set()
        self.heard: Heard = lambda _chat, _thread: None

    async def customer(self, request: web.Request) -> web.StreamResponse:
        """A customer's page, whether they ever wrote or not."""
        self._doorkeeper.check_origin(request)
        native = await self._doorkeeper.customer_id(request)
        return await self._serve(request, native, frozenset({native}))

    async def staff(self, request: web.Request) -> web.StreamResponse:
        """An agent's page."""
        self._doorkeeper.check_origin(request)
        actor = await self._doorkeeper.agent(request)
        return await self._serve(request, actor.person.native, None, actor.person.name)

    async def close(self) -> None:
        """Say goodbye; browsers come back by themselves."""
        for socket in list(self._open):
            with contextlib.suppress(ConnectionError, RuntimeError):
                await socket.close(code=1012, message=b"restarting")

    async def _serve(
        self, request: web.Request, person: str, chats: frozenset[str] | None, name: str = ""
    ) -> web.StreamResponse:
        address = self._doorkeeper.address(request)
        if not self._per_address.take(address):
            raise web.HTTPTooManyRequests(text="sockets")
        try:
            if not self._per_person.take(person):
                raise web.HTTPTooManyRequests(text="sockets")
            try:
                return await self._talk(request, Looking(person, name, chats))
            finally:
                self._per_person.give_back(person)
        finally:
            self._per_address.give_back(address)

    async def _talk(self, request: web.Request, who: Looking) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=LONGEST_FRAME, protocols=(SOCKET_PROTOCOL,)
        )
        await socket.prepare(request)
        self._open.add(socket)
        try:
            seen = await _hello(socket)
            if seen is not None:
                await self._feed(socket, who, seen)
        finally:
            self._open.discard(socket)
            await socket.close()
        return socket

    async def _feed(self, socket: web.WebSocketResponse, who: Looking, seen: dict[str, int]) -> None:
        feed = Feed(who.person, who.chats)
        self._hub.join(feed)  # before looking how far the chats are: what happens meanwhile is not missed
        try:
            await self._start(socket, feed, seen)
            sending = asyncio.create_task(self._send(socket, feed))
            try:
                await self._listen(socket, who)
            finally:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await sending
        finally:
            self._hub.leave(feed)

    async def _start(self, socket: web.WebSocketResponse, feed: Feed, seen: dict[str, int]) -> None:
        """From where each chat goes on: where the browser is, or now for chats it doesn't know yet."""
        groups = [group.native for group in await self._store.groups()]
        known = [chat for chat in {*seen, *groups, *feed.own} if feed.sees(chat)]
        newest = await self._store.seqs(known)
        for chat in known:
            start = seen.get(chat, newest[chat])
            if start > newest[chat]:  # the database is another one than the browser remembers
                start = newest[chat]
                await socket.send_json({"t": "reset", "chat": chat, "seq": start})
            feed.start(chat, start, newest[chat])
        await socket.send_json({"t": "ready"})

    async def _listen(self, socket: web.WebSocketResponse, who: Looking) -> None:
        """Answer pings until the browser goes; pages also say that somebody writes, an agent's in which thread."""
        async for received in socket:
            if received.type is not WSMsgType.TEXT:
                return
            if received.data == PING:
                await socket.send_str('{"t":"pong"}')
            elif not self._writing.wait(who.person):
                self._tell_writing(who, received.data)

    def _tell_writing(self, who: Looking, said: str) -> None:
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            where: Any = orjson.loads(said)["writing"]
            if who.chats is not None:
                self.heard(who.person, None)
                return
            chat, thread = str(where["chat"])[:64], str(where["thread"])[:20]
            if where.get("to_customer"):
                self.heard(chat, thread)
            self._hub.tell_colleagues(
                who.person, "writing", chat=chat, thread=thread, by=who.person, name=who.name
            )

    async def _send(self, socket: web.WebSocketResponse, feed: Feed) -> None:
        async for frame in feed.frames(self._store, self._limits):
            await socket.send_str(frame)
        await socket.close(code=4401, message=b"signed out")


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks with a socket; `chats` are a customer's own, None for an agent."""

    person: str
    name: str
    chats: frozenset[str] | None


async def _hello(socket: web.WebSocketResponse) -> dict[str, int] | None:
    """How far the browser has seen each chat; None when it says something else."""
    try:
        first: Any = orjson.loads(await socket.receive_str(timeout=HELLO_WITHIN))
        seen = first["seen"]
        if len(seen) > 200 or not all(isinstance(seq, int) and 0 <= seq < 2**60 for seq in seen.values()):
            return None
        return {str(chat): seq for chat, seq in seen.items()}
    except (TimeoutError, TypeError, KeyError, AttributeError, ValueError):
        return None
