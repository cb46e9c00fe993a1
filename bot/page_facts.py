"""What the built-in pages show of the rest of the program: greeting, commands, and which desks are theirs now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messengers.web.facts import CommandFacts, DeskFacts, PageFacts
from domain.commands import DESK_COMMANDS, THREAD_COMMANDS
from domain.hours_words import greeting
from domain.policy import LEADS
from domain.texts import text
from storage import chats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.policy import Policy
    from storage.database import Database
    from storage.query import Row

_ARGUMENTS = {
    "snooze": "2h",
    "move": "bugs",
    "assign": "@",
    "answer": "…",
    "note": "…",
    "tier": "vip",
    "away": "2h",
    "handover": "@",
}


def page_facts(db: Database, policy: Callable[[], Policy], note_prefix: str, locale: str) -> PageFacts:
    """The facts; what may change is read whenever a page asks. `policy` is called only then."""

    async def desks() -> Sequence[DeskFacts]:
        return _desks(policy(), await db.read(chats.bindings))

    return PageFacts(
        greeting=lambda locale: greeting(locale, policy()),
        commands=_commands,
        desks=desks,
        note_prefix=note_prefix,
        default_locale=locale,
    )


def _commands(locale: str) -> Sequence[CommandFacts]:
    return [
        CommandFacts(
            name,
            f"{name} {_ARGUMENTS[name]}" if name in _ARGUMENTS else name,
            text(locale, f"commands.{name}"),
            "thread" if name in THREAD_COMMANDS else "desk",
        )
        for name in dict.fromkeys((*THREAD_COMMANDS, *DESK_COMMANDS))
    ]


def _desks(policy: Policy, bindings: Sequence[Row]) -> Sequence[DeskFacts]:
    """Those bound to the built-in messenger, in the order of the settings; the leads' last."""
    natives = {row.name: row.native for row in bindings if row.messenger == "web"}
    found = [
        DeskFacts(natives[desk.name], desk.title, desk.icon, desk.mirror)
        for desk in policy.desks
        if desk.name in natives
    ]
    if LEADS in natives:
        found.append(DeskFacts(natives[LEADS], text(policy.locale, "desk.leads"), "", ""))
    return found
