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
    """the database; or `postgresql+asyncpg://user@host/name`: see [postgresql.md](postgresql.md)"""


class TelegramLimits(Section):
    """Pacing of what is sent: per chat, its burst, per group, and over all."""

    chat: Allowance = PerTime(1, 1.0)
    """pacing of what is sent to one chat,"""
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 5
    """of which so many may go at once;"""
    group: Allowance = PerTime(20, 60.0)
    """to one group;"""
    total: Allowance = PerTime(30, 1.0)
    """to all chats together. A server of one's own, or a paid allowance, permits more"""


class Telegram(Section):
    """The Telegram bot; off without a token."""

    token: Annotated[SecretStr, AfterValidator(_telegram_token)] | None = None
    """bot token from @BotFather; without one, Telegram is off"""
    api_base: WebAddress | None = None
    """base address of a Bot API server of one's own; without it, Telegram's"""
    mode: Literal["polling", "webhook"] = "polling"
    """or `webhook`, with the next two"""
    webhook_url: WebAddress | None = None
    """the public address that leads to `/telegram/webhook` here"""
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = None
    """what Telegram sends along, so that nobody else can"""
    server: Literal["cloud", "local"] = "cloud"
    """or `local`: the server at `telegram.api_base` runs with `--local`, so that files of up to 2000 MB come and go (otherwise 20 MB in, 50 MB out). It names files by their path: share its folder with Okno, at the same path"""
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
    """how much is sent to one channel or person"""


class Slack(Section):
    """The Slack app; off without a bot token."""

    bot_token: SlackBotToken | None = None
    """the app's Bot User OAuth Token (`xoxb-…`); Slack is on when it is set, see [Slack](slack.md)"""
    app_token: SlackAppToken | None = None
    """its app-level token (`xapp-…`) with `connections:write`, for `socket`"""
    signing_secret: SecretStr | None = None
    """its signing secret, for `http`"""
    api_base: WebAddress | None = None
    """base address of the Web API, when it isn't Slack's own; ends in `/api/`"""
    mode: Literal["socket", "http"] = "socket"
    """connections that the app opens, no public address needed; or `http`: Slack posts to `/slack/events`"""
    limits: SlackLimits = SlackLimits()
    customer_channels: Annotated[tuple[SlackChannel, ...], Listed] = ()
    """ids (`C0123ABCD`) of [channels shared with customers](slack.md#channels-shared-with-customers)"""

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
    """Pachca bot"""
    signing_secret: SecretStr | None = None
    """its signing secret"""
    api_base: WebAddress | None = None
    """base address of its API"""


class Web(Section):
    """The HTTP server and the built-in messenger on it."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """where the HTTP server listens: pages, webhooks, health and metrics share it"""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """`0` takes a free one and prints it"""
    largest_file: FileSize = Size(50 * 1024**2)
    """how large a file may be on the pages, whoever sends it"""
    enabled: bool = True
    """serve the pages for customers and staff (health and metrics are served anyway)"""
    public_url: WebAddress | None = None
    """the address behind a proxy, used in links"""
    embed_origins: Annotated[tuple[WebAddress, ...], Listed] = ()
    """sites that may embed the [widget](web.md), like `https://app.example.org`"""
    identity_secret: Annotated[SecretStr, AfterValidator(_identity_secret)] | None = None
    """signs the host product's users (JWT, HS256), see [identities](web.md#identities); 32 characters or more"""


class Weekly(Section):
    """The intervals of each day of the week; a day left out is closed."""

    mon: Hours = ()
    """once there is a weekly table, a day left out is closed; without one it is every day `10:00-20:00`"""
    tue: Hours = ()
    """as above"""
    wed: Hours = ()
    """as above"""
    thu: Hours = ()
    """as above"""
    fri: Hours = ()
    """as above"""
    sat: Hours = ()
    """as above"""
    sun: Hours = ()
    """as above"""

    @property
    def days(self) -> tuple[tuple[Interval, ...], ...]:
        """Monday first."""
        return tuple(getattr(self, day) for day in DAYS)


class Holidays(Section):
    """Days that don't follow the week."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """a country (`RU`) whose public holidays are closed"""
    closed: Annotated[tuple[Day, ...], Listed] = ()
    """dates (`2026-12-31`) that are closed besides"""
    open: Annotated[tuple[Day, ...], Listed] = ()
    """dates that are worked all the same, by that weekday's schedule, or by the week's first when that day is closed"""


class WorkingHoursSettings(Section):
    """When the team is there; without `weekly`, every day from 10 to 20."""

    timezone: TimeZone = "Europe/Moscow"
    """the team's time zone"""
    weekly: Weekly | None = None
    holidays: Holidays = Holidays()


class Sla(Section):
    """How soon customers are answered, in working time."""

    first_response: Target = timedelta(minutes=15)
    """working time until the first answer, as the greeting promises it"""
    next_response: Target = timedelta(minutes=15)
    """working time until the next answer, when the customer writes again"""
    remind_at: Annotated[tuple[Reminder, ...], Listed] = ("66%",)
    """after which share of the target, or which working time (`10m`), the thread is reminded"""
    repeat_breach: Target = timedelta(minutes=15)
    """how often a breach that goes on is pinged again: three times, then every hour"""


