"""Delivery's branch for a messenger that is switched on: whom it sends for, what it may wait for, what it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from bot.turns import Account, Lane, Porters
from domain.requests import Sent

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from bot.health import Health
    from bot.messengers.contract import Messenger
    from domain.requests import Refused
    from domain.work import Work

_log = structlog.get_logger()

LISTEN = 2.0
"""How long the messenger's own word of a thread that may have been made is waited for, in seconds; counted from its
first complete receive."""

LISTENED = 1
LISTENED_SHARING = 5
"""So often it is waited for; longer where another process may have to take over receiving first."""

LISTEN_AT_MOST = 60.0
"""After so many seconds without a complete receive such a thread is made all the same."""


@dataclass(slots=True, eq=False)
class Branch:
    """Delivery for one messenger that is switched on: its account and the timer that wakes it.

    `since`: when it was, in seconds of the loop's clock. `settled`: since when what it receives is up to date.
    `catching_up`: what is offered may have been in flight when the program ended.
    """

    messenger: Messenger
    account: Account
    since: float
    settled: Callable[[], float | None]
    porters: Porters = field(default_factory=Porters)
    catching_up: bool = True
    timer: asyncio.TimerHandle | None = None

    def may_hear(self, lane: Lane, now: float, *, sharing: bool) -> bool:
        """Whether to wait for the messenger's word that a thread was made; the handlers take that for the answer."""
        if self.settled() is None:
            return now - self.since < LISTEN_AT_MOST
        rounds = LISTENED_SHARING if sharing else LISTENED
        lane.listened = (lane.listened + 1) % (rounds + 1)
        return lane.listened > 0

    def count(self, health: Health, now: float, work: Work, outcome: Sent | Refused) -> None:
        """What came of a work, for whoever looks at the figures or into the log; `now` in seconds since 1970."""
        name = self.messenger.name
        health.messenger(name).failing = None
        if isinstance(outcome, Sent):
            health.messenger(name).refused = ""
            health.count("requests_sent", name, type(work.request).__name__)
            if work.since:
                whose = "customer" if work.private else "desk"
                health.observe("delivery_seconds", now - work.since / 1000, name, whose)
            return
        health.count("requests_refused", name, outcome.scope)
        _log.info(
            "refused",
            messenger=name,
            ticket=work.ticket_id,
            letter=work.letter_id,
            step=work.step,
            scope=outcome.scope,
            reason=outcome.reason,
        )
