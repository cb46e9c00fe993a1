"""Delivery: makes the requests that places ask for, one at a time a lane, and remembers what came of each.

At least once: a request whose outcome is known is never made again, however long its commit takes; one whose
outcome is unknown is. Only the head of each lane is in memory.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import structlog

from bot.asides import Asides
from bot.branches import LISTEN, Branch
from bot.health import fault
from bot.leasing import LeaseLost
from bot.outgoing import made_anew, stored
from bot.pacing import Pacer
from bot.patience import Committer, full_jitter, pause
from bot.performing import carries_files, perform
from bot.turns import Account, Lane, slots_of
from domain.requests import OpenThread, Outcome, Refused, Sent, TryLater, Unsure

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Coroutine, Iterable, Sequence
    from datetime import datetime

    from bot.health import Health
    from bot.messengers.contract import Messenger
    from bot.outgoing import Gate, Letters, Settled
    from bot.turns import Chat
    from domain.policy import Policy
    from domain.work import Effects, Work
    from domain.work import Lane as LaneName
    from storage import Connection
    from storage.leases import Fence

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger()

ACCOUNT_PAUSE = 60.0
"""How long a messenger's sends rest at most after its account was refused, in seconds."""

RESTART = 1.0
"""No program ends and starts again so soon: what windows as short as this hold needn't be remembered."""

_ERRORS = 3


