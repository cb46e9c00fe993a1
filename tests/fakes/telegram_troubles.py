"""Troubles on order: faults that the next calls meet, and the rates beyond which Telegram answers 429."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.fakes.telegram_world import ApiError

Trouble = Literal["error", "html", "drop", "drop_after", "delay", "delay_after"]

SENDS = frozenset(
    [
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "sendAnimation",
        "sendAudio",
        "sendVoice",
        "sendVideo",
        "sendVideoNote",
        "sendSticker",
        "sendLocation",
        "sendVenue",
        "sendContact",
        "sendPoll",
        "sendDice",
        "sendMediaGroup",
        "copyMessage",
        "copyMessages",
        "forwardMessage",
        "forwardMessages",
    ]
)
"""Methods that count against the rates."""


@dataclass(slots=True)
class Fault:
    """What the next `times` calls of `method` (any, when empty) meet; without `times`, all until cleared.

    `error`: answered with `status` and `description`; `html`: a gateway's page instead of JSON; `drop`: the
    connection breaks before anything happened; `drop_after`: after it happened; `delay`, `delay_after`: the
    answer takes `seconds`, waiting before or after it happens. `chat` narrows it to one chat.
    """

    trouble: Trouble
    method: str = ""
    times: int | None = 1
    status: int = 500
    description: str = "Internal Server Error"
    retry_after: int = 0
    seconds: float = 0.0
    chat: int | None = None

    def error(self) -> ApiError:
        if self.retry_after:
            sentence = f"Too Many Requests: retry after {self.retry_after}"
            return ApiError(429, sentence, retry_after=self.retry_after)
        return ApiError(self.status, self.description)


@dataclass(slots=True)
class Troubles:
    """The faults in force, first come first served."""

    faults: list[Fault] = field(default_factory=list)

    def meet(self, method: str, chat: object) -> Fault | None:
        """The fault that this call meets, if any; counts it."""
        for fault in self.faults:
            if fault.method not in ("", method) or (fault.chat is not None and str(fault.chat) != str(chat)):
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
            return fault
        return None


@dataclass(slots=True)
class Limits:
    """Sliding windows: (count, seconds) per private chat, per group and over all. Empty ones don't limit."""

    private: Sequence[tuple[int, float]] = ()
    group: Sequence[tuple[int, float]] = ()
    total: Sequence[tuple[int, float]] = ()
    refused: int = 0
    _seen: Mapping[str, deque[float]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=4096)))

    def admit(self, chat: object, messages: int = 1) -> None:
        """Count a send, or raise 429 with the seconds to wait."""
        if not (self.private or self.group or self.total):
            return
        now = time.monotonic()
        key = str(chat)
        windows = [(key, w) for w in (self.group if key.startswith("-") else self.private)]
        windows += [("", w) for w in self.total]
        wait = max((self._wait(name, now, *window) for name, window in windows), default=0.0)
        if wait > 0:
            self.refused += 1
            seconds = math.ceil(wait)
            raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        for _ in range(messages):
            self._seen[key].append(now)
            self._seen[""].append(now)

    def _wait(self, name: str, now: float, count: int, seconds: float) -> float:
        recent = [t for t in self._seen[name] if t > now - seconds]
        return 0.0 if len(recent) < count else recent[-count] + seconds - now
