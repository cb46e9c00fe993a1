"""How fast one account may send: sliding windows per chat and in total, and pauses that a platform asks for.

A message takes a slot when its request begins (an album one for each part), and the slot frees so many seconds after
the answer: wherever between the two the platform counts it, no window holds more than allowed. Times are monotonic
seconds.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.messengers.contract import Pacing, Rate

AT_ONCE = 5.0
"""Two chats limited within so many seconds: the account as a whole is meant."""

ACCOUNT_AT_MOST = 60.0
"""Which is no more than a guess, so for no longer than this: two chats in trouble may not silence all others."""

_TIDY_EVERY = 1000


class _Window:
    """What was sent lately to one destination."""

    __slots__ = ("answered", "in_flight")

    def __init__(self, most: int) -> None:
        self.in_flight = 0
        self.answered: deque[float] = deque(maxlen=most)

    def delay(self, rates: tuple[Rate, ...], now: float, count: int) -> float:
        """How long until every rate allows so many more; infinite while only an answer can make room.

        More than a rate allows at all go when its window is empty.
        """
        longest = 0.0
        for rate in rates:
            oldest = rate.count - self.in_flight - min(count, rate.count) + 1  # the one that must have left
            if oldest <= 0:
                return math.inf
            if len(self.answered) >= oldest:
                longest = max(longest, self.answered[-oldest] + rate.seconds - now)
        return longest


class Pacer:
    """What one account may send now. Every chat's window, the account's own, and the pauses."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        rates = (*pacing.private, *pacing.group)
        self._chat_most = max((r.count for r in rates), default=1)
        self._longest = max((r.seconds for r in (*rates, *pacing.total)), default=0.0)
        self._total = _Window(max((r.count for r in pacing.total), default=1))
        self._chats: dict[int, _Window] = {}
        self._paused: dict[int, float] = {}
        self._all_paused = -math.inf
        self._last_limited: tuple[int, float] | None = None
        self._until_tidy = _TIDY_EVERY
        self._processes = 1

    @property
    def longest(self) -> float:
        """The longest window in seconds: what happened before it no longer counts."""
        return self._longest

    def share(self, processes: int) -> None:
        """So many processes send from this account: each has its part of what all may send."""
        self._processes = processes

    def total_delay(self, now: float, count: int = 1) -> float:
        """How long until the account may send so many messages to anybody."""
        total = self._pacing.total
        if self._processes > 1:
            total = tuple(replace(rate, count=max(1, rate.count // self._processes)) for rate in total)
        return max(self._total.delay(total, now, count), self._all_paused - now, 0.0)

    def chat_delay(self, chat_id: int, private: bool, now: float, count: int = 1) -> float:
        """How long until so many messages may go to this chat, the account's total aside."""
        pause = self._paused.get(chat_id, now) - now
        if pause <= 0:
            self._paused.pop(chat_id, None)
        window = self._chats.get(chat_id)
        if window is None:
            return max(pause, 0.0)
        return max(window.delay(self._rates(private), now, count), pause, 0.0)

    def take(self, chat_id: int, count: int = 1) -> None:
        """A request of so many messages to the chat begins."""
        self._window(chat_id).in_flight += count
        self._total.in_flight += count

    def give_back(self, chat_id: int, count: int = 1) -> None:
        """The slots weren't used after all: nothing was sent."""
        self._window(chat_id).in_flight -= count
        self._total.in_flight -= count

    def answered(self, chat_id: int, now: float, count: int = 1) -> None:
        """The request that took the slots has come back, however it went."""
        for window in (self._window(chat_id), self._total):
            window.in_flight -= count
            window.answered.extend((now,) * count)
        self._until_tidy -= 1
        if self._until_tidy <= 0:
            self._tidy(now)

    def remember(self, chat_id: int, at: float) -> None:
        """A request answered before this process began; to be told oldest first."""
        self._window(chat_id).answered.append(at)
        self._total.answered.append(at)

    def recall(self, chat_id: int, ats: Iterable[float]) -> None:
        """What was answered in a chat that others sent to meanwhile, oldest first; it takes the place of what was known."""
        window = self._window(chat_id)
        window.answered.clear()
        window.answered.extend(ats)

    def limited(self, chat_id: int, seconds: float, now: float) -> None:
        """The platform asked for a pause: of this chat, or of the account when it asks for two chats at once."""
        until = now + seconds
        self._paused[chat_id] = max(self._paused.get(chat_id, until), until)
        last = self._last_limited
        if last is not None and last[0] != chat_id and now - last[1] <= AT_ONCE:
            self.pause_all(now + min(seconds, ACCOUNT_AT_MOST))
        self._last_limited = (chat_id, now)

    def pause_all(self, until: float) -> None:
        """Send nothing from this account until then."""
        self._all_paused = max(self._all_paused, until)

    def _rates(self, private: bool) -> tuple[Rate, ...]:
        return self._pacing.private if private else self._pacing.group

    def _window(self, chat_id: int) -> _Window:
        window = self._chats.get(chat_id)
        if window is None:
            window = self._chats[chat_id] = _Window(self._chat_most)
        return window

    def _tidy(self, now: float) -> None:
        """Forget chats to which nothing went for longer than any window."""
        self._until_tidy = _TIDY_EVERY
        old = now - self._longest
        idle = [
            chat_id
            for chat_id, window in self._chats.items()
            if window.in_flight == 0 and (not window.answered or window.answered[-1] < old)
        ]
        for chat_id in idle:
            del self._chats[chat_id]
