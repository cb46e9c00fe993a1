"""The pump: takes kept events lane by lane, in order, and has each handled in one transaction.

Lanes take turns, so that one that floods delays nobody. Parts of an album are handled together once the album is
complete. An event that can't be handled is given up on after three tries, and its lane goes on.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from bot.health import fault
from domain.events import Event, RawEvent, Wrote
from storage import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from bot.health import Health
    from bot.messengers.contract import Messenger
    from bot.patience import Committer
    from domain.policy import Policy
    from domain.work import Effects
    from storage import Connection
    from storage.journal import JournalRow

    Handle = Callable[[Connection, Policy, datetime, str, Sequence[int], Sequence[Event]], Effects | None]
    """Handles events, several only when they are one album; a unit of work. None: they aren't ours to handle now."""

_log = structlog.get_logger()

AT_ONCE = 64
"""Lanes handled side by side; as many as share one commit."""

AT_ONCE_EVENTS = 4
"""Events that came together and may be handled in the transaction that keeps them; more go faster side by side."""

CAPACITY = 10_000
"""Rows in hand; above it whoever offers waits."""

QUIET = 0.5
"""An album is complete when no part came for so long, in seconds."""

UNSETTLED_MOST = 60.0
"""How long an album waits at most for the messenger's first complete receipt, in seconds."""

_ALBUM_MOST = 100
_UNSETTLED = 0.1
_TRIES = 3
_PAUSE = 0.2
_LOOKUP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Handlers:
    """The units of work that the pump asks of the handlers."""

    handle: Handle
    give_up: Callable[[Connection, Policy, datetime, str, int, str], Effects]
    of_lane: Callable[[Connection, str, str, str, int], list[JournalRow]] | None = None
    """What waits in a lane; where several processes share the work, and each knows only a part of it."""


@dataclass(slots=True, eq=False)
class _Lane:
    """One chat's (or thread's) events that are in hand, in order."""

    key: tuple[str, str]
    rows: list[tuple[int, int, JournalRow]] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    touched: float = 0.0
    taken: bool = False  # in the rotation, or being handled
    timer: asyncio.TimerHandle | None = None
    refused: int = 0  # how often in a row its head turned out not to be ours to handle

    def add(self, row: JournalRow) -> bool:
        """Put a row into its order; False when it is there already: found in the journal before it was offered."""
        if row.id in self.ids:
            return False
        self.ids.add(row.id)
        heapq.heappush(self.rows, (row.position, row.id, row))
        return True

    def take(self) -> list[JournalRow]:
        """The head: one row, or the parts of one album that follow one another."""
        group = [heapq.heappop(self.rows)[2]]
        album = group[0].album
        while album and self.rows and self.rows[0][2].album == album:
            group.append(heapq.heappop(self.rows)[2])
        self.ids.difference_update(row.id for row in group)
        return group


@dataclass(frozen=True, slots=True)
class Reserved:
    """Events that are handled outside their turn, and the lanes held for them."""

    keys: tuple[tuple[str, str], ...]
    events: list[Event]


