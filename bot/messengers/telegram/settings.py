"""What the Telegram messenger is told, and the pacing that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.messengers.contract import Pacing, Rate

NAME = "telegram"
"""The messenger's name in chat addresses."""

PER_CHAT = Rate(1, 1.0)
PER_GROUP = Rate(20, 60.0)
IN_ALL = Rate(30, 1.0)


@dataclass(frozen=True, slots=True)
class TelegramLimits:
    """The rates under `telegram.limits`; `burst` messages may go to one chat at once."""

    chat: Rate = PER_CHAT
    burst: int = 5
    group: Rate = PER_GROUP
    total: Rate = IN_ALL


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """The settings under `telegram.`. Without `api_base` it is Telegram's own server.

    `server`: whether the one at `api_base` runs with --local, so that large files go through its disk.

    `poll_seconds` is how long a poll waits for news; Telegram grants 50 at most.
    """

    token: str = field(repr=False)
    api_base: str | None = None
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    server: Literal["cloud", "local"] = "cloud"
    limits: TelegramLimits = TelegramLimits()
    poll_seconds: int = 50


def pacing_of(limits: TelegramLimits) -> Pacing:
    """The windows that hold for private chats, groups and the whole account."""
    chat = _with_burst(limits.chat, limits.burst)
    return Pacing(private=(chat,), group=(limits.group, chat), total=(limits.total,))


def _with_burst(rate: Rate, burst: int) -> Rate:
    """A window that lets so many go at once and keeps the rate in the long run."""
    if burst <= rate.count:
        return rate
    return Rate(burst, burst * rate.seconds / rate.count)
