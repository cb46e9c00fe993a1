"""A whole Okno on simulated time: real handlers, pump, intake and delivery between platforms that are told what goes
wrong. Hours pass in a moment, exactly.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.delivery import Delivery
from bot.health import Health
from bot.intake import Intake
from bot.messengers.contract import Pacing, Rate
from bot.outgoing import Letters
from bot.patience import Committer
from bot.pump import Handlers, Pump
from domain.events import ChatSeen, Event, PersonSeen, RawEvent, ThreadMade, Wrote
from domain.messages import Content
from domain.policy import Address, Capabilities, Desk, Interval, Policy, WorkingHours
from domain.requests import (
    Edit,
    OpenThread,
    Outcome,
    React,
    Request,
    Send,
    Sent,
    TryLater,
)
from domain.richtext import plain
from handlers import delivered, dispatch, letters, settling_in, timed
from storage import chats
from storage.database import Database, DatabaseBusy
from tests.databases import fresh
from tests.engine.virtual import clock, now
from tests.handlers.office import CAPS

LATENCY = 0.03
"""How long a request takes each way, in seconds."""

_ALWAYS = WorkingHours("UTC", ((Interval(datetime.min.time(), datetime.min.time()),),) * 7)
Trouble = Callable[[Request], Outcome | None]


class SimulatedDatabase(Database):
    """All tables; a unit takes a millisecond. `broken` makes every commit fail."""

    def __init__(self) -> None:
        self._units = fresh()
        self.broken = False
        self.units = 0

    async def run(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0.001)
        if self.broken:
            raise DatabaseBusy("database or disk is full")
        self.units += 1
        return self.at_once(fn, *args, **kwargs)

    def at_once(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a unit now."""
        return self._units.run(lambda conn: fn(conn, *args, **kwargs))

    def ask(self, sql: str) -> Any:
        """The first value that a query gives."""
        return self._units.run(lambda conn: conn.exec_driver_sql(sql).scalar())


@dataclass(slots=True)
class Seen:
    """A message of the bot as a chat shows it."""

    at: float
    chat: str
    thread: str | None
    text: str
    role: str


@dataclass(slots=True)
class Windows:
    """A platform's own count of what reaches it."""

    limits: Pacing = field(default_factory=Pacing)
    refused: int = 0
    used: dict[str, deque[float]] = field(default_factory=dict)

    def admit(self, chat: str, count: int) -> float:
        """Count so many messages to the chat; 0 when they are welcome, else how long to stay away."""
        rates = self.limits.group if chat.startswith("-") else self.limits.private
        wait = max(
            [self._wait(chat, r) for r in rates] + [self._wait("", r) for r in self.limits.total] + [0.0]
        )
        if wait > 0:
            self.refused += 1
            return wait
        for key in (chat, ""):
            self.used.setdefault(key, deque()).extend([now()] * count)
        return 0.0

    def _wait(self, key: str, rate: Rate) -> float:
        recent = [at for at in self.used.get(key, ()) if at > now() - rate.seconds]
        return 0.0 if len(recent) < rate.count else recent[-rate.count] + rate.seconds - now()


