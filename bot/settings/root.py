"""All settings of one Okno, checked together, and what the rest of the program takes from them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, ModelWrapValidatorHandler, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings import desk_rules, sections, time_rules
from bot.settings.faults import BadSettings, line, lines_of
from bot.settings.sources import (
    SECRETS,
    EnvironmentSource,
    FileSource,
    SecretsSource,
    Unreadable,
    secrets_in_public,
    variable,
)
from bot.settings.values import Listed, Locale, PersonAddress
from domain.policy import Address, Capabilities, Desk, Interval, Policy, WorkingHours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from bot.messengers.slack.settings import SlackSettings
    from bot.messengers.telegram.settings import TelegramSettings
    from bot.messengers.web.settings import WebSettings

NOT_YET_IN_FORCE = (
    "pachca.*",
    "desks.*.closed_topics",
)
"""Keys that are accepted but that nothing heeds yet; a star stands for any name."""


class Settings(BaseSettings):
    """Everything that settings can say. `load` makes one; making it directly tells faults the same way."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    locale: Locale = "ru"
    """language of what customers and staff read when theirs is unknown: `ru` or `en`"""
    note_prefix: Annotated[str, Field(min_length=1, max_length=8, pattern=r"^\S+$")] = "//"
    """a staff message (or caption; of an album, any of its captions) that starts so is a note"""
    admins: Annotated[tuple[PersonAddress, ...], Listed] = ()
    """people (`telegram:42`) who may bind desks; besides them whoever sent `/claim CODE` to the bot, and on the staff page the first agent"""
    storage: sections.Storage = sections.Storage()
    telegram: sections.Telegram = sections.Telegram()
    slack: sections.Slack = sections.Slack()
    pachca: sections.Pachca = sections.Pachca()
    web: sections.Web = sections.Web()
    desks: dict[str, sections.DeskSettings] = {}
    leads: sections.Leads = sections.Leads()
    working_hours: sections.WorkingHoursSettings = sections.WorkingHoursSettings()
    sla: sections.Sla = sections.Sla()
    tiers: dict[str, sections.Tier] = {}
    rota: sections.Rota = sections.Rota()
    tickets: sections.Tickets = sections.Tickets()
    csat: sections.Csat = sections.Csat()
    agents: sections.Agents = sections.Agents()
    limits: sections.Limits = sections.Limits()
    retention: sections.Retention = sections.Retention()
    files: sections.Files = sections.Files()
    sentry: sections.Sentry = sections.Sentry()
    log: sections.Log = sections.Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 – the names are pydantic's
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the secrets directory, that over the file."""
        return EnvironmentSource(settings_cls), SecretsSource(settings_cls), FileSource(settings_cls)

    @model_validator(mode="wrap")
    @classmethod
    def _all_faults_at_once(cls, raw: object, validate: ModelWrapValidatorHandler[Settings]) -> Settings:
        between = [*_secrets_in_public(), *desk_rules.faults(raw if isinstance(raw, dict) else {})]
        try:
            settings = validate(raw)
        except ValidationError as error:
            raise BadSettings(lines_of(error, cls) + between) from None
        between += time_rules.faults(settings.working_hours, settings.desks)
        between += _desks_among_customers(settings)
        if between:
            raise BadSettings(between)
        return settings

    def policy(
        self,
        capabilities: Mapping[str, Capabilities],
        accounts: Mapping[str, str],
        claim_code: str = "",
    ) -> Policy:
        """The rules that the handlers read; raises BadSettings when a chat lies in a messenger that is off."""
        if faults := self.chats_out_of_reach(capabilities):
            raise BadSettings(faults)
        return Policy(
            desks=self.built_desks,
            home="web",
            locale=self.locale,
            note_prefix=self.note_prefix,
            admins=frozenset(str(admin) for admin in self.admins),
            claim_code=claim_code,
            leads_address=self.leads_chat,
            hours=self.hours,
            first_response=self.sla.first_response,
            next_response=self.sla.next_response,
            remind_at=time_rules.reminders(self.sla.remind_at),
            repeat_breach=self.sla.repeat_breach,
            tiers=time_rules.tiers(self.tiers),
            rota=time_rules.rota(self.rota, self.working_hours.timezone),
            leads_mentions=self.leads.mentions,
            auto_close=self.tickets.auto_close or None,
            reopen_within=self.tickets.reopen_within,
            keep_messages=self.retention.messages,
            keep_files=self.retention.files or self.retention.messages,
            csat=self.csat.enabled,
            customer_messages=(
                self.limits.customer_messages.count,
                timedelta(seconds=self.limits.customer_messages.seconds),
            ),
            show_agents=self.agents.show,
            capabilities=capabilities,
            accounts=accounts,
        )

    @property
    def built_desks(self) -> tuple[Desk, ...]:
        """The desks there are; the addresses only of messengers that are built by now."""
        built = desk_rules.built(self.desks, self.locale)
        return tuple(self._timed(replace(desk, address=_in_force(desk.address))) for desk in built)

    def _timed(self, desk: Desk) -> Desk:
        """The desk with its own hours, targets and assignment."""
        written = self.desks.get(desk.name)
        if written is None:
            return desk
        hours, sla = written.working_hours, written.sla
        first, following = time_rules.own_targets(sla)
        given = sla.model_fields_set if sla else set()
        return replace(
            desk,
            hours=time_rules.working_hours(hours, self.hours) if hours else None,
            first_response=first,
            next_response=following,
            remind_at=time_rules.reminders(sla.remind_at) if sla and "remind_at" in given else None,
            repeat_breach=sla.repeat_breach if sla and "repeat_breach" in given else None,
            assign=written.assign,
            assign_timeout=written.assign_timeout or None,
        )

    def chats_out_of_reach(self, switched_on: Collection[str]) -> list[str]:
        """A line for each chat that the settings name in a messenger that is not switched on."""
        return [
            line(key, str(chat), f"{chat.messenger} is not switched on", _SWITCH_ON[chat.messenger])
            for key, chat in self.chats()
            if chat.messenger in BUILT and chat.messenger not in switched_on
        ]

    @property
    def leads_chat(self) -> Address | None:
        """The leads' chat, when the settings name one that is in force."""
        return _in_force(self.leads.chat)

    def secrets(self) -> list[str]:
        """Every secret that is set, for whatever must keep them out of sight."""
        found = [_at(self, key) for key in sorted(SECRETS)]
        password = re.search(r"://[^:@/]*:([^@]+)@", self.storage.url)
        return [_open(secret) for secret in found if secret] + ([password[1]] if password else [])

    def telegram_settings(self) -> TelegramSettings | None:
        """What the Telegram messenger is told; None when it is off."""
        if self.telegram.token is None:
            return None
        from bot.messengers.contract import Rate
        from bot.messengers.telegram.settings import TelegramLimits, TelegramSettings

        limits = self.telegram.limits
        return TelegramSettings(
            token=self.telegram.token.get_secret_value(),
            api_base=self.telegram.api_base,
            mode=self.telegram.mode,
            webhook_url=self.telegram.webhook_url,
            webhook_secret=_open(self.telegram.webhook_secret) or None,
            server=self.telegram.server,
            limits=TelegramLimits(
                chat=Rate(limits.chat.count, limits.chat.seconds),
                burst=limits.chat_burst,
                group=Rate(limits.group.count, limits.group.seconds),
                total=Rate(limits.total.count, limits.total.seconds),
            ),
        )

    def slack_settings(self) -> SlackSettings | None:
        """What the Slack messenger is told; None when it is off."""
        if self.slack.bot_token is None:
            return None
        from bot.messengers.contract import Rate
        from bot.messengers.slack.settings import SlackSettings

        channel = self.slack.limits.channel
        return SlackSettings(
            bot_token=_open(self.slack.bot_token),
            app_token=_open(self.slack.app_token),
            signing_secret=_open(self.slack.signing_secret),
            api_base=self.slack.api_base and self.slack.api_base.rstrip("/") + "/",
            mode=self.slack.mode,
            channel=Rate(channel.count, channel.seconds),
            names=self.agents.show == "name",
            customer_channels=frozenset(self.slack.customer_channels),
        )

    def messenger_settings(self) -> dict[str, TelegramSettings | SlackSettings]:
        """What each messenger that has credentials is told; the built-in one needs none and isn't among them."""
        told = {"telegram": self.telegram_settings(), "slack": self.slack_settings()}
        return {name: settings for name, settings in told.items() if settings is not None}

    def web_settings(self) -> WebSettings:
        """What the built-in messenger is told."""
        from bot.messengers.web.settings import WebSettings

        return WebSettings(
            enabled=self.web.enabled,
            host=self.web.host,
            port=self.web.port,
            public_url=self.web.public_url or "",
            embed_origins=self.web.embed_origins,
            identity_secret=_open(self.web.identity_secret),
        )

    @property
    def hours(self) -> WorkingHours:
        """The general working hours."""
        return time_rules.working_hours(self.working_hours, WorkingHours("", EVERY_DAY))

    def chats(self) -> Iterator[tuple[str, Address]]:
        """The chats that the settings name, each with its key."""
        for name, desk in self.desks.items():
            if desk.chat:
                yield f"desks.{name}.chat", desk.chat
        if self.leads.chat:
            yield "leads.chat", self.leads.chat

    def not_yet_in_force(self) -> list[str]:
        """The keys that are set although nothing heeds them yet."""
        late = [key for key in _given(self) if any(fnmatchcase(key, late) for late in NOT_YET_IN_FORCE)]
        late += [f"{key} ({chat.messenger})" for key, chat in self.chats() if chat.messenger not in BUILT]
        return sorted(late)

    def web_base(self, port: int) -> str:
        """The address under which people reach the HTTP server, without a slash at the end.

        `port` is the one it really listens on (the settings may leave it to the system).
        """
        if self.web.public_url:
            return self.web.public_url
        return _address("localhost" if self.web.host in EVERYWHERE else self.web.host, port)

    def loopback_base(self, port: int) -> str:
        """The address under which commands on this machine reach the HTTP server."""
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – compared with, not bound to
        return _address(loopback.get(self.web.host, self.web.host), port)


EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 – compared with, not bound to

BUILT = ("telegram", "slack", "web")
"""The messengers there are by now; chats in others are accepted and wait."""

_SWITCH_ON = {
    "telegram": "set OKNO_TELEGRAM__TOKEN, or take this key out",
    "slack": "set OKNO_SLACK__BOT_TOKEN, or take this key out",
    "web": "set web.enabled = true, or take this key out",
}

EVERY_DAY = ((Interval(time(10), time(20)),),) * 7


def load() -> Settings:
    """Read the settings from everywhere. Raises BadSettings with everything that is wrong."""
    try:
        return Settings()
    except Unreadable as error:
        raise BadSettings([str(error)]) from None


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _desks_among_customers(settings: Settings) -> Iterator[str]:
    """What staff say in a desk isn't for customers: a channel can't be both."""
    for key, chat in settings.chats():
        if chat.messenger == "slack" and chat.native in settings.slack.customer_channels:
            yield line(
                key,
                str(chat),
                "is one of slack.customer_channels, where customers read along",
                "take it out of there, or give the desk a channel of its own",
            )


def _secrets_in_public() -> Iterator[str]:
    for key in secrets_in_public():
        yield line(
            key,
            None,
            "a secret doesn't belong into this file",
            f"set {variable(key)}, or put it into a secrets directory",
        )


def _at(settings: Settings, key: str) -> SecretStr | None:
    section, name = key.split(".")
    secret: SecretStr | None = getattr(getattr(settings, section), name)
    return secret


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _in_force(chat: Address | None) -> Address | None:
    return chat if chat and chat.messenger in BUILT else None


def _given(section: BaseModel, prefix: str = "") -> Iterator[str]:
    """The keys that somebody set, without those of sections they stand in."""
    for name in sorted(section.model_fields_set):
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _given(value, f"{prefix}{name}.")
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from _given(inner, f"{prefix}{name}.{key}.")
        else:
            yield f"{prefix}{name}"
