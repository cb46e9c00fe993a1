"""The engine: intake, pump and delivery of one program, and how a messenger is taken in and let go."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot import retention
from bot.delivery import Delivery
from bot.intake import Intake
from bot.messengers.contract import CatchesUp, KnowsStaff, Past, ShowsProfile
from bot.outgoing import Letters
from bot.patience import Committer, full_jitter
from bot.pump import Handlers, Pump
from bot.sharing import Sharing
from bot.typing_signs import TypingSigns
from domain.policy import LEADS
from handlers import accounts, claiming, delivered, dispatch, letters, settling_in, timed
from storage import attempts, chats, claims, facts, journal, past
from storage.database import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.health import Health
    from bot.messengers.contract import Messenger
    from domain.policy import Policy
    from storage.database import Database

_log = structlog.get_logger()

REPLAY = 2000
"""How many kept events are read back at once."""

REMEMBERED = 600.0
"""How far back sent requests count for pacing after a start, in seconds; longer than any window."""

PROFILES_AGAIN = 600.0
"""How often messengers are asked to show their profile although nothing has changed, in seconds."""

PUMP_STOPS = 3.0
DELIVERY_STOPS = 4.0


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


def _stamp() -> str:
    return str(time.time())


class Engine:
    """Everything between the messengers and the database. `accounts` is filled as messengers connect."""

    def __init__(self, db: Database, policy: Policy, accounts: dict[str, str], health: Health) -> None:
        self.policy = policy
        self.health = health
        self._db = db
        self._accounts = accounts
        self.committer = Committer(db, health)
        self.sharing = Sharing(db, db.hints, policy, health) if db.hints is not None else None
        self.delivery = Delivery(
            self.committer,
            policy,
            Letters(delivered.settle, letters.head, delivered.settle_barely),
            utc_now,
            health,
            self.sharing,
        )
        take, in_hand = self.delivery.take, self.delivery.in_hand
        if self.sharing is None:
            handlers = Handlers(partial(dispatch.handle, in_hand=in_hand), dispatch.give_up)
            check = None
        else:
            handle = partial(claiming.handle, in_hand=in_hand)
            handlers = Handlers(handle, dispatch.give_up, claims.of_lane)
            check = self.sharing.check_receiving
        self.pump = Pump(self.committer, policy, handlers, take, utc_now, health)
        self.intake = Intake(self.committer, policy, self.pump, take, utc_now, health, check)
        if self.sharing is not None:
            self.sharing.start(self.pump, self.delivery)
        self._typing = TypingSigns(db, policy)
        self._profiles: dict[str, object] = {}
        self._unauthorised: set[str] = set()

    async def take_in(self, messenger: Messenger) -> None:
        """Connect a messenger, handle what was kept for it, and send what waits. Raises ConnectRefused.

        Returns once it may receive: everything that came before is in the pump's hands by then.
        """
        health = self.health.messenger(messenger.name)
        health.failing = asyncio.get_running_loop().time()
        await messenger.connect()
        self._accounts[messenger.name] = messenger.account
        self.delivery.take(await self.committer.run(settling_in.settle_in, self.policy, utc_now()))
        if self.sharing is None:
            self.pump.attach(messenger)
            await self._replay(messenger)
            await self._deliver_for(messenger)
        else:
            self._take_part(self.sharing, messenger)
        if isinstance(messenger, CatchesUp):
            messenger.remembers(partial(self._past, messenger), partial(self.pump.hold, messenger.name))
        if isinstance(messenger, KnowsStaff):
            messenger.desks_from(partial(self._desks, messenger.name))
        self._typing.attach(messenger)
        health.started, health.failing = True, None

    def _take_part(self, sharing: Sharing, messenger: Messenger) -> None:
        """What was kept and what waits is found by looking round; other processes may have it in hand."""

        def settled() -> float | None:
            receives = sharing.receives(messenger.name, messenger.account)
            return messenger.settled_at if receives else 0.0

        self.pump.attach(messenger, settled)
        self.pump.go_live(messenger.name)
        self.delivery.attach(messenger, settled=settled)
        self.delivery.caught_up(messenger.name)
        sharing.attach(messenger)

    async def _past(self, messenger: Messenger) -> Past:
        """What is known of a messenger's chats, for it to read what it hasn't heard."""
        key = (messenger.name, messenger.account)
        newest = await self.committer.run(past.newest, *key)
        first = await self.committer.run(facts.get_or_make, ":".join(("taken in first", *key)), _stamp)
        threads = await self.committer.run(past.threads, *key)
        return Past(float(first) if newest is None else newest / 1000, threads)

    async def _desks(self, messenger: str) -> tuple[str, ...]:
        """The chats of desks in a messenger, by its own ids."""
        bound = await self.committer.run(chats.bindings)
        return tuple(row.native for row in bound if row.messenger == messenger and row.name != LEADS)

    async def receive(self, messenger: Messenger, *, at_home: bool = False) -> None:
        """Receive for ever. `at_home`: from what is this process's own; of what is not, one process receives."""
        if self.sharing is None or at_home:
            await self._receive(messenger, leased=False)
        else:
            await self.sharing.receive(messenger, partial(self._receive, messenger, leased=True))

    async def _receive(self, messenger: Messenger, *, leased: bool) -> None:
        """A receive loop that fails by a mistake of its own starts again."""
        accept = self.intake.accept(messenger.name, messenger.account, leased=leased)
        tries = 0
        while True:
            try:
                await messenger.receive(accept)
            except Exception:  # noqa: BLE001 (one messenger's fault stops no other)
                tries += 1
                self.health.count("errors", messenger.name)
                _log.exception("receiving failed", messenger=messenger.name)
            await asyncio.sleep(full_jitter(min(tries, 5)))

    async def sweep(self) -> None:
        """What time asks for, and word of messengers that take the bot's token no more."""
        failing = self.health.failing(asyncio.get_running_loop().time())
        self.delivery.take(await self.committer.run(timed.sweep, self.policy, utc_now(), failing))
        for name, health in self.health.messengers.items():
            if health.unauthorised != (name in self._unauthorised):
                refused = health.unauthorised
                self._unauthorised ^= {name}
                told = await self.committer.run(accounts.tell, self.policy, utc_now(), name, refused=refused)
                self.delivery.take(told)

    async def prune(self) -> None:
        """Throw away what has served."""
        await self.committer.run(timed.prune, self.policy, utc_now())
        await retention.forget(self._db, self.policy)

    async def show_profiles(self, messengers: Sequence[Messenger]) -> None:
        """Let messengers show which chats are desks, where that has changed; and now and then all the same, since a
        messenger that couldn't be reached shows it only when it is asked again.
        """
        period = int(time.monotonic() // PROFILES_AGAIN)
        try:
            bound = await self._db.read(chats.bindings)
        except DatabaseBusy:
            return
        for messenger in messengers:
            health = self.health.messenger(messenger.name)
            if not isinstance(messenger, ShowsProfile) or not health.started or health.elsewhere:
                continue
            natives = {row.name: row.native for row in bound if row.messenger == messenger.name}
            leads = natives.pop(LEADS, None)
            desks = tuple(sorted(natives.values()))
            wanted = (desks, leads, period)
            if self._profiles.get(messenger.name) != wanted:
                self._profiles[messenger.name] = wanted
                await messenger.show_profile(desks, leads)

    async def stop(self) -> None:
        """Begin nothing new, finish what is in flight."""
        await self._typing.stop()
        await self.pump.stop(PUMP_STOPS)
        await self.delivery.stop(DELIVERY_STOPS)
        if self.sharing is not None:
            await self.sharing.stop()

    async def _replay(self, messenger: Messenger) -> None:
        """Hand the pump what was kept and not handled, in order; then what comes in from now on.

        The last page's reading and `go_live` happen in one step of the loop: a row committed later is offered later.
        """
        after = 0
        while True:
            rows = await self.committer.run(journal.outstanding, after, REPLAY)
            self.pump.offer(
                [r for r in rows if (r.messenger, r.account) == (messenger.name, messenger.account)],
                replayed=True,
            )
            if len(rows) < REPLAY:
                self.pump.go_live(messenger.name)
                return
            after = rows[-1].id
            await self.pump.room()

    async def _deliver_for(self, messenger: Messenger) -> None:
        now = utc_now().timestamp()
        since = int((now - REMEMBERED) * 1000)
        recent = [
            (attempt.chat_id, now - attempt.at / 1000)
            for attempt in await self.committer.run(attempts.recent, since)
            if (attempt.messenger, attempt.account) == (messenger.name, messenger.account)
        ]
        self.delivery.attach(messenger, recent)
        works = await self.committer.run(letters.waiting, self.policy)
        self.delivery.offer([work for work in works if work.messenger == messenger.name])
        self.delivery.caught_up(messenger.name)