class Pump:
    """Handles rows of messengers that are attached. Belongs to one event loop."""

    def __init__(
        self,
        committer: Committer,
        policy: Policy,
        handlers: Handlers,
        outlet: Callable[[Effects], None],
        now: Callable[[], datetime],
        health: Health,
    ) -> None:
        self._committer = committer
        self._policy = policy
        self._handlers = handlers
        self._outlet = outlet
        self._now = now
        self._health = health
        self._loop = asyncio.get_running_loop()
        self._messengers: dict[str, Messenger] = {}
        self._settled: dict[str, Callable[[], float | None]] = {}
        self._live: set[str] = set()
        self._waiting: set[str] = set()
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._turn: deque[_Lane] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._workers = 0
        self._held = 0
        self._room = asyncio.Event()
        self._room.set()
        self._stopping = False

    def attach(self, messenger: Messenger, settled: Callable[[], float | None] | None = None) -> None:
        """Handle rows of this messenger that are replayed; those that come in wait in the journal until `go_live`.

        `settled`: since when what it receives is up to date, unless the messenger knows that itself.
        """
        self._messengers[messenger.name] = messenger
        self._settled[messenger.name] = settled or (lambda: messenger.settled_at)

    def go_live(self, messenger: str) -> None:
        """Handle what comes in for this messenger from now on: everything before has been replayed."""
        self._live.add(messenger)

    def hold(self, messenger: str, wait: bool) -> None:
        """Let this messenger's events wait, for earlier ones to take their places before them, or let them go on."""
        if wait:
            self._waiting.add(messenger)
            return
        self._waiting.discard(messenger)
        for lane in [lane for key, lane in self._lanes.items() if key[0] == messenger]:
            self._consider(lane)

    @property
    def held(self) -> int:
        """How many rows are in hand."""
        return self._held

    def offer(self, rows: Sequence[JournalRow], *, replayed: bool = False) -> None:
        """Take rows in. Those of messengers that aren't live stay in the journal, from which they are replayed."""
        touched = {}
        now = self._loop.time()
        for row in rows:
            if not replayed and row.messenger not in self._live:
                continue
            key = (row.messenger, row.lane)
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = _Lane(key)
            self._held += lane.add(row)
            lane.touched = now
            touched[key] = lane
        for lane in touched.values():
            self._consider(lane)
        if self._held > CAPACITY:
            self._room.clear()

    def adopt(self, rows: Sequence[JournalRow]) -> int:
        """Take in rows that nobody has handled in time, of lanes that aren't in hand; how many."""
        ours = [row for row in rows if (row.messenger, row.lane) not in self._lanes]
        self.offer(ours)
        return len(ours)

    async def room(self) -> None:
        """Wait while too many rows are in hand."""
        await self._room.wait()

    async def stop(self, within: float) -> None:
        """Begin nothing new, and finish what is being handled within so many seconds."""
        self._stopping = True
        self._room.set()
        for lane in self._lanes.values():
            if lane.timer is not None:
                lane.timer.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()

    # ── at once ──

    def reserve(self, messenger: str, events: Sequence[RawEvent]) -> Reserved | None:
        """Take events that may be handled in the transaction that keeps them; None when they must take their turn.

        That is when there are few of them, nothing of their lanes is in hand, none belongs to an album, and
        converting them needs no waiting. Whoever reserves must `release`.
        """
        if len(events) > AT_ONCE_EVENTS or messenger not in self._live or self._stopping:
            return None
        if messenger in self._waiting:
            return None
        keys = {(messenger, event.lane) for event in events}
        if any(event.album for event in events) or any(key in self._lanes for key in keys):
            return None
        read = [self._read_at_once(self._messengers[messenger], event) for event in events]
        if None in read:
            return None
        for key in keys:
            self._lanes[key] = _Lane(key, taken=True)
        return Reserved(tuple(keys), [event for event in read if event is not None])

    def release(self, reserved: Reserved) -> None:
        """Let go of the lanes; what came for them meanwhile takes its turn."""
        for key in reserved.keys:
            lane = self._lanes[key]
            lane.taken = False
            self._consider(lane)

    @property
    def alone(self) -> bool:
        """Whether nobody but this process handles what is kept."""
        return self._handlers.of_lane is None

    @property
    def handle(self) -> Handle:
        """The unit of work that handles events."""
        return self._handlers.handle

    def _read_at_once(self, messenger: Messenger, raw: RawEvent) -> Event | None:
        """The event, or None when reading it fails or would have to wait: its turn will show what is wrong."""
        try:
            event = messenger.convert(orjson.loads(raw.payload) if raw.parsed is None else raw.parsed)
            return _without_waiting(messenger.lookup(event))
        except Exception:  # noqa: BLE001 (tried again in its turn, and given up on there)
            return None

    # ── turns ──

    def _consider(self, lane: _Lane) -> None:
        """Put the lane into the rotation if its head may go, else look again when it may."""
        if lane.taken or self._stopping:
            return
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None
        if not lane.rows:
            del self._lanes[lane.key]
            return
        if lane.key[0] in self._waiting:
            return
        delay = self._album_delay(lane)
        if delay > 0:
            lane.timer = self._loop.call_later(delay, self._consider, lane)
            return
        lane.taken = True
        self._turn.append(lane)
        if self._workers < AT_ONCE:
            self._workers += 1
            task = self._loop.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _album_delay(self, lane: _Lane) -> float:
        """How long more parts of the album at the lane's head may come; 0 for what is no album."""
        album = lane.rows[0][2].album
        if not album or len(lane.rows) >= _ALBUM_MOST:
            return 0.0
        if any(row.album != album for _, _, row in lane.rows):
            return 0.0  # something later came: the album has ended
        now, settled = self._loop.time(), self._settled[lane.key[0]]()
        if settled is None:
            waits_for_receipt = now - lane.touched < UNSETTLED_MOST
            return max(_UNSETTLED, lane.touched + QUIET - now) if waits_for_receipt else 0.0
        return max(lane.touched, settled) + QUIET - now

    async def _work(self) -> None:
        """Handle heads as long as there are any whose turn it is."""
        try:
            while self._turn and not self._stopping:
                await self._work_on(self._turn.popleft())
        finally:
            self._workers -= 1

    async def _work_on(self, lane: _Lane) -> None:
        if self._handlers.of_lane is not None and lane.rows[0][2].album:
            await self._look_again(lane, lane.rows[0][2])  # other parts may have come to other processes
        group = lane.take()
        try:
            if await self._process(lane.key[0], group):
                lane.refused = 0
            else:
                await self._not_ours(lane, group)
        finally:
            lane.taken = False
            self._held -= len(group)
            if self._held <= CAPACITY:
                self._room.set()
            self._consider(lane)

    async def _not_ours(self, lane: _Lane, group: list[JournalRow]) -> None:
        """Somebody else handles the head, or something goes before it that we didn't know of."""
        lane.refused += 1
        await asyncio.sleep(min(_PAUSE, 0.005 * 2**lane.refused))
        await self._look_again(lane, group[0])

    async def _look_again(self, lane: _Lane, row: JournalRow) -> None:
        """What waits in the lane by now, whoever received it."""
        if self._handlers.of_lane is None:
            return
        found = await self._committer.run(
            self._handlers.of_lane, row.messenger, row.account, row.lane, _ALBUM_MOST
        )
        self._held += sum(lane.add(other) for other in found)

    # ── one head ──

    async def _process(self, messenger: str, group: list[JournalRow]) -> bool:
        """Convert and handle the rows: together, or one by one where they don't make one album. False: not ours."""
        rows, events = [], []
        for row in group:
            event = await self._converted(row)
            if event is not None:
                rows.append(row)
                events.append(event)
        if len(rows) > 1 and not _one_album(events):
            ours = True
            for row, event in zip(rows, events, strict=True):
                ours = ours and await self._handle(messenger, [row], [event])
            return ours
        return not rows or await self._handle(messenger, rows, events)

    async def _converted(self, row: JournalRow) -> Event | None:
        """The row's event with what it lacked looked up; None once it was given up on."""
        messenger = self._messengers[row.messenger]
        try:
            event = messenger.convert(orjson.loads(row.payload) if row.parsed is None else row.parsed)
        except Exception as error:  # noqa: BLE001 (whatever a malformed event does to it)
            await self._give_up(row, error)  # converting is pure: another try would end the same
            return None
        try:
            found = _without_waiting(messenger.lookup(event))
            if found is not None:
                return found  # nearly always: a time limit costs more than the looking up
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return await messenger.lookup(event)
        except Exception as error:  # noqa: BLE001 (best effort)
            _log.info("a lookup failed", messenger=row.messenger, row=row.id, error=fault(error))
            return event

    async def _handle(self, messenger: str, rows: list[JournalRow], events: list[Event]) -> bool:
        """Have them handled, or given up on; False when they aren't ours to handle now."""
        ids = [row.id for row in rows]
        for tries in range(1, _TRIES + 1):
            try:
                effects = await self._committer.run(
                    self._handlers.handle, self._policy, self._now(), messenger, ids, events
                )
            except Exception as error:  # noqa: BLE001 (the event's fault or the handler's: the lane goes on)
                if tries == _TRIES:
                    for row in rows:
                        await self._give_up(row, error)
                    return True
                await asyncio.sleep(_PAUSE * tries)
            else:
                if effects is None:
                    return False
                self._health.count("events_handled", messenger, by=len(ids))
                self._outlet(effects)
                return True
        return True

    async def _give_up(self, row: JournalRow, error: Exception) -> None:
        """Keep the event as failed with its reason, and have the desk told."""
        self._health.count("events_failed", row.messenger)
        _log.error("an event can't be handled", messenger=row.messenger, row=row.id, exc_info=error)
        reason = fault(error)
        try:
            effects = await self._committer.run(
                self._handlers.give_up, self._policy, self._now(), row.messenger, row.id, reason
            )
        except Exception:  # noqa: BLE001 (the lane goes on even so)
            _log.exception("the desk can't be told", messenger=row.messenger, row=row.id)
            await self._committer.run(journal.mark_failed, row.id, reason)
        else:
            self._outlet(effects)


def _without_waiting(looking_up: Coroutine[Any, Any, Event]) -> Event | None:
    """The coroutine's result if it gets there without waiting for anything; else None, and it is broken off."""
    try:
        looking_up.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    looking_up.close()
    return None


def _one_album(events: Sequence[Event]) -> bool:
    """Whether the events are messages of one album; an edit never joins one."""
    albums = {e.album if isinstance(e, Wrote) else None for e in events}
    return len(albums) == 1 and None not in albums