class Delivery:
    """Sends what is offered. Belongs to one event loop; `stop` finishes what is in flight."""

    def __init__(
        self,
        committer: Committer,
        policy: Policy,
        letters: Letters,
        now: Callable[[], datetime],
        health: Health,
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate
        self._committer = committer
        self._policy = policy
        self._letters = letters
        self._now = now
        self._health = health
        self._loop = asyncio.get_running_loop()
        self._branches: dict[str, Branch] = {}
        self._lanes: dict[tuple[int, LaneName], Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asides = Asides()
        self._stopping = False

    def attach(
        self,
        messenger: Messenger,
        recent: Iterable[tuple[int, float]] = (),
        settled: Callable[[], float | None] | None = None,
    ) -> None:
        """Send for this messenger from now on. `recent`: chats written to lately, with ages in seconds.

        Until `caught_up` whatever is offered may have been in flight when the program ended: it is unsure. `settled`:
        since when what it receives is up to date, unless the messenger knows that itself.
        """
        pacer = Pacer(messenger.pacing)
        for chat_id, age in recent:
            pacer.remember(chat_id, self._loop.time() - age)
        own = settled or (lambda: messenger.settled_at)
        self._branches[messenger.name] = Branch(messenger, Account(pacer), self._loop.time(), own)

    def caught_up(self, messenger: str) -> None:
        """Everything that waited when the program started has been offered."""
        self._branches[messenger].catching_up = False

    def take(self, effects: Effects) -> None:
        """Do what a handler wanted done after its commit."""
        self.offer(effects.works)
        for key in effects.woken:
            self.woken(key)
        if not self._stopping:
            self._asides.take(effects, self._messenger)

    def woken(self, key: tuple[int, LaneName]) -> None:
        """The lane has something to do: it is looked at again in its turn, or taken up."""
        lane = self._lanes.get(key)
        if lane is not None:
            lane.again = True
        elif not self._stopping:
            self._spawn(self._tasks, self._look_for(key))

    def offer(self, works: Sequence[Work]) -> None:
        """Heads of places that have something to send. Those in hand already are looked at again in their turn."""
        touched: dict[str, Branch] = {}
        for work in works:
            branch = self._branches.get(work.messenger)
            if branch is None:
                continue
            lane = self._lanes.get((work.place_id, work.lane))
            if lane is not None:
                lane.again = True
                continue
            if self._gate is not None and not self._gate.admits(work):
                continue
            first = replace(work, unsure=True) if branch.catching_up else work
            lane = self._lanes[work.place_id, work.lane] = branch.account.lane(first)
            self._ready(branch, lane)
            touched[work.messenger] = branch
        for branch in touched.values():
            self._serve(branch)

    @property
    def in_hand(self) -> Container[tuple[int, LaneName]]:
        """The lanes that have something to do; may be asked from any thread, and be old news when it answers."""
        return self._lanes

    def has(self, key: tuple[int, LaneName]) -> bool:
        """Whether the lane is in hand."""
        return key in self._lanes

    def busy(self, chat_id: int) -> bool:
        """Whether anything of the chat is in hand."""
        return any(branch.account.has(chat_id) for branch in self._branches.values())

    def remember(self, messenger: str, chat_id: int, ages: Iterable[float]) -> None:
        """What was sent to the chat lately, by whomever, oldest first; ages in seconds."""
        if branch := self._branches.get(messenger):
            branch.account.pacer.recall(chat_id, [self._loop.time() - age for age in ages])

    def share(self, processes: int) -> None:
        """So many processes send for the same accounts."""
        for branch in self._branches.values():
            branch.account.pacer.share(processes)

    async def stop(self, within: float) -> None:
        """Begin nothing new, and finish what is in flight within so many seconds."""
        self._stopping = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
        self._asides.stop()

    def _messenger(self, name: str) -> Messenger | None:
        branch = self._branches.get(name)
        return None if branch is None else branch.messenger

    @property
    def lanes(self) -> int:
        """How many lanes have something to do."""
        return len(self._lanes)

    # ── whose turn ──

    def _ready(self, branch: Branch, lane: Lane) -> None:
        self._wake_chat(branch, lane.chat, branch.account.ready(lane, self._loop.time()))

    def _queue(self, branch: Branch, chat: Chat) -> None:
        if chat.timer is not None:
            chat.timer.cancel()
            chat.timer = None
        self._wake_chat(branch, chat, branch.account.queue(chat, self._loop.time()))

    def _wake_chat(self, branch: Branch, chat: Chat, delay: float | None) -> None:
        if delay is not None and chat.timer is None:
            chat.timer = self._loop.call_later(delay, self._chat_woken, branch, chat)

    def _chat_woken(self, branch: Branch, chat: Chat) -> None:
        self._queue(branch, chat)
        self._serve(branch)

    def _serve(self, branch: Branch) -> None:
        """Start every lane that may go now."""
        if branch.timer is not None:
            branch.timer.cancel()
            branch.timer = None
        while not self._stopping:
            turn = branch.account.next(self._loop.time())
            if isinstance(turn, Lane):
                self._queue(branch, turn.chat)
                self._spawn(self._tasks, self._carry(branch, turn))
                continue
            if turn < math.inf:
                branch.timer = self._loop.call_later(turn, self._serve, branch)
            return

    def _spawn(self, tasks: set[asyncio.Task[None]], work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # ── one request of one lane ──

    async def _carry(self, branch: Branch, lane: Lane) -> None:
        """Carry it on; where several processes send, only as long as the chat is ours."""
        try:
            await self._carry_on(branch, lane)
        except LeaseLost:
            self._let_go(branch, lane)
        self._queue(branch, lane.chat)
        self._serve(branch)

    async def _carry_on(self, branch: Branch, lane: Lane) -> None:
        """Make the lane's request, store what came of it, and put the lane back in turn."""
        outcome: Outcome | None = None
        waits = False
        try:
            self._check_ours(lane)
            if await self._prepare(lane):
                self._check_ours(lane)
                waits = carries_files(lane.work.request) and not branch.porters.begin(lane)
                outcome = None if waits else await self._perform(branch, lane)
        finally:
            branch.account.answered(lane, self._loop.time(), used=outcome is not None)
        if waits:
            lane.aged = True
        elif outcome is None:
            await self._leave(branch, lane)
        elif isinstance(outcome, Sent) or (isinstance(outcome, Refused) and outcome.scope != "account"):
            self._queue(branch, lane.chat)
            self._serve(branch)  # others need not wait for this commit
            await self._settle(branch, lane, outcome)
        else:
            self._rest(branch, lane, outcome)

    def _check_ours(self, lane: Lane) -> None:
        """Note what the lane's next request is made under. Raises LeaseLost."""
        if self._gate is not None:
            lane.fence = self._gate.fence(lane.chat.id)
            if lane.fence is None:
                raise LeaseLost(lane.chat.id)

    def _let_go(self, branch: Branch, lane: Lane) -> None:
        """Somebody else sends to its chat."""
        if self._gate is not None and lane.fence is not None:
            self._gate.lose(lane.chat.id)
        self._lanes.pop(lane.key, None)
        branch.account.drop(lane)

    async def _prepare(self, lane: Lane) -> bool:
        """Make a work that has waited anew; whether there is still something to send."""
        if not (lane.aged or lane.again):
            return True
        joined = lane.crowded and not lane.work.unsure
        lane.again = lane.aged = lane.crowded = False
        fresh = await self._head(lane, joined)
        if fresh is None:
            return False
        same = (fresh.letter_id, fresh.step) == (lane.work.letter_id, lane.work.step)
        lane.work = replace(fresh, unsure=True) if same and lane.work.unsure else fresh
        return True

    async def _look_for(self, key: tuple[int, LaneName]) -> None:
        work = await self._insist(self._letters.head, self._policy, *key, False)
        if work is not None:
            self.offer([work])

    async def _head(self, lane: Lane, joined: bool = False) -> Work | None:
        return await self._insist(
            made_anew, lane.fence, self._letters, self._policy, self._now(), lane.key, joined
        )

    async def _settle(self, branch: Branch, lane: Lane, outcome: Sent | Refused) -> None:
        """Store the outcome, however long that takes, and go on with what the lane has next."""
        work = lane.work
        branch.count(self._health, self._now().timestamp(), work, outcome)
        lane.again = lane.aged = False
        lane.tries = lane.errors = 0
        slots = slots_of(work.request) if branch.account.pacer.longest > RESTART else 0
        settled = await self._stored(lane.fence, work, outcome, slots)
        if settled.next is None:
            await self._leave(branch, lane)
        else:
            lane.work = settled.next
            self._ready(branch, lane)
        self.take(settled.effects)

    async def _stored(self, fence: Fence | None, work: Work, outcome: Sent | Refused, slots: int) -> Settled:
        """Commit what came of a work; barely, when all that follows from it can't be written down by an error of ours."""
        for tries in range(1, _ERRORS + 1):
            try:
                return await self._committer.run(
                    stored, fence, self._letters.settle, self._policy, self._now(), work, outcome, slots
                )
            except LeaseLost:
                raise
            except Exception:  # noqa: BLE001 (an error in one place's letters stops no other place)
                self._failed(stored.__name__, tries)
            await asyncio.sleep(full_jitter(tries))
        barely = self._letters.settle_barely
        return await self._insist(stored, fence, barely, self._policy, self._now(), work, outcome, slots)

    async def _leave(self, branch: Branch, lane: Lane) -> None:
        """The lane has nothing in hand: done, unless something was offered meanwhile."""
        while lane.again:
            lane.again = lane.aged = False
            fresh = await self._head(lane)
            if fresh is not None:
                lane.work = fresh
                self._ready(branch, lane)
                return
        del self._lanes[lane.key]
        branch.account.drop(lane)

    async def _insist(
        self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Commit a unit in the end. One that fails by its own fault holds up its lane, and nobody else's."""
        tries = 0
        while True:
            try:
                return await self._committer.run(fn, *args, **kwargs)
            except LeaseLost:
                raise
            except Exception:  # noqa: BLE001 (a fault in one place's letters stops no other place)
                tries += 1
                self._failed(fn.__name__, tries)
            await asyncio.sleep(full_jitter(tries))

    def _failed(self, unit: str, tries: int) -> None:
        """To be called where the error is handled."""
        self._health.count("errors", "delivery")
        _log.exception("a unit of delivery failed", unit=unit, tries=tries)

    # ── the platform ──

    async def _perform(self, branch: Branch, lane: Lane) -> Outcome:
        """Make the request; a messenger that raises is asked again, and taken to refuse in the end."""
        work = lane.work
        asked_before = isinstance(work.request, OpenThread) and work.unsure
        if asked_before and branch.may_hear(lane, self._loop.time(), sharing=self._gate is not None):
            return TryLater("the messenger may yet tell that the thread is there", after=LISTEN)
        try:
            return await perform(branch.messenger, work.request, unsure=work.unsure)
        except Exception as error:  # noqa: BLE001 (whatever a messenger's bug raises, others go on)
            lane.errors += 1
            self._health.count("errors", work.messenger)
            _log.exception(
                "a messenger failed",
                messenger=work.messenger,
                ticket=work.ticket_id,
                letter=work.letter_id,
                step=work.step,
            )
            if lane.errors < _ERRORS:
                return Unsure(fault(error))
            return Refused("message", "refused.not_possible", fault(error))
        finally:
            if carries_files(work.request) and (waited := branch.porters.end()) is not None:
                self._ready(branch, waited)

    def _rest(self, branch: Branch, lane: Lane, outcome: Outcome) -> None:
        """The request is to be made again, after a while; a platform's own wish is obeyed exactly."""
        lane.tries += 1
        lane.aged = True
        delay, why = full_jitter(lane.tries), "later"
        now = self._loop.time()
        if not isinstance(outcome, TryLater) or outcome.after is None:  # and nobody wished for a while
            messenger = self._health.messenger(branch.messenger.name)
            messenger.failing = messenger.failing or now
        match outcome:
            case TryLater(after=after, limited=limited):
                delay = after if after is not None else pause(lane.tries) if limited else delay
                if limited:
                    why, lane.crowded = "limited", True
                    self._health.count("limited", branch.messenger.name)
                    branch.account.pacer.limited(lane.chat.id, delay, now)
            case Refused(reason=reason, detail=detail):
                delay, why = min(ACCOUNT_PAUSE, 2.0 ** min(lane.tries, 10)), "account"
                branch.account.pacer.pause_all(now + delay)
                self._health.messenger(branch.messenger.name).refused = detail or reason
                _log.error("a messenger refuses the account", messenger=branch.messenger.name, reason=reason)
            case _:
                why, lane.work = "unsure", replace(lane.work, unsure=True)
        self._health.count("requests_retried", branch.messenger.name, why)
        self._loop.call_later(delay, self._rested, branch, lane)

    def _rested(self, branch: Branch, lane: Lane) -> None:
        self._ready(branch, lane)
        self._serve(branch)
