"""The contract of a messenger: a small core, and extras that it may opt into.

A messenger receives raw events and hands them to `accept`, converts a raw event purely, and performs one request
at a time at its platform. It keeps no conversation state, reads no storage, and takes no decision about tickets.
Whatever goes wrong becomes an `Outcome`; only programming errors raise.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

from aiohttp import web

from domain.events import Event, RawEvent
from domain.home import Home
from domain.messages import Attachment, Content
from domain.policy import Capabilities
from domain.requests import (
    Buttons,
    Delete,
    Edit,
    OpenThread,
    Outcome,
    React,
    Refused,
    Send,
    ShowThread,
    TryLater,
)

Accept = Callable[[Sequence[RawEvent]], Awaitable[None]]
"""Keeps events for good: returns once they are committed. Until then nothing may be acknowledged to the platform.
When it raises, the events are not kept, and the messenger must offer them again or leave them unacknowledged."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in any window of so many seconds."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pacing:
    """What may be sent: `private` and `group` per chat (every rate holds at once), `total` per account."""

    private: tuple[Rate, ...] = ()
    group: tuple[Rate, ...] = ()
    total: tuple[Rate, ...] = ()


class ConnectRefused(Exception):
    """The messenger can't be used with these credentials; the text is one line that names the key."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `okno check` says. `text` is a finished line that names what to press when `ok` is False."""

    ok: bool
    text: str


class Messenger(Protocol):
    """What every messenger does."""

    name: str
    account: str
    """The account it receives as, known after `connect`; keeps the keys of two bots apart."""
    capabilities: Capabilities
    pacing: Pacing

    async def connect(self) -> None:
        """Check the credentials and learn the account. Raises ConnectRefused; retries what may pass by itself."""

    async def receive(self, accept: Accept) -> None:
        """Receive until cancelled, surviving outages. Acknowledges only what `accept` has kept."""

    def convert(self, payload: Any) -> Event:
        """The event in Okno's words; pure. `payload` is the parsed JSON of a RawEvent. Raises on malformed ones."""

    async def lookup(self, event: Event) -> Event:
        """The event with what it lacks looked up (a name, a time zone); cached; within 2 s at most, else unchanged."""

    async def send(self, request: Send) -> Outcome:
        """Send one message (or one album). `Sent.refs` has one reference per content."""

    async def close(self) -> None:
        """Let go of connections."""

    @property
    def settled_at(self) -> float | None:
        """When (time.monotonic) the first complete receive since start came back; None before.

        Quiet that closes an album counts from the later of its receipt and this.
        """


@runtime_checkable
class Edits(Protocol):
    """Its messages can be changed after sending. An edit that changes nothing is `Sent`."""

    async def edit(self, request: Edit) -> Outcome:
        """Change one message."""


@runtime_checkable
class Deletes(Protocol):
    """Its messages can be deleted. Deleting what is gone is `Sent`."""

    async def delete(self, request: Delete) -> Outcome:
        """Delete messages of the bot."""


@runtime_checkable
class Reacts(Protocol):
    """It has reactions. An emoji it doesn't have is refused with scope message."""

    async def react(self, request: React) -> Outcome:
        """Set the bot's reaction."""


@runtime_checkable
class Threads(Protocol):
    """Some of its chats have threads that are made apart from their first message."""

    async def open_thread(self, request: OpenThread) -> Outcome:
        """Make a thread; `Sent.refs[0]` is its id."""

    async def show_thread(self, request: ShowThread) -> Outcome:
        """Set title and closedness."""


@runtime_checkable
class LooksUp(Protocol):
    """Its chats can be read back, so that a send of unknown end needn't be made twice."""

    async def look_up(self, request: Send) -> Outcome | None:
        """Sent when the message turns out to be there, None when it isn't; another outcome when that can't be seen."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a messenger's chats. `since`: when something last came from it, in Unix seconds.

    `threads`: the chats to look through, those first that matter most, each with the threads of its open tickets.
    """

    since: float | None
    threads: Mapping[str, tuple[str, ...]]


Remember = Callable[[], Awaitable[Past]]
Hold = Callable[[bool], None]
"""True: the messenger's events wait, so that earlier ones can be put before them. False: they go on, in their order."""


@runtime_checkable
class CatchesUp(Protocol):
    """After a gap it can read what was written meanwhile; whatever was kept already is kept once.

    While it reads, what comes in is kept and acknowledged, and not handled before what was read.
    """

    def remembers(self, remember: Remember, hold: Hold) -> None:
        """Where to ask what was known before a gap, and how to have events wait; told before it receives."""


