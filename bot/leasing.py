"""What this process may do while others share its database: the chats it sends to, the messengers it receives from.

Leases hold by the database's clock; here they count as lost a second before that, by this machine's own. A process
that was stopped for a while finds them gone before it does anything more.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from storage.leases import LASTS, Fence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

T = TypeVar("T")

MARGIN = 1.0
"""So long before its end a lease is no longer relied on, in seconds."""

IDLE = 10.0
"""A chat to which nothing went for so long is let go of, in seconds."""


class LeaseLost(Exception):
    """Somebody else does it now."""


@dataclass(slots=True)
class _Held:
    token: int
    until: float
    used: float


class Leases:
    """What is held; times are monotonic seconds. `wanted` are the names that this process would like to hold."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.owner = secrets.token_hex(8)
        self.wanted: set[str] = set()
        self._now = now
        self._names: dict[str, _Held] = {}
        self._chats: dict[int, _Held] = {}
        self._changed = asyncio.Event()

    # names

    def token(self, name: str) -> int | None:
        """The name's token while it is ours."""
        held = self._names.get(name)
        return held.token if held is not None and held.until > self._now() else None

    async def while_held(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work whenever the name is ours, for ever; it is broken off as soon as the name is lost."""
        self.wanted.add(name)
        while True:
            token = await self._other_than(name, None)
            doing = asyncio.ensure_future(work())
            watching = asyncio.ensure_future(self._other_than(name, token))
            try:
                await asyncio.wait({doing, watching}, return_when="FIRST_COMPLETED")
            finally:
                for task in (doing, watching):
                    task.cancel()
                await asyncio.gather(doing, watching, return_exceptions=True)

    async def _other_than(self, name: str, token: int | None) -> int | None:
        """Wait until the name's token is another one."""
        while (found := self.token(name)) == token:
            self._changed.clear()
            try:
                async with asyncio.timeout(MARGIN / 2):  # an end that comes by itself tells nobody
                    await self._changed.wait()
            except TimeoutError:
                pass
        return found

    # chats

    def fence(self, chat_id: int) -> Fence | None:
        """What to send to the chat under; None when it isn't ours."""
        held, now = self._chats.get(chat_id), self._now()
        if held is None or held.until <= now:
            return None
        held.used = now
        return Fence(chat_id, self.owner, held.token)

    def took(self, chat_id: int, token: int, asked: float) -> None:
        """The chat is ours; the database was asked at that time."""
        self._chats[chat_id] = _Held(token, asked + LASTS - MARGIN, self._now())

    def lose(self, chat_id: int) -> None:
        """The chat is somebody else's."""
        self._chats.pop(chat_id, None)

    @property
    def chats(self) -> list[int]:
        """Every chat that was ours when last heard of."""
        return list(self._chats)

    def idle(self, busy: Callable[[int], bool]) -> list[tuple[int, int]]:
        """Chats to let go of, with their tokens; they aren't ours from this moment."""
        before = self._now() - IDLE
        found = [chat for chat, held in self._chats.items() if held.used < before and not busy(chat)]
        return [(chat, self._chats.pop(chat).token) for chat in found]

    def let_go(self, busy: Callable[[int], bool]) -> list[tuple[int, int]]:
        """Every chat where nothing is in flight, with its token; none is ours from this moment."""
        held, self._chats = self._chats, {}
        return [(chat, h.token) for chat, h in held.items() if not busy(chat)]

    def renewed(self, names: dict[str, int], chats: Iterable[int], asked: float) -> list[int]:
        """The database has said what is ours, asked at that time; gives the chats that are no more."""
        until, still = asked + LASTS - MARGIN, set(chats)
        self._names = {name: _Held(token, until, 0.0) for name, token in names.items()}
        lost = [chat for chat, held in self._chats.items() if chat not in still and held.until < until]
        for chat in lost:
            del self._chats[chat]
        for chat in still & self._chats.keys():
            self._chats[chat].until = until
        self._changed.set()
        return lost
