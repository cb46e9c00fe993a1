"""Who types is shown on the other side: past the journal and the letters, since nobody misses it a moment later."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import structlog

from bot.health import fault
from bot.messengers.contract import HearsTyping, ShowsTyping
from storage import other_side
from storage.database import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.messengers.contract import Heard, Messenger
    from domain.policy import Policy
    from storage.database import Database

_log = structlog.get_logger()

EVERY = 4.0
"""So often a sign is passed on from one place, in seconds; platforms show it for about five."""

AT_ONCE = 16
LASTS = 5.0
_REMEMBERED = 2_000

Where = tuple[str, str, str | None]
"""Messenger, chat and thread where it is to be seen."""


class TypingSigns:
    """Passes on who types, bounded in every way: what is too much is left out."""

    def __init__(self, db: Database, policy: Policy, clock: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._accounts = policy.accounts
        self._clock = clock
        self._messengers: dict[str, Messenger] = {}
        self._last: OrderedDict[tuple[str, str, str | None], float] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, messenger: Messenger) -> None:
        """Hear of who types there, and show there who does elsewhere."""
        self._messengers[messenger.name] = messenger
        if isinstance(messenger, HearsTyping):
            messenger.hears_typing(self._ear(messenger.name))

    def _ear(self, messenger: str) -> Heard:
        return lambda chat, thread: self.heard(messenger, chat, thread)

    def heard(self, messenger: str, chat: str, thread: str | None) -> None:
        """Somebody types there."""
        key, now = (messenger, chat, thread), self._clock()
        if len(self._tasks) >= AT_ONCE or now - self._last.get(key, -EVERY) < EVERY:
            return
        self._last[key] = now
        self._last.move_to_end(key)
        if len(self._last) > _REMEMBERED:
            self._last.popitem(last=False)
        task = asyncio.get_running_loop().create_task(self._pass_on(messenger, chat, thread))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, messenger: str, chat: str, thread: str | None) -> None:
        try:
            async with asyncio.timeout(LASTS):
                where = await self._other_side(messenger, chat, thread)
                if where is None:  # nobody could see it yet: the next sign needn't wait
                    self._last.pop((messenger, chat, thread), None)
                await self._show(where)
        except (TimeoutError, DatabaseBusy):
            return
        except Exception as error:  # noqa: BLE001 (nothing depends on it)
            _log.debug("typing isn't shown", messenger=messenger, error=fault(error))

    async def _show(self, where: Where | None) -> None:
        if where is None:
            return
        name, chat, thread = where
        messenger: object = self._messengers.get(name)
        if isinstance(messenger, ShowsTyping):
            await messenger.show_typing(chat, thread)

    async def _other_side(self, messenger: str, chat: str, thread: str | None) -> Where | None:
        here = (messenger, self._accounts.get(messenger, ""), chat)
        if thread is None:
            desk = await self._db.read(other_side.thread_of, *here)
            return (desk.messenger, desk.native, desk.root) if desk and desk.threaded and desk.root else None
        customer = await self._db.read(other_side.customer_of, *here, thread)
        return None if customer is None else (customer.messenger, customer.native, None)

    async def stop(self) -> None:
        """Show nothing more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