Heard = Callable[[str, str | None], None]
"""Somebody types in this chat and thread what goes to the other side. Returns at once; nothing depends on it."""


@runtime_checkable
class HearsTyping(Protocol):
    """It is told when people type, so that it shows on the other side."""

    def hears_typing(self, heard: Heard) -> None:
        """Whom to tell; told before it receives."""


@runtime_checkable
class ShowsTyping(Protocol):
    """It can show that somebody types."""

    async def show_typing(self, chat: str, thread: str | None) -> None:
        """Show it for some seconds. Best effort: raises nothing, waits for nothing, counts towards no pacing."""


@runtime_checkable
class AnswersPresses(Protocol):
    """Whoever pressed a button can be told something. Best effort: nothing depends on it."""

    async def answer_press(self, press: str, text: str) -> None:
        """Tell them; empty text only ends the waiting sign."""


@runtime_checkable
class OffersChoices(Protocol):
    """Whoever pressed a button can be offered others that nobody else sees. Best effort."""

    async def offer(self, press: str, text: str, buttons: Buttons) -> None:
        """Ask them."""


@runtime_checkable
class ShowsHome(Protocol):
    """Has a page for each person and the bot. Best effort: nothing depends on it."""

    async def show_home(self, home: Home) -> None:
        """Make the page say this."""


Desks = Callable[[], Awaitable[Sequence[str]]]


@runtime_checkable
class KnowsStaff(Protocol):
    """Can tell who belongs to a desk's chat without having heard of them there."""

    def desks_from(self, ask: Desks) -> None:
        """Where to ask which of its chats are desks (native ids); told before it receives."""


@runtime_checkable
class Files(Protocol):
    """Hands out the bytes of files it received."""

    def open_file(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """A stream of chunks. Raises FileRefused when it can't be had."""


class FileRefused(Exception):
    """The file can't be fetched or carried; the text is a key of the texts (`refused.file_too_big`, …).

    `later`: may work again. `detail` fills the text in (a limit in bytes). `part`: which of several files it was.
    """

    def __init__(
        self, reason: str, *, later: bool = False, detail: str = "", part: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.later = later
        self.detail = detail
        self.part = part

    def outcome(self, contents: Sequence[Content]) -> Outcome:
        """What becomes of the request that needed the file for these contents."""
        if self.later:
            return TryLater(self.reason)
        owners = [number for number, content in enumerate(contents) for _ in content.files]
        part = None if self.part is None else owners[self.part]
        return Refused("message", self.reason, self.detail, part)


FileSource = Callable[[str, str], AbstractAsyncContextManager[AsyncIterator[bytes]]]
"""Opens a file by (messenger name, ref) where it lies."""


class Carried(Protocol):
    """A file on its way from one messenger to another: whole, on disk, looked at.

    `file` says what its bytes are, whatever was claimed of them.
    """

    file: Attachment

    def open(self) -> BinaryIO:
        """The bytes from their start; closed by whoever carries."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The same as a stream."""
        ...


class Carrier(Protocol):
    """How a messenger gets another one's files."""

    def __call__(
        self, source: str, files: Sequence[Attachment], most: int, /
    ) -> AbstractAsyncContextManager[Sequence[Carried]]:
        """All the files of one request, of at most `most` bytes each. Raises FileRefused when one can't be had."""
        ...


@runtime_checkable
class ShowsProfile(Protocol):
    """Has a profile the program sets: commands per scope and language, description."""

    async def show_profile(self, desks: Sequence[str], leads: str | None) -> None:
        """Set it; `desks` and `leads` are native chat ids of this messenger. Best effort."""


@runtime_checkable
class Checks(Protocol):
    """Says what the bot may and may not do; behind `okno check`."""

    async def check_account(self) -> list[Finding]:
        """About the account as a whole."""

    async def check_chat(self, native: str, role: Literal["desk", "leads"]) -> list[Finding]:
        """About one desk's or the leads' chat."""


@runtime_checkable
class ServesHttp(Protocol):
    """Has routes on the program's HTTP server."""

    def routes(self, accept: Accept) -> list[web.RouteDef]:
        """Its routes; handlers answer only after `accept` returned."""


@dataclass(slots=True)
class Health:
    """What `/readyz` and the metrics read of a messenger; kept by the messenger itself.

    `unauthorised`: the platform doesn't take the account's token any more.
    """

    connected: bool = False
    unauthorised: bool = False
    last_receive: float | None = None
    last_error: str = ""
    limited: int = 0
    extra: dict[str, Any] = field(default_factory=dict)
