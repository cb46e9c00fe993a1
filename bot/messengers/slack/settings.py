"""What the Slack messenger is told, and the pacing that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.messengers.contract import Pacing, Rate

NAME = "slack"
"""The messenger's name in chat addresses, and the account it receives as: Slack's ids are unique among all
workspaces, so that nothing has to keep two apps' keys apart."""

CUSTOMIZE = "chat:write.customize"
"""The scope that shows agents by their own names."""

PER_CHANNEL = Rate(1, 1.0)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """The settings under `slack.`. Without `api_base` it is Slack's own server.

    `app_token` opens Socket Mode's connections, `connections` of them; `signing_secret` proves that Slack posted what
    comes over HTTP. `silence` is after how many seconds without a sign of life a connection is asked for one; half as
    long again, and it is given up. `names`: agents are shown by their names. `customer_channels` are shared with
    customers.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_base: str | None = None
    mode: Literal["socket", "http"] = "socket"
    channel: Rate = PER_CHANNEL
    connections: int = 2
    silence: float = 12.0
    names: bool = False
    customer_channels: frozenset[str] = frozenset()


def pacing_of(settings: SlackSettings) -> Pacing:
    """The windows that hold for a channel; direct messages count as channels."""
    return Pacing(private=(settings.channel,), group=(settings.channel,))
