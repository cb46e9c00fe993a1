"""Which desks there are, and what may be wrong between them.

Three desks are there from the start: how-to (the default one), bugs and wishes. The settings change them and add
others. Only when a desk of another name is made the default do the three stand back: then there are those that
the settings name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.settings.faults import line
from domain.policy import LEADS, Desk
from domain.texts import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.settings.sections import DeskSettings

STANDARD = {"howto": "❓", "bugs": "🐞", "wishes": "💡"}
"""The desks that need no settings, with their icons; the first is the default."""

OWN_ICON = "💬"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def built(named: Mapping[str, DeskSettings], locale: str) -> tuple[Desk, ...]:
    """The desks as the handlers know them; titles in `locale` where the settings give none."""
    given = {name: desk.default for name, desk in named.items()}
    default = _default(given)
    desks = []
    for name in _present(given):
        desk = named.get(name)
        title = (desk and desk.title) or (
            text(locale, f"desk_title.{name}") if name in STANDARD else name.capitalize()
        )
        icon = desk.icon if desk and desk.icon is not None else STANDARD.get(name, OWN_ICON)
        mirror = (desk and desk.mirror) or ("all" if name == default else "replies")
        desks.append(Desk(name, title, icon, mirror, desk.chat if desk else None, default=name == default))
    return tuple(desks)


def faults(raw: Mapping[str, Any]) -> list[str]:
    """What is wrong between desks in settings as they were written, whatever else is wrong with them."""
    tables = raw.get("desks")
    named = (
        {str(n): t if isinstance(t, dict) else {} for n, t in tables.items()}
        if isinstance(tables, dict)
        else {}
    )
    return [*_names(named), *_defaults(named), *_chats(named, raw.get(LEADS))]


def _present(given: Mapping[str, bool | None]) -> list[str]:
    own_default = any(default and name not in STANDARD for name, default in given.items())
    return list(given) if own_default else [*STANDARD, *(n for n in given if n not in STANDARD)]


def _default(given: Mapping[str, bool | None]) -> str:
    chosen = next((name for name, default in given.items() if default), "")
    return chosen or next(iter(STANDARD))


def _names(named: Mapping[str, Any]) -> Iterator[str]:
    for name in named:
        if name == LEADS:
            yield line(
                f"desks.{name}",
                None,
                "this name is the leads' own",
                "write leads.chat, or choose another name",
            )
        elif not _NAME.fullmatch(name):
            yield line(
                f"desks.{name}",
                None,
                "not a desk's name",
                "use small letters, digits, _ and -, a letter first",
            )


def _defaults(named: Mapping[str, Any]) -> Iterator[str]:
    chosen = [name for name, table in named.items() if _true(table.get("default"))]
    for name in chosen[1:]:
        yield line(
            f"desks.{name}.default",
            "true",
            f"{chosen[0]} is the default desk already",
            "leave it on one of them",
        )
    first = next(iter(STANDARD))
    if not chosen and _false(named.get(first, {}).get("default")):
        yield line(
            f"desks.{first}.default",
            "false",
            "no desk is the default one",
            "set default = true on another desk",
        )


def _chats(named: Mapping[str, Any], leads: object) -> Iterator[str]:
    taken: dict[str, str] = {}
    given = {name: _true(table.get("default")) for name, table in named.items()}
    chats = {f"desks.{n}.chat": t["chat"] for n, t in named.items() if isinstance(t.get("chat"), str)}
    if isinstance(leads, dict) and isinstance(leads.get("chat"), str):
        chats["leads.chat"] = leads["chat"]
    for name in _present(given):
        if f"desks.{name}.chat" not in chats:
            taken[f"web:{name}"] = f"desk {name}, where the settings name no chat for it,"
    for key, chat in chats.items():
        if chat in taken:
            yield line(key, chat, f"{taken[chat]} has this chat already", "give each a chat of its own")
        else:
            taken[chat] = key


def _true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in ("true", "1", "yes", "on"))


def _false(value: object) -> bool:
    return value is False or (isinstance(value, str) and value.lower() in ("false", "0", "no", "off"))
