"""The sections of the settings, each key with its default. Unknown keys are errors.

What each key means stands in `docs/settings.md`, which a test holds against these classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from bot.settings.values import (
    DAYS,
    Allowance,
    ChatAddress,
    DatabaseUrl,
    Day,
    Duration,
    FileSize,
    Hours,
    Listed,
    PersonAddress,
    PerTime,
    Reminder,
    ShiftHours,
    Size,
    Target,
    TimeZone,
    WebAddress,
    fault,
)
from domain.policy import Interval, Mirror

_SHORTEST_SECRET = (
    32  # bytes of a SHA-256, below which guessing the secret is easier than breaking the signature
)


def _telegram_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
        raise fault("not a bot token", "copy the whole line from @BotFather, like 123456789:AAF…")
    return token


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
        raise fault("has characters that Telegram doesn't take", "use 1 to 256 letters, digits, _ and -")
    return secret


def _identity_secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise fault("is too short to sign with", "make one of 32 characters or more: openssl rand -hex 32")
    return secret


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)


class Storage(Section):
    """Where everything is remembered."""

    url: DatabaseUrl = "sqlite+aiosqlite:///okno.db"


class TelegramLimits(Section):
    """Pacing of what is sent: per chat, its burst, per group, and over all."""

    chat: Allowance = PerTime(1, 1.0)
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 5
    group: Allowance = PerTime(20, 60.0)
    total: Allowance = PerTime(30, 1.0)


class Telegram(Section):
    """The Telegram bot; off without a token."""

    token: Annotated[SecretStr, AfterValidator(_telegram_token)] | None = None
    api_base: WebAddress | None = None
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: WebAddress | None = None
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = None
    server: Literal["cloud", "local"] = "cloud"
    limits: TelegramLimits = TelegramLimits()

    @model_validator(mode="after")
    def _webhook_is_whole(self) -> Telegram:
        if self.mode == "webhook" and not (self.webhook_url and self.webhook_secret):
            raise fault(
                'mode = "webhook" lacks an address or a secret',
                "set telegram.webhook_url and OKNO_TELEGRAM__WEBHOOK_SECRET",
            )
        if self.server == "local" and self.api_base is None:
            raise fault(
                'server = "local" lacks the server',
                "set telegram.api_base to its address, or take this key out",
            )
        return self


def _slack_token(prefix: str, where: str) -> Callable[[SecretStr], SecretStr]:
    def checked(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(prefix):
            raise fault(f"doesn't begin with {prefix}", f"copy it from {where} at api.slack.com/apps")
        return token

    return checked


SlackBotToken = Annotated[SecretStr, AfterValidator(_slack_token("xoxb-", "OAuth & Permissions"))]
SlackAppToken = Annotated[
    SecretStr, AfterValidator(_slack_token("xapp-", "Basic Information, App-Level Tokens"))
]


def _slack_channel(channel: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]+", channel):
        raise fault(
            "isn't a channel's id", "copy it from the end of the channel's About page, like C0123ABCD"
        )
    return channel


SlackChannel = Annotated[str, AfterValidator(_slack_channel)]


class SlackLimits(Section):
    """Pacing of what is sent to a channel."""

    channel: Allowance = PerTime(1, 1.0)


class Slack(Section):
    """The Slack app; off without a bot token."""

    bot_token: SlackBotToken | None = None
    app_token: SlackAppToken | None = None
    signing_secret: SecretStr | None = None
    api_base: WebAddress | None = None
    mode: Literal["socket", "http"] = "socket"
    limits: SlackLimits = SlackLimits()
    customer_channels: Annotated[tuple[SlackChannel, ...], Listed] = ()

    @model_validator(mode="after")
    def _mode_is_whole(self) -> Slack:
        if self.bot_token and self.mode == "socket" and not self.app_token:
            raise fault(
                "Socket Mode lacks an app-level token",
                "set OKNO_SLACK__APP_TOKEN to the xapp-… with connections:write",
            )
        if self.bot_token and self.mode == "http" and not self.signing_secret:
            raise fault(
                'mode = "http" lacks a signing secret',
                "set OKNO_SLACK__SIGNING_SECRET to the one under Basic Information",
            )
        return self


class Pachca(Section):
    """The Pachca bot."""

    token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    api_base: WebAddress | None = None


class Web(Section):
    """The HTTP server and the built-in messenger on it."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    largest_file: FileSize = Size(50 * 1024**2)
    enabled: bool = True
    public_url: WebAddress | None = None
    embed_origins: Annotated[tuple[WebAddress, ...], Listed] = ()
    identity_secret: Annotated[SecretStr, AfterValidator(_identity_secret)] | None = None


