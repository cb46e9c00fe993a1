"""What happened in a messenger, in Okno's words: what a messenger's `convert` makes of a raw event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from domain.messages import Content


@dataclass(slots=True)
class RawEvent:
    """One event as the platform gave it, before anything looked into it.

    `key` is unique for this messenger and account and is the event's own (a repeat has the same). `lane`: events
    of one lane are handled in order of `position` (then of arrival). Rows of one lane with the same `album`
    following one another are parts of one album. `parsed` is `payload` (JSON text) already read, if at hand.
    `moved`: the event says that a chat now has another id (old, new).
    """

    key: str
    lane: str
    position: int
    payload: str
    album: str = ""
    parsed: Any = None
    moved: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ChatSeen:
    """A chat as an event shows it. `threaded`: it has topics or threads of its own (a Telegram forum, a web desk).

    `shared`: customers write there among others, and each thread is a conversation of its own.
    """

    native: str
    kind: Literal["private", "group", "shared"]
    title: str = ""
    threaded: bool = False


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A person as an event shows them; `locale` and `timezone` only where the platform tells.

    `tier` and `details` (e-mail, plan, role …) are what the host product vouches for; `context` is what the page
    around the customer said, which anybody could have made up. `picture` is an address that everybody may open.
    `desks`: the chats of desks here that they belong to, where it matters; None when the messenger can't tell.
    """

    native: str
    name: str
    username: str = ""
    locale: str = ""
    timezone: str = ""
    is_bot: bool = False
    is_admin: bool = False  # the messenger itself vouches for it (the staff page's first agent)
    tier: str = ""
    details: Mapping[str, str] = field(default_factory=dict, hash=False)
    context: Mapping[str, str] = field(default_factory=dict, hash=False)
    picture: str = ""
    desks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody wrote a message. `thread` is the thread's own id, None outside any.

    `reply_to` is the message it answers (the pseudo-reply that Telegram puts on a topic's messages is left out).
    `forwarded`: it came from elsewhere. `album`: parts of one album share it. `is_service`: a platform's own line
    (somebody joined, a title changed) that nobody typed.
    """

    chat: ChatSeen
    author: PersonSeen
    ref: str
    content: Content
    at: datetime
    thread: str | None = None
    reply_to: str | None = None
    forwarded: bool = False
    album: str | None = None
    is_service: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message now says `content`; the event carries the whole new content."""

    chat: ChatSeen
    author: PersonSeen
    ref: str
    content: Content
    at: datetime
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """Messages were deleted by people (only where the messenger reports it)."""

    chat: ChatSeen
    refs: tuple[str, ...]
    at: datetime
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody's reaction on a message is now `emoji`; None means they took theirs away.

    `change`: where people have several at once, `added` and `removed` tell of one of them.
    """

    chat: ChatSeen
    author: PersonSeen
    ref: str
    emoji: str | None
    at: datetime
    thread: str | None = None
    change: Literal["is", "added", "removed"] = "is"


@dataclass(frozen=True, slots=True)
class SeenUpTo:
    """Somebody's screen showed everything in a chat up to message `ref` of the bot (only where the messenger tells)."""

    chat: ChatSeen
    ref: str
    at: datetime
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody pressed a button under message `ref`. `press` is what `answer_press` needs."""

    chat: ChatSeen
    author: PersonSeen
    ref: str
    data: str
    press: str
    at: datetime
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """The bot's own standing in a chat changed: in a private chat `out` means blocked by the person."""

    chat: ChatSeen
    author: PersonSeen
    standing: Literal["in", "admin", "out"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Introduced:
    """A customer's product has said who they are; they wrote nothing."""

    chat: ChatSeen
    author: PersonSeen
    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """A private chat was joined by its messenger into another of the same person, `into`: its messages are there now."""

    chat: ChatSeen
    into: ChatSeen
    author: PersonSeen
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerHere:
    """A customer who is answered elsewhere wants to be answered in this chat again."""

    chat: ChatSeen
    author: PersonSeen
    at: datetime


@dataclass(frozen=True, slots=True)
class Referenced:
    """Messages of the bot are known by their lasting references now: `was` by `refs`, one for one."""

    chat: ChatSeen
    was: tuple[str, ...]
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody looks at the page that the messenger has for them and the bot; `chat` is their private one."""

    chat: ChatSeen
    author: PersonSeen
    at: datetime


@dataclass(frozen=True, slots=True)
class ThreadMade:
    """A thread was made, by the bot itself or by a person; tells of one whose making was never confirmed."""

    chat: ChatSeen
    thread: str
    title: str
    by_bot: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that asks nothing of Okno; `reason` is for the log."""

    reason: str


Event = (
    Wrote
    | Edited
    | Deleted
    | Reacted
    | SeenUpTo
    | Pressed
    | Membership
    | Introduced
    | Joined
    | AnswerHere
    | HomeOpened
    | ThreadMade
    | Referenced
    | Ignored
)
