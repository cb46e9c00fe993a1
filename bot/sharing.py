"""Several processes on one PostgreSQL database: who receives, who sends where, and who takes over.

A beat renews what is held and takes what is free. Chats are taken when something is to be sent there; what somebody
else must send is told to them as a hint. Hints may be lost: a look round finds what nobody has in hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from bot.leasing import LeaseLost, Leases
from handlers import letters
from storage import attempts, claims, leases
from storage.database import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from bot.delivery import Delivery
    from bot.health import Health
    from bot.messengers.contract import Messenger
    from bot.pump import Pump
    from domain.policy import Policy
    from domain.work import Lane, Work
    from storage import Connection
    from storage.database import Database
    from storage.hints import Hints
    from storage.leases import Fence

_log = structlog.get_logger()

BEAT = 1.5
LOOK = 1.0
"""How often leases are renewed, and how often what nobody has in hand is looked for, in seconds."""

ORPHANED = 3.0
"""An event that waits so long is handled by whoever sees it, in seconds."""

LOOKED_AT = 500
"""How many lanes are looked at in one look."""

ADOPTED = 500
"""How many events are adopted at once, and only while no more are in hand."""

REMEMBERED = 120.0
"""How far back what was sent to a chat is asked for when it is taken over, in seconds; longer than any window."""

LETTING_GO = 2.0


class Sharing:
    """This process among those that share its database. `delivery` and `pump` are told once they are made."""

    def __init__(self, db: Database, hints: Hints, policy: Policy, health: Health) -> None:
        self._db = db
        self._hints = hints
        self._policy = policy
        self._health = health
        self.leases = Leases()
        self.processes = 1
        self._delivery: Delivery | None = None
        self._pump: Pump | None = None
        self._messengers: dict[str, Messenger] = {}
        self._wanted: defaultdict[int, set[tuple[int, Lane]]] = defaultdict(set)
        self._taking: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._working: list[asyncio.Task[None]] = []
        self._heard: list[Callable[[Mapping[str, Any]], None]] = []
        self._looked_up_to = 0

    def start(self, pump: Pump, delivery: Delivery) -> None:
        """Take part from now on."""
        self._pump, self._delivery = pump, delivery
        self._hints.listen(self._hear)
        loop = asyncio.get_running_loop()
        self._working = [
            loop.create_task(self._for_ever(BEAT, self.beat)),
            loop.create_task(self._look_round()),
        ]

    async def stop(self) -> None:
        """Let go of everything in good order; whoever is left takes over at once."""
        for task in (*self._working, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._working, *self._tasks, return_exceptions=True)
        held = self.leases.let_go(self._busy)
        try:
            async with asyncio.timeout(LETTING_GO):
                await self._db.run(leases.drop_chats, self.leases.owner, held)
                await self._db.run(leases.drop_names, self.leases.owner)
        except (DatabaseBusy, TimeoutError):
            _log.info("leases run out by themselves")

    # ── receiving ──

    def attach(self, messenger: Messenger) -> None:
        """Take over what waits for this messenger."""
        self._messengers[messenger.name] = messenger

    @staticmethod
    def name_of(messenger: str, account: str) -> str:
        """Under this name one process receives."""
        return f"receive:{messenger}:{account}"

    async def receive(self, messenger: Messenger, receiving: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Receive whenever this process is the one to do so."""
        name, health = self.name_of(messenger.name, messenger.account), self._health.messenger(messenger.name)

        async def ours() -> None:
            health.elsewhere = False
            _log.info("receives", messenger=messenger.name)
            try:
                await receiving()
            finally:
                health.elsewhere = True

        health.elsewhere = True
        self.leases.wanted.add(name)
        with contextlib.suppress(Exception):
            await self.beat()  # nobody may be receiving: why wait for the next one
        await self.leases.while_held(name, ours)

    def receives(self, messenger: str, account: str) -> bool:
        """Whether this process is the one that receives from it now."""
        return self.leases.token(self.name_of(messenger, account)) is not None

    def check_receiving(self, conn: Connection, messenger: str, account: str) -> None:
        """In the unit that keeps events: it fails with LeaseLost when somebody else receives by now."""
        name = self.name_of(messenger, account)
        token = self.leases.token(name)
        if token is None:
            raise LeaseLost(name)
        leases.expect(conn, name, self.leases.owner, token, LeaseLost(name))

    # ── sending ──

    def admits(self, work: Work) -> bool:
        """Whether to send the work from here. If not, whoever has its chat learns of it, or the chat is taken."""
        if self.leases.fence(work.chat_id) is not None:
            return True
        self.want(work.chat_id, (work.place_id, work.lane))
        return False

    def fence(self, chat_id: int) -> Fence | None:
        """What to send to the chat under; None when it isn't ours any more."""
        return self.leases.fence(chat_id)

    def lose(self, chat_id: int) -> None:
        """The database says that the chat is somebody else's."""
        self.leases.lose(chat_id)

    def want(self, chat_id: int, lane: tuple[int, Lane]) -> None:
        """Something is to be sent there, by whoever has the chat."""
        self._wanted[chat_id].add(lane)
        if chat_id not in self._taking:
            self._taking.add(chat_id)
            task = asyncio.get_running_loop().create_task(self._take(chat_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _take(self, chat_id: int) -> None:
        """Take the chat with all that waits there, or tell whoever has it."""
        try:
            asked = time.monotonic()
            since = int((time.time() - REMEMBERED) * 1000)
            found = await self._db.run(_taken, self._policy, self.leases.owner, chat_id, since)
        except DatabaseBusy:
            return  # a look round finds it
        except Exception:  # noqa: BLE001 (the same)
            self._health.count("errors", "sharing")
            _log.exception("a chat can't be taken", chat=chat_id)
            return
        finally:
            self._taking.discard(chat_id)
            lanes = self._wanted.pop(chat_id, set())
        if found is None:
            self._hints.tell({"chat": chat_id, "lanes": [list(lane) for lane in list(lanes)[:100]]})
            return
        token, works, ages = found
        self.leases.took(chat_id, token, asked)
        if self._delivery is not None and works:
            self._delivery.remember(works[0].messenger, chat_id, ages)
            self._delivery.offer(works)

    def _busy(self, chat_id: int) -> bool:
        return self._delivery is not None and self._delivery.busy(chat_id)

    # ── the beat ──

    async def beat(self) -> None:
        """Renew what is held, take what is free, let go of what is idle."""
        asked = time.monotonic()
        names, chats = sorted(self.leases.wanted), self.leases.chats
        found = await self._db.run(leases.beat, self.leases.owner, names, chats)
        self.processes = max(1, found.processes)
        lost = self.leases.renewed(found.names, found.chats, asked)
        if lost:
            _log.warning("chats are sent to by another process", count=len(lost))
        if self._delivery is not None:
            self._delivery.share(self.processes)
        idle = self.leases.idle(self._busy)
        if idle:
            await self._db.run(leases.drop_chats, self.leases.owner, idle)

    async def _look_round(self) -> None:
        while True:
            adopted = 0
            try:
                adopted = await self._adopt()
                await self._find_unsent()
            except DatabaseBusy:
                pass  # the beat says so
            except Exception:  # noqa: BLE001 (an error of ours in one look ends no looking)
                self._health.count("errors", "sharing")
                _log.exception("a look round failed")
            await asyncio.sleep(0.1 if adopted else LOOK)

    async def _adopt(self) -> int:
        """Events that nobody has handled in time go to this process's pump; how many."""
        if self._pump is None or self._pump.held >= ADOPTED:
            return 0
        patience = ORPHANED if self.processes > 1 else 0.5
        before = int((time.time() - patience) * 1000)
        rows = await self._db.read(claims.left, 0, before, ADOPTED)
        ours = {(m.name, m.account) for m in self._messengers.values()}
        return self._pump.adopt([row for row in rows if (row.messenger, row.account) in ours])

    async def _find_unsent(self) -> None:
        """Lanes with something to send that nobody has in hand."""
        if self._delivery is None:
            return
        names, after = list(self._messengers), self._looked_up_to
        found = await self._db.read(claims.unsent, self.leases.owner, after, names, LOOKED_AT)
        self._looked_up_to = found[-1].place_id if len(found) == LOOKED_AT else 0
        for lane in found:
            key: tuple[int, Lane] = (lane.place_id, "state" if lane.lane == "state" else "letters")
            if self._delivery.has(key):
                continue
            if self.leases.fence(lane.chat_id) is not None:
                self._delivery.woken(key)
            else:
                self.want(lane.chat_id, key)

    async def _for_ever(self, every: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        troubled = False
        while True:
            try:
                await work()
                troubled = False
            except DatabaseBusy as trouble:
                if not troubled:
                    _log.warning("leases can't be renewed", error=str(trouble))
                troubled = True
            except Exception:  # noqa: BLE001 (nor does one in a beat)
                self._health.count("errors", "sharing")
                _log.exception("a beat failed")
            await asyncio.sleep(every / 3 if troubled else every)

    # ── hints ──

    def tell(self, said: Mapping[str, Any]) -> None:
        """Tell the other processes, best effort; one that began just now finds out by looking."""
        if self.processes > 1:
            self._hints.tell({**said, "by": self.leases.owner})

    def on_hint(self, heard: Callable[[Mapping[str, Any]], None]) -> None:
        """Hand on what other processes tell."""
        self._heard.append(heard)

    def _hear(self, said: dict[str, Any]) -> None:
        if said.get("by") == self.leases.owner:
            return
        if "chat" in said and self.leases.fence(int(said["chat"])) is not None:
            for place_id, lane in said.get("lanes", ()):
                self._woken(int(place_id), "state" if lane == "state" else "letters")
        for heard in self._heard:
            heard(said)

    def _woken(self, place_id: int, lane: Lane) -> None:
        if self._delivery is not None:
            self._delivery.woken((place_id, lane))


def _taken(
    conn: Connection, policy: Policy, owner: str, chat_id: int, since_ms: int
) -> tuple[int, list[Work], list[float]] | None:
    """One unit: the chat's token, all that waits there, and how long ago what was sent there lately was sent."""
    taken = leases.take_chat(conn, owner, chat_id)
    if taken is None:
        return None
    token, in_good_order = taken
    works = letters.waiting_in(conn, policy, chat_id)
    if not in_good_order:  # whoever had it may have been sending
        works = [replace(work, unsure=True) for work in works]
    now = time.time()
    return token, works, [now - at / 1000 for at in attempts.of_chat(conn, chat_id, since_ms)]
