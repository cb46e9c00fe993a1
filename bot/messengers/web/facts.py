"""What the pages show that only the rest of the program knows: the composition hands it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bot.messengers.web.tickets import NoTickets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.messengers.web.tickets import Tickets
    from domain.events import ChatSeen, PersonSeen


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """One staff chat as the list shows it. `mirror`: which answers reach the customer by themselves."""

    chat: str
    title: str
    icon: str = ""
    mirror: Literal["all", "replies", ""] = "all"


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """A command that the composer offers. `usage` is what one would type (`snooze 2h`), `where` it makes sense."""

    name: str
    usage: str
    about: str
    where: Literal["thread", "desk"] = "thread"


async def _no_promise(_locale: str, _timezone: str) -> str:
    return ""


async def _no_desks() -> Sequence[DeskFacts]:
    return ()


async def _answered_here(_native: str) -> str | None:
    return None


async def _no_crossing(_chat: ChatSeen, _person: PersonSeen) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """`greeting`, `promise` and `commands` take a locale; `desks` are the staff chats bound to this messenger now.

    `promise` is a short line: how soon somebody answers now, or when the team is back, in the reader's time zone
    where it is known; and on a second line the working hours. `elsewhere` names the messenger in which a customer of this one is answered instead, `offers` those
    in which they could be. `cross` gives a word, good once, with which the customer becomes one with whoever hands it
    over there by `start_link` (a messenger's name and the word). `answer_command` is what "Send to customer" puts before the text, without its slash.
    """

    greeting: Callable[[str], str] = lambda _locale: ""
    promise: Callable[[str, str], Awaitable[str]] = _no_promise
    commands: Callable[[str], Sequence[CommandFacts]] = lambda _locale: ()
    elsewhere: Callable[[str], Awaitable[str | None]] = _answered_here
    offers: Callable[[], Sequence[str]] = tuple
    cross: Callable[[ChatSeen, PersonSeen], Awaitable[str]] = _no_crossing
    start_link: Callable[[str, str], str | None] = lambda _messenger, _word: None
    desks: Callable[[], Awaitable[Sequence[DeskFacts]]] = _no_desks
    tickets: Tickets = field(default_factory=NoTickets)
    note_prefix: str = "//"
    answer_command: str = "answer"
    default_locale: str = "ru"
