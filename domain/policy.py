"""The rules of one Okno, as the settings give them; plain data that handlers read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from operator import eq
from typing import Literal

Mirror = Literal["all", "replies"]
Assign = Literal["queue", "duty", "even"]

LEADS = "leads"
"""The reserved name under which the leads' chat is bound; no desk may be called so."""


@dataclass(frozen=True, slots=True)
class Address:
    """A chat address, written `messenger:native`."""

    messenger: str
    native: str

    def __str__(self) -> str:
        return f"{self.messenger}:{self.native}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Open from `start` up to `end` local time; `end` at or before `start` reaches into the next day."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The weekly schedule: `weekly[0]` is Monday; and the days that don't follow it.

    `country`: whose public holidays are closed (`RU`), none when empty. `closed`: closed besides. `open`: worked
    all the same, by that weekday's schedule, or by the week's first one when that weekday is closed.
    """

    timezone: str
    weekly: tuple[tuple[Interval, ...], ...]
    country: str = ""
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a target, in percent."""

    percent: int

    def of(self, target: timedelta) -> timedelta:
        """That share of `target`."""
        return target * self.percent / 100


Reminder = Share | timedelta
"""When to remind: at a share of the target, or after so much working time."""


@dataclass(frozen=True, slots=True)
class Targets:
    """In how much working time customers of a tier are answered; None follows the desk."""

    first_response: timedelta | None = None
    next_response: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """These agents (`telegram:42`) are on duty on these weekdays (0 is Monday) in this interval of local time."""

    days: frozenset[int]
    hours: Interval
    timezone: str
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """One staff group chat for one category. `address` is set when the settings name it.

    What is None follows the general rules. `assign_timeout`: the working time after which a ticket that was
    assigned and not answered goes to the next; None leaves it.
    """

    name: str
    title: str
    icon: str
    mirror: Mirror
    address: Address | None = None
    default: bool = False
    hours: WorkingHours | None = None
    first_response: timedelta | None = None
    next_response: timedelta | None = None
    remind_at: tuple[Reminder, ...] | None = None
    repeat_breach: timedelta | None = None
    assign: Assign = "queue"
    assign_timeout: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a messenger can carry. Data: nothing asks which messenger it is.

    `max_text`, `max_caption` in UTF-16 units. `max_upload`, `max_download`: how large a file may be that is brought
    there, and one that it hands out, in bytes; None knows no bound. `max_photo`: above it a picture goes as a file. `replies_in_threads`: a message inside a thread can answer a
    single other one. `delivered_mark`, `seen_mark`: the reactions that say "delivered" and "seen". `joins`: waiting texts may be joined.
    `shares_reaction`: the bot has one reaction a message, so a customer's own takes the mark's place.
    `marks_received`: customers see a mark on their own message once it reached the desk. `threads_under_cards`: a
    thread isn't made apart from its first message; it stands under the ticket's card. `link`: a pure function
    from chat, thread and message to an address that opens there, where the messenger has such. `menus`: a button
    with options shows as a menu. `shares_chats`: some of its chats are shared with customers. `start_link`: a pure
    function from a word (64 letters, digits, `-`, `_` at most) to an address that begins a private chat with the bot,
    which is sent `/start WORD`; None while it isn't known. `says_where_answered`: customers see in the chat itself
    that they are answered elsewhere. `pings`: an `@name` in a text may reach somebody. `same_file`: a pure function that
    tells whether two references to files mean the same one. `quotes`: an answer shows which part of a message it
    quotes.
    """

    max_text: int
    max_caption: int
    max_album: int = 1
    max_upload: int | None = None
    max_download: int | None = None
    max_photo: int | None = None
    replies_in_threads: bool = True
    edits: bool = False
    deletes: bool = False
    reacts: bool = False
    buttons: bool = False
    threads: bool = False
    delivered_mark: str = "✅"
    seen_mark: str = "👀"
    shares_reaction: bool = False
    reactions: frozenset[str] | None = None
    delete_within: timedelta | None = None
    command_prefix: Literal["/", "!"] = "/"
    marks_received: bool = False
    threads_under_cards: bool = False
    menus: bool = False
    shares_chats: bool = False
    link: Callable[[str, str | None, str | None], str | None] | None = None
    same_file: Callable[[str, str], bool] = eq
    start_link: Callable[[str], str | None] | None = None
    says_where_answered: bool = False
    quotes: bool = False
    pings: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything the handlers need to know of the settings.

    `capabilities` by messenger name, only of those that are switched on; `accounts` likewise: the account
    under which each receives. `home`: the messenger where a desk is that nobody has bound to a chat.
    `file_link` gives, from a message's number, its file's name and a time in milliseconds, the address where the file
    is handed out; None when it isn't. `customer_messages`: above so many in so long a customer's texts reach the desk joined.
    """

    desks: tuple[Desk, ...]
    home: str = "home"
    locale: str = "ru"
    note_prefix: str = "//"
    admins: frozenset[str] = frozenset()
    claim_code: str = ""
    leads_address: Address | None = None
    hours: WorkingHours = field(
        default_factory=lambda: WorkingHours("Europe/Moscow", ((Interval(time(10), time(20)),),) * 7)
    )
    first_response: timedelta = timedelta(minutes=15)
    next_response: timedelta = timedelta(minutes=15)
    remind_at: tuple[Reminder, ...] = (Share(66),)
    repeat_breach: timedelta = timedelta(minutes=15)
    tiers: Mapping[str, Targets] = field(default_factory=dict)
    rota: tuple[Shift, ...] = ()
    leads_mentions: tuple[str, ...] = ()
    reopen_within: timedelta = timedelta(hours=24)
    keep_messages: timedelta | None = None  # None: for ever
    keep_files: timedelta | None = None
    auto_close: timedelta | None = timedelta(hours=72)
    csat: bool = True
    csat_every: timedelta = timedelta(days=7)
    customer_messages: tuple[int, timedelta] = (30, timedelta(minutes=1))
    show_agents: Literal["team", "name"] = "team"
    file_link: Callable[[int, str, int], str] | None = None
    capabilities: Mapping[str, Capabilities] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)

    @property
    def default_desk(self) -> Desk:
        """The desk that a first message reaches."""
        return next((d for d in self.desks if d.default), self.desks[0])

    def desk(self, name: str) -> Desk | None:
        """The desk of that name, or None."""
        return next((d for d in self.desks if d.name == name), None)

    def hours_of(self, name: str) -> WorkingHours:
        """The working hours of that desk as the settings give them: its own, or the general ones."""
        desk = self.desk(name)
        return (desk and desk.hours) or self.hours
