"""What the web chat's functions hand out. Times are milliseconds since the epoch; `chat` and `person` are native ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from domain.messages import Content
    from domain.requests import Buttons

PersonKind = Literal["customer", "agent"]
ChatKind = Literal["private", "group"]
Role = Literal["message", "card", "bot"]

NO_THREAD = 0
"""Outside any thread."""


@dataclass(slots=True)
class WebPerson:
    """A customer or an agent of the web messenger. `joined_at`: unread counts start there.

    `user_key` is what the host product calls them, empty for who never signed in; `tier` and `details` are what it
    told of them.
    """

    id: int
    native: str
    kind: PersonKind
    name: str
    locale: str
    timezone: str
    admin: bool
    joined_at: int
    user_key: str = ""
    tier: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class WebAgent:
    """An agent who may sign in. `seen_at`: when a session of theirs was last begun or prolonged."""

    native: str
    name: str
    admin: bool
    sessions: int
    seen_at: int | None


@dataclass(slots=True)
class WebChat:
    """A private chat or a desk; `seq` is the number its newest change has."""

    id: int
    native: str
    kind: ChatKind
    title: str
    seq: int


@dataclass(slots=True)
class WebQuote:
    """What a reply shows of the message it answers; no content when that was deleted."""

    id: int
    person: str | None
    author: str
    role: Role
    content: Content | None


@dataclass(slots=True)
class WebMessage:
    """A message as it is now. `person` is None when the bot wrote it; `key` is the sender's own key of it."""

    id: int
    chat: str
    thread: int
    seq: int
    person: str | None
    key: str
    role: Role
    author: str
    content: Content
    buttons: Buttons
    album: str
    quote: WebQuote | None
    reactions: dict[str, str]
    mark: str
    edited: bool
    deleted: bool
    sent_at: int


@dataclass(slots=True)
class WebThread:
    """A thread of a desk with its newest message (cards and deleted ones left out)."""

    id: int
    chat: str
    title: str
    closed: bool
    waiting: bool
    seq: int
    last_at: int
    created_at: int
    last: WebMessage | None = None
    unread: int = 0


@dataclass(slots=True)
class WebChange:
    """What one sequence number of a chat changed: a message, a thread, or a message and with it its thread."""

    chat: str
    seq: int
    message: WebMessage | None = None
    thread: WebThread | None = None


@dataclass(slots=True)
class WebFile:
    """A file that is stored completely."""

    id: int
    token: str
    name: str
    mime: str
    size: int
    width: int
    height: int


@dataclass(slots=True)
class Draft:
    """A message to be stored: one content, or the parts of an album.

    `key` is unique in its chat: what is stored under it already is not stored again. `person` is None for the bot.
    `waits`, of a card: whether its thread waits for an answer. `copy_of`: the web messages these are copies of, in order, as (chat, id).
    """

    chat: str
    kind: ChatKind
    key: str
    contents: tuple[Content, ...]
    person: str | None = None
    author: str = ""
    thread: int = NO_THREAD
    role: Role = "message"
    buttons: Buttons = ()
    reply_to: int | None = None
    copy_of: tuple[tuple[str, int], ...] = ()
    waits: bool | None = None


@dataclass(slots=True)
class Stored:
    """What a write left behind. `fresh` is False when all of it was there already; then nothing changed."""

    messages: list[WebMessage]
    changes: list[WebChange] = field(default_factory=list)
    fresh: bool = True


Missing = Literal["chat", "thread", "message", "person"]
"""What a write needed and did not find; nothing was written."""