class DeskSettings(Section):
    """One desk; what is None follows the general settings or the desk's own default."""

    chat: ChatAddress | None = None
    """the desk's chat; without it `web:<name>`, or the chat where an admin wrote `/desk <name>`. An address here wins over that"""
    title: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """what people read; `Вопросы`, `Баги`, `Пожелания` (`How-to`, `Bugs`, `Wishes`) for the three standard desks"""
    icon: Annotated[str, Field(max_length=8)] | None = None
    """an emoji before the title"""
    default: bool | None = None
    """where new tickets go: `howto` unless another desk says `true`"""
    mirror: Mirror | None = None
    """what goes to the customer: `all` that agents write in the thread (the default desk's default), or only `replies` to the customer's messages (everybody else's)"""
    working_hours: WorkingHoursSettings | None = None
    """a table like `working_hours`, over the general one; without a week of its own it follows that one's"""
    sla: Sla | None = None
    """a table like `sla`; only what it names is other than the general"""
    assign: Literal["queue", "duty", "even"] = "queue"
    """who has a new ticket: whoever takes it (`queue`), the first on duty (`duty`), or who on duty has the fewest open (`even`)"""
    assign_timeout: Duration | None = None
    """working time after which a ticket that was assigned and not answered goes to the next on duty"""
    closed_topics: Duration | None = None
    """after how long closed topics are deleted"""


class Leads(Section):
    """Where breaches are pinged."""

    chat: ChatAddress | None = None
    """the team leads' chat; may be bound with `/desk leads`"""
    mentions: Annotated[tuple[str, ...], Listed] = ()
    """people (`telegram:42`) whom pings mention"""


class Tier(Section):
    """Targets for customers of a tier."""

    first_response: Target | None = None
    """target for customers of a tier (`/tier NAME`); it wins over the desk's"""
    next_response: Target | None = None
    """as above"""


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
    """who is on duty when: `{days = "mon-fri", hours = "10:00-15:00", timezone = "Asia/Novosibirsk", agents = ["telegram:42"]}`"""


class Tickets(Section):
    """When tickets reopen and close by themselves."""

    reopen_within: Duration = timedelta(hours=24)
    """a customer who writes again so soon after closing reopens the ticket; later a new one opens"""
    auto_close: Duration = timedelta(hours=72)
    """a ticket that waits for its customer so long is closed silently; `0s` never"""


class Csat(Section):
    """Asking customers for a rating."""

    enabled: bool = True
    """ask for a rating when an answered ticket is closed by an agent; at most once a week per customer"""


class Agents(Section):
    """How agents appear to customers."""

    show: Literal["team", "name"] = "team"
    """`name`: customers see who answers, where the messenger can show it"""


class Limits(Section):
    """How much of one customer reaches a desk message by message."""

    customer_messages: Allowance = PerTime(30, 60.0)
    """above it a customer's texts reach the desk joined, what isn't text waits behind a button; nothing is dropped"""


def _a_day(kept: timedelta) -> timedelta:
    if kept < timedelta(days=1):
        raise fault("less than a day", "platforms repeat events for a day; write 1d or more")
    return kept


Kept = Annotated[Duration, AfterValidator(_a_day)]


class Retention(Section):
    """After how long message text and files are deleted; None keeps them."""

    messages: Kept | None = None
    """after how long what people wrote is deleted, a day or more: texts, their copies' records, events. Tickets, their times and ratings stay. Without it everything is kept"""
    files: Kept | None = None
    """after how long files of the built-in messenger are deleted; without it, when texts are"""


class Files(Section):
    """Files on their way between messengers, and handing out those that the other side can't carry."""

    public_url: WebAddress | None = None
    """where this HTTP server is reached from outside, like `https://files.example.org`: a file that is too large for the other side's messenger is handed out there (`/files/…`), under an address that nobody guesses. Without it, both sides are told that the file didn't go"""
    links_last: Target = timedelta(days=7)
    """how long such an address is good"""
    room: FileSize = Size(1024**3)
    """how much room files take on disk on their way from one messenger to another, all together; a larger one isn't carried"""
    folder: Path | None = None
    """where they lie meanwhile: `okno-files` beside the database, cleaned at every start. A folder in memory (tmpfs) would keep them there"""


class Sentry(Section):
    """Where errors of the program are told."""

    dsn: SecretStr | None = None
    """address of a Sentry project that errors of the program are told to: their types and places in the code, never anybody's words. Needs `pip install sentry-sdk`"""
    environment: str = ""
    """what it calls this installation, like `production`"""


class Log(Section):
    """What the program writes about itself."""

    format: Literal["console", "json"] = "console"
    """or `json`"""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """`debug`, `info`, `warning` or `error`"""
