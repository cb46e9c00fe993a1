"""What Okno asks of a messenger, and what can come of it. One request is one thing at the platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.messages import Content
from domain.richtext import RichText


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it says, and the data that comes back with a press (at most 64 bytes).

    With `options` it is a menu, only for messengers that have such: a choice brings that option's data.
    """

    label: str
    data: str
    options: tuple[Button, ...] = ()


Buttons = tuple[tuple[Button, ...], ...]
"""Rows of buttons."""


@dataclass(frozen=True, slots=True)
class Original:
    """Where the content came from, when it came from the same messenger and account: it may be copied natively.

    `refs` are in order; more than one is an album.
    """

    chat: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message.

    `contents` holds one content, or the parts of an album in order. `header` goes before the text or caption.
    `quiet_mentions`: nothing people typed in it may ping anybody. `source` names the messenger the files' refs
    belong to. `letter` is a key of Okno's own for platforms that let a sent message be found again by it.
    `author`: under whose name, and with whose `picture` (an address), where the messenger can show them. `thread` is
    None outside any thread. `aloud`: in a thread, it shows in the chat as well, where that can be.
    `role`: `card`, `note` and so on let the built-in messenger show things as what they are; others ignore it.
    `waits`, of a card: whether its ticket waits for an agent's answer, for messengers whose lists show that.
    `quote`: the part of the message `reply_to` that is meant, as it stands there.
    """

    chat: str
    contents: tuple[Content, ...]
    letter: str
    thread: str | None = None
    reply_to: str | None = None
    original: Original | None = None
    source: str = ""
    header: RichText | None = None
    buttons: Buttons = ()
    quiet_mentions: bool = False
    author: str = ""
    picture: str = ""
    aloud: bool = False
    role: Literal["message", "card", "bot"] = "message"
    waits: bool | None = None
    quote: RichText | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Make an earlier message of the bot say `content` (text, caption, or the media where that can be).

    `waits` as in Send. `media`: its file is another one than before.
    """

    chat: str
    ref: str
    content: Content
    thread: str | None = None
    source: str = ""
    header: RichText | None = None
    buttons: Buttons = ()
    quiet_mentions: bool = False
    waits: bool | None = None
    media: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete messages of the bot."""

    chat: str
    refs: tuple[str, ...]
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class React:
    """Make `emoji` the bot's reaction on a message; None takes it away.

    `mark` is set when the reaction only says how far a message got: `delivered`, `seen` or `failed`.
    """

    chat: str
    ref: str
    emoji: str | None
    thread: str | None = None
    mark: Literal["", "delivered", "seen", "failed"] = ""


@dataclass(frozen=True, slots=True)
class OpenThread:
    """Make a thread named `title` (where threads are made apart from their first message)."""

    chat: str
    title: str


@dataclass(frozen=True, slots=True)
class ShowThread:
    """Make a thread's title and its being closed or open as given; asking twice changes nothing."""

    chat: str
    thread: str
    title: str
    closed: bool


Request = Send | Edit | Delete | React | OpenThread | ShowThread


@dataclass(frozen=True, slots=True)
class Sent:
    """It happened. `refs`: the new messages in order (as many as `contents`), or the new thread's id."""

    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TryLater:
    """It certainly did not happen and may work later: after `after` seconds where the platform said so.

    `limited`: the platform asked for a pause (a 429), which holds for the whole chat.
    """

    reason: str
    after: float | None = None
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen and won't. `scope`: what it holds for.

    `reason` is a key of the texts (`refused.blocked`, …) that a person can read once rendered; `detail` is the
    platform's own sentence for the log and the thread, or what fills the text in (a limit in bytes). `part`: which of
    the request's contents it was, when it was a file of one.
    """

    scope: Literal["message", "thread", "chat", "account"]
    reason: str
    detail: str = ""
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """The request began and its end is unknown (timeout, reset): it may or may not have happened."""

    reason: str


Outcome = Sent | TryLater | Refused | Unsure
