"""How often somebody may do something: a sliding window per person or address, bounded in memory."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

KEPT = 20_000
"""So many people or addresses are remembered; the longest idle are forgotten first."""


class Window:
    """At most `count` times within any `seconds`, each key by itself."""

    def __init__(self, bound: tuple[int, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._count, self._seconds = bound
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """0 when it may happen now, which counts it; else in how many seconds it may."""
        now = self._clock()
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while len(self._times) > KEPT:
            self._times.popitem(last=False)
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self._count:
            return times[0] + self._seconds - now
        times.append(now)
        return 0.0


class Gauge:
    """How many of something each key holds at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[str, int] = {}

    def take(self, key: str) -> bool:
        """One more, unless that is too many."""
        held = self._held.get(key, 0)
        if held >= self._most:
            return False
        self._held[key] = held + 1
        return True

    def give_back(self, key: str) -> None:
        """One less."""
        held = self._held.get(key, 0) - 1
        if held > 0:
            self._held[key] = held
        else:
            self._held.pop(key, None)
