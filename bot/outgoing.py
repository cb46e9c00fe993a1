"""What delivery asks for: the handlers' units of work, and leave to send where several processes do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.leasing import LeaseLost
from domain.moments import to_ms
from storage import attempts, leases

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from domain.policy import Policy
    from domain.requests import Refused, Sent
    from domain.work import Effects, Work
    from domain.work import Lane as LaneName
    from storage import Connection
    from storage.leases import Fence


class Settled(Protocol):
    """What storing an outcome gives: the lane's next work, and what else is to be done."""

    @property
    def next(self) -> Work | None:
        """The same lane's next work."""

    @property
    def effects(self) -> Effects:
        """What else is to be done."""


@dataclass(frozen=True, slots=True)
class Letters:
    """The units of work that delivery asks of the handlers."""

    settle: Callable[[Connection, Policy, datetime, Work, Sent | Refused], Settled]
    head: Callable[[Connection, Policy, int, LaneName, bool], Work | None]
    settle_barely: Callable[[Connection, Policy, datetime, Work, Sent | Refused], Settled]
    """The same as `settle` for when that fails by an error of its own: as little as possible."""


class Gate(Protocol):
    """Decides which chats this process sends to, where several share the work."""

    def admits(self, work: Work) -> bool:
        """Whether to send it from here; if not, whoever may is told."""

    def fence(self, chat_id: int) -> Fence | None:
        """What to send to the chat under now; None when it is somebody else's."""

    def lose(self, chat_id: int) -> None:
        """The database says that it is somebody else's."""


def made_anew(
    conn: Connection,
    fence: Fence | None,
    letters: Letters,
    policy: Policy,
    now: datetime,
    key: tuple[int, LaneName],
    joined: bool,
) -> Work | None:
    """One unit: the lane's next work. Raises LeaseLost."""
    if fence is not None and not leases.passes(conn, fence, key[0], None, to_ms(now), 0):
        raise LeaseLost(fence.chat_id)
    return letters.head(conn, policy, *key, joined)


def stored(
    conn: Connection,
    fence: Fence | None,
    settle: Callable[[Connection, Policy, datetime, Work, Sent | Refused], Settled],
    policy: Policy,
    now: datetime,
    work: Work,
    outcome: Sent | Refused,
    slots: int,
) -> Settled:
    """One unit: so many slots of the chat were used, and what came of it. Raises LeaseLost."""
    if fence is not None:
        if not leases.passes(conn, fence, work.place_id, work.letter_id, to_ms(now), slots):
            raise LeaseLost(fence.chat_id)
    elif slots:
        attempts.record(conn, work.chat_id, to_ms(now), slots)
    return settle(conn, policy, now, work, outcome)