class Platform:
    """A messenger whose platform is in memory. `trouble` decides what a request meets before it has an effect,
    `trouble_after` what its answer becomes.
    """

    def __init__(self, name: str, pacing: Pacing, capabilities: Capabilities = CAPS) -> None:
        self.name = name
        self.account = "bot"
        self.pacing = pacing
        self.capabilities = capabilities
        self.windows = Windows(pacing)
        self.seen: list[Seen] = []
        self.threads: dict[str, list[str]] = {}
        self.requests: dict[str, list[float]] = {}
        self.reactions: dict[str, str | None] = {}
        self.trouble: Trouble = lambda _: None
        self.trouble_after: Trouble = lambda _: None
        self.settled_at: float | None = 0.0
        self.tell: Callable[[Event], None] = lambda _: None
        self._number = 1000

    async def connect(self) -> None: ...

    async def receive(self, accept: Any) -> None: ...

    async def close(self) -> None: ...

    def convert(self, payload: Any) -> Event:
        assert not isinstance(payload, dict), "events come as they are"
        return payload  # type: ignore[no-any-return] # it is one

    async def lookup(self, event: Event) -> Event:
        return event

    def ref(self) -> str:
        """A new message's reference."""
        self._number += 1
        return str(self._number)

    async def send(self, request: Send) -> Outcome:
        return await self._met(request, len(request.contents), lambda: self._sends(request))

    async def edit(self, request: Edit) -> Outcome:
        return await self._met(request, 0, lambda: self._edits(request))

    async def react(self, request: React) -> Outcome:
        return await self._met(request, 0, lambda: self._reacts(request))

    async def open_thread(self, request: OpenThread) -> Outcome:
        return await self._met(request, 0, lambda: self._opens(request))

    async def show_thread(self, request: Any) -> Outcome:
        return await self._met(request, 0, Sent)

    async def _met(self, request: Request, count: int, effect: Callable[[], Sent]) -> Outcome:
        await asyncio.sleep(LATENCY)
        self.requests.setdefault(request.chat, []).append(now())
        if (met := self.trouble(request)) is not None:
            await asyncio.sleep(LATENCY)
            return met
        if count and (wait := self.windows.admit(request.chat, count)):
            return TryLater("too many", after=wait, limited=True)
        outcome = effect()
        await asyncio.sleep(LATENCY)
        return self.trouble_after(request) or outcome

    def _sends(self, request: Send) -> Sent:
        refs = tuple(self.ref() for _ in request.contents)
        header = request.header.text if request.header else ""
        if request.role == "card" and not self.capabilities.threads:  # the card is what begins its thread
            customer = request.contents[0].text.text.split(" · ")[0].split()[-1]
            self.threads.setdefault(customer, []).append(refs[0])
        for content in request.contents:
            self.seen.append(
                Seen(now(), request.chat, request.thread, header + content.text.text, request.role)
            )
        return Sent(refs)

    def _edits(self, request: Edit) -> Sent:
        return Sent()

    def _reacts(self, request: React) -> Sent:
        self.reactions[request.ref] = request.emoji
        return Sent()

    def _opens(self, request: OpenThread) -> Sent:
        ref = f"t{self.ref()}"
        self.threads.setdefault(request.title, []).append(ref)
        chat = ChatSeen(request.chat, "group", "Desk", threaded=True)
        self.tell(ThreadMade(chat, ref, request.title, True, clock()))
        return Sent((ref,))


