"""The bot's profile: its commands for customers, desks and leads, and its description, in every language.

Telegram shows the entries for a person's own language, and those without a language to everybody else; these are
in the language of the settings.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

from bot.messengers.telegram.library import api, types
from bot.messengers.telegram.settings import NAME
from bot.messengers.telegram.wire import ApiError, Wire, WireError
from domain.commands import BINDING_COMMAND, DESK_COMMANDS, THREAD_COMMANDS
from domain.texts import LOCALES, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiogram.methods import TelegramMethod

_log = structlog.get_logger()

CUSTOMERS = ("status", "bug", "wish", "howto", "lang")
DESK = tuple(dict.fromkeys((*THREAD_COMMANDS, *DESK_COMMANDS)))
LEADS = DESK_COMMANDS
ADMINISTRATORS = (BINDING_COMMAND,)
"""What an administrator of a group that isn't a desk yet can do."""

_PATIENCE = 3
_LONGEST_WAIT = 60.0


class Profile:
    """Sets the profile of one bot. What is shown already isn't set again."""

    def __init__(self, wire: Wire, locale: str) -> None:
        self._wire = wire
        self._locale = locale
        self._shown: dict[tuple[str, str], Any] = {}

    async def show(self, desks: Sequence[str], leads: str | None) -> None:
        """Set it, best effort: what fails is tried again when it is called the next time."""
        for name, language in _languages(self._locale):
            for scope, commands in _scopes(desks, leads):
                wanted = [
                    types.BotCommand(command=c, description=text(name, f"commands.{c}")) for c in commands
                ]
                await self._set_commands(scope, language, wanted)
            await self._set_words(name, language)

    async def _set_commands(self, scope: Any, language: str | None, wanted: list[types.BotCommand]) -> None:
        key = (f"{scope.type}:{getattr(scope, 'chat_id', '')}", language or "")
        words = [{"command": c.command, "description": c.description} for c in wanted]
        if self._shown.get(key) == words:
            return
        shown = await self._asked(api.GetMyCommands(scope=scope, language_code=language))
        if shown != words and not await self._asked(
            api.SetMyCommands(commands=wanted, scope=scope, language_code=language)
        ):
            return
        self._shown[key] = words

    async def _set_words(self, name: str, language: str | None) -> None:
        description, short = text(name, "profile.description"), text(name, "profile.short_description")
        await self._set_text(
            ("description", language or ""),
            description,
            api.GetMyDescription(language_code=language),
            api.SetMyDescription(description=description, language_code=language),
        )
        await self._set_text(
            ("short_description", language or ""),
            short,
            api.GetMyShortDescription(language_code=language),
            api.SetMyShortDescription(short_description=short, language_code=language),
        )

    async def _set_text(
        self, key: tuple[str, str], words: str, asking: TelegramMethod[Any], setting: TelegramMethod[Any]
    ) -> None:
        if self._shown.get(key) == words:
            return
        shown = await self._asked(asking)
        if (isinstance(shown, dict) and shown.get(key[0]) == words) or await self._asked(setting):
            self._shown[key] = words

    async def _asked(self, method: TelegramMethod[Any]) -> Any:
        """The call's result, waited for when Telegram asks for patience; None when it can't be had."""
        for _ in range(_PATIENCE):
            try:
                return await self._wire.call(method)
            except WireError as error:
                wait = error.retry_after if isinstance(error, ApiError) else None
                if wait is None or wait > _LONGEST_WAIT:
                    _log.info(
                        "profile not set", messenger=NAME, call=method.__api_method__, reason=str(error)
                    )
                    return None
                await asyncio.sleep(wait)
        return None


def _languages(locale: str) -> Iterator[tuple[str, str | None]]:
    """The language of the texts, and the language code that they are set for."""
    yield locale, None
    for name in LOCALES:
        yield name, name


def _scopes(desks: Sequence[str], leads: str | None) -> Iterator[tuple[Any, Sequence[str]]]:
    yield types.BotCommandScopeAllPrivateChats(), CUSTOMERS
    yield types.BotCommandScopeAllChatAdministrators(), ADMINISTRATORS
    for chat in desks:
        yield types.BotCommandScopeChat(chat_id=chat), DESK
    if leads is not None and leads not in desks:
        yield types.BotCommandScopeChat(chat_id=leads), LEADS