class Weekly(Section):
    """The intervals of each day of the week; a day left out is closed."""

    mon: Hours = ()
    tue: Hours = ()
    wed: Hours = ()
    thu: Hours = ()
    fri: Hours = ()
    sat: Hours = ()
    sun: Hours = ()

    @property
    def days(self) -> tuple[tuple[Interval, ...], ...]:
        """Monday first."""
        return tuple(getattr(self, day) for day in DAYS)


class Holidays(Section):
    """Days that don't follow the week."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    closed: Annotated[tuple[Day, ...], Listed] = ()
    open: Annotated[tuple[Day, ...], Listed] = ()


class WorkingHoursSettings(Section):
    """When the team is there; without `weekly`, every day from 10 to 20."""

    timezone: TimeZone = "Europe/Moscow"
    weekly: Weekly | None = None
    holidays: Holidays = Holidays()


class Sla(Section):
    """How soon customers are answered, in working time."""

    first_response: Target = timedelta(minutes=15)
    next_response: Target = timedelta(minutes=15)
    remind_at: Annotated[tuple[Reminder, ...], Listed] = ("66%",)
    repeat_breach: Target = timedelta(minutes=15)


class DeskSettings(Section):
    """One desk; what is None follows the general settings or the desk's own default."""

    chat: ChatAddress | None = None
    title: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    icon: Annotated[str, Field(max_length=8)] | None = None
    default: bool | None = None
    mirror: Mirror | None = None
    working_hours: WorkingHoursSettings | None = None
    sla: Sla | None = None
    assign: Literal["queue", "duty", "even"] = "queue"
    assign_timeout: Duration | None = None
    closed_topics: Duration | None = None


class Leads(Section):
    """Where breaches are pinged."""

    chat: ChatAddress | None = None
    mentions: Annotated[tuple[str, ...], Listed] = ()


class Tier(Section):
    """Targets for customers of a tier."""

    first_response: Target | None = None
    next_response: Target | None = None


class Shift(Section):
    """Who is on duty when."""

    days: Annotated[
        str, Field(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)([-,](mon|tue|wed|thu|fri|sat|sun))*$")
    ]
    hours: ShiftHours
    timezone: TimeZone | None = None
    agents: Annotated[tuple[PersonAddress, ...], Listed]


class Rota(Section):
    """Shifts of duty."""

    shifts: tuple[Shift, ...] = ()


class Tickets(Section):
    """When tickets reopen and close by themselves."""

    reopen_within: Duration = timedelta(hours=24)
    auto_close: Duration = timedelta(hours=72)


class Csat(Section):
    """Asking customers for a rating."""

    enabled: bool = True


class Agents(Section):
    """How agents appear to customers."""

    show: Literal["team", "name"] = "team"


class Limits(Section):
    """How much of one customer reaches a desk message by message."""

    customer_messages: Allowance = PerTime(30, 60.0)


def _a_day(kept: timedelta) -> timedelta:
    if kept < timedelta(days=1):
        raise fault("less than a day", "platforms repeat events for a day; write 1d or more")
    return kept


Kept = Annotated[Duration, AfterValidator(_a_day)]


class Retention(Section):
    """After how long message text and files are deleted; None keeps them."""

    messages: Kept | None = None
    files: Kept | None = None


class Files(Section):
    """Files on their way between messengers, and handing out those that the other side can't carry."""

    public_url: WebAddress | None = None
    links_last: Target = timedelta(days=7)
    room: FileSize = Size(1024**3)
    folder: Path | None = None


class Log(Section):
    """What the program writes about itself."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"
