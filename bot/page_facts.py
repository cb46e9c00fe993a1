"""What the built-in pages show of the rest of the program: greeting, commands, and which desks are theirs now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.messengers.web.facts import CommandFacts, DeskFacts, PageFacts
from bot.ticket_facts import WebTickets
from domain.commands import DESK_COMMANDS, THREAD_COMMANDS
from domain.hours_words import greeting, hours, within
from domain.policy import LEADS
from domain.texts import moment, text
from escalation.hours import NeverOpen
from handlers import crossing, timekeeping
from storage import chats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from domain.events import ChatSeen, PersonSeen
    from domain.policy import Policy
    from storage import Connection
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

    async def promise(locale: str, timezone: str) -> str:
        return await db.read(_promise, policy(), locale, timezone)

    async def elsewhere(native: str) -> str | None:
        return await db.read(crossing.elsewhere, *_web(policy()), native)

    async def cross(chat: ChatSeen, person: PersonSeen) -> str:
        return await db.run(crossing.begin, *_web(policy()), chat, person, datetime.now(UTC))

    return PageFacts(
        promise=promise,
        elsewhere=elsewhere,
        offers=lambda: _offers(policy()),
        cross=cross,
        start_link=lambda messenger, word: _start_link(policy(), messenger, word),
        tickets=WebTickets(db),
        greeting=lambda locale: greeting(locale, policy()),
        commands=_commands,
        desks=desks,
        note_prefix=note_prefix,
        default_locale=locale,
    )


def _web(policy: Policy) -> tuple[str, str]:
    """The built-in messenger and its account."""
    return "web", policy.accounts.get("web", "")


def _offers(policy: Policy) -> Sequence[str]:
    """Messengers in which a private chat with the bot can be begun by a link now."""
    return [name for name in policy.capabilities if _start_link(policy, name, "page")]


def _start_link(policy: Policy, messenger: str, word: str) -> str | None:
    caps = policy.capabilities.get(messenger)
    return caps.start_link(word) if caps is not None and caps.start_link is not None else None


def _promise(conn: Connection, policy: Policy, locale: str, timezone: str) -> str:
    """How soon the default desk answers, or when it is back, in the reader's own time where that is known; its hours."""
    desk, now = policy.default_desk, datetime.now(UTC)
    try:
        calendar = timekeeping.calendar_of(conn, policy, desk.name)
    except NeverOpen:
        return ""
    if calendar.closed_since(now) is None:
        length = desk.first_response or policy.first_response
        promised = text(locale, "promise.open", within=within(locale, length))
    else:
        opening = calendar.next_opening(now)
        if opening is None:
            return ""
        when = moment(locale, opening, now, timezone or calendar.hours.timezone)
        promised = text(locale, "promise.closed", when=when)
    return "\n".join(filter(None, (promised, hours(locale, policy.hours_of(desk.name)))))


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