class World:
    """Okno between platforms. Desk `howto` is the group -1 of `desk_at`; customers write at `customers_at`."""

    def __init__(self, *platforms: Platform, desk_at: str = "", **policy: Any) -> None:
        self.platforms = {platform.name: platform for platform in platforms}
        desk = Desk("howto", "How to", "?", "all", Address(desk_at or platforms[0].name, "-1"), default=True)
        self.desk_at = self.platforms[desk_at or platforms[0].name]
        self.policy = Policy(
            (desk,),
            locale="en",
            hours=_ALWAYS,
            capabilities={p.name: p.capabilities for p in platforms},
            accounts={p.name: p.account for p in platforms},
            **policy,
        )
        self.db = SimulatedDatabase()
        self.health = Health()
        committer = Committer(self.db, self.health)
        self.delivery = Delivery(
            committer,
            self.policy,
            Letters(delivered.settle, letters.head, delivered.settle_barely),
            clock,
            self.health,
        )
        take = self.delivery.take
        self.pump = Pump(
            committer, self.policy, Handlers(dispatch.handle, dispatch.give_up), take, clock, self.health
        )
        self.intake = Intake(committer, self.policy, self.pump, take, clock, self.health)
        self.committer = committer
        self.refused_receipts = 0
        self._keys = 0
        self._queues: dict[str, deque[RawEvent]] = {p.name: deque() for p in platforms}
        self._receiving: dict[str, asyncio.Task[None]] = {}
        take(self.db.at_once(settling_in.settle_in, self.policy, clock()))
        self.db.at_once(chats.see, desk.address.messenger if desk.address else "", "bot", self._group())
        for platform in platforms:
            self.pump.attach(platform)
            self.pump.go_live(platform.name)
            self.delivery.attach(platform)
            self.delivery.caught_up(platform.name)
            platform.tell = lambda event, name=platform.name: self.receive(name, event)  # type: ignore[misc]

    def _group(self) -> ChatSeen:
        return ChatSeen("-1", "group", "Desk", threaded=True)

    def receive(self, name: str, event: Event, lane: str = "desk") -> None:
        """The platform has an event for us, behind those that wait there."""
        self._keys += 1
        self._queues[name].append(RawEvent(f"k{self._keys}", lane, self._keys, "{}", parsed=event))
        if name not in self._receiving:
            self._receiving[name] = asyncio.get_running_loop().create_task(self._offer(name))

    async def _offer(self, name: str) -> None:
        """Offer what waits, in order, until it is kept."""
        accept, queue = self.intake.accept(name, "bot"), self._queues[name]
        while queue:
            batch = list(queue)[:100]
            try:
                await accept(batch)
            except DatabaseBusy:
                self.refused_receipts += 1
                await asyncio.sleep(5.0)
                continue
            for _ in batch:
                queue.popleft()
        del self._receiving[name]

    def writes(self, who: str, text: str, *, at: str = "", content: Content | None = None) -> None:
        """A customer writes in private."""
        platform = self.platforms[at] if at else next(iter(self.platforms.values()))
        said = content or Content(text=plain(text), copyable=True)
        chat, author = ChatSeen(who, "private"), PersonSeen(who, who)
        self.receive(platform.name, Wrote(chat, author, platform.ref(), said, clock()), who)

    def answers(self, who: str, text: str) -> str:
        """An agent answers the customer in their thread; gives the message's reference."""
        thread = self.thread(who)
        assert thread is not None
        ref = self.desk_at.ref()
        said = Content(text=plain(text), copyable=True)
        wrote = Wrote(self._group(), PersonSeen("ivan", "Ivan"), ref, said, clock(), thread)
        self.receive(self.desk_at.name, wrote, f"desk:{thread}")
        return ref

    def thread(self, who: str) -> str | None:
        """The customer's thread, once there is one."""
        found = [
            refs
            for title, refs in self.desk_at.threads.items()
            if title.split(" · ")[0].split(" #")[0] == who
        ]
        return found[0][0] if found else None

    def relayed(self, who: str) -> list[Seen]:
        """What of the customer's reached their thread."""
        thread = self.thread(who)
        return [m for m in self.desk_at.seen if m.role == "message" and m.thread == thread and thread]

    def told(self, who: str) -> list[Seen]:
        """What reached the customer of the agents' answers."""
        found = [m for p in self.platforms.values() for m in p.seen if m.chat == who]
        return [m for m in found if m.role == "message"]

    async def sweeps(self, every: float = 5.0) -> None:
        """Time asks for things, for ever; a database that can't commit is waited for."""
        while True:
            await asyncio.sleep(every)
            self.delivery.take(
                await self.committer.run(timed.sweep, self.policy, clock(), self.health.failing(now()))
            )

    async def until(self, look: Callable[[], bool], within: float) -> None:
        """Wait until something holds; fails after so many seconds."""
        end = now() + within
        while not look():
            assert now() < end, f"not within {within} s"
            await asyncio.sleep(0.5)

    def waiting(self) -> int:
        """How many letters wait."""
        return int(self.db.ask("SELECT count(*) FROM letters WHERE state = 'waiting'"))


def down(why: str = "can't be reached") -> Trouble:
    """Nothing gets there."""
    return lambda _: TryLater(why)


def lines(seen: Sequence[Seen]) -> list[str]:
    """The lines of these messages, in order."""
    return [line for message in seen for line in message.text.split("\n")]
