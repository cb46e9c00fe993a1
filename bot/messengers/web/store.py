"""Through what the messenger reaches its tables. It knows no database; who implements this does.

Every write returns once it is committed. Writes by people go into the journal in the same transaction, as the raw
event that `event` makes of what was stored (called again when the unit of work is repeated).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from domain.events import RawEvent

if TYPE_CHECKING:
    from bot.messengers.web.identities import Identity
    from domain.messages import Content
    from domain.requests import Buttons
    from domain.richtext import RichText

ChatKind = Literal["private", "group"]
Role = Literal["message", "card", "bot"]
Missing = Literal["chat", "thread", "message", "person"]
"""What a write needed and did not find; nothing was written."""


class Person(Protocol):
    """A customer or an agent."""

    native: str
    kind: Literal["customer", "agent"]
    name: str
    locale: str
    timezone: str
    admin: bool
    tier: str
    details: dict[str, str]


class Agent(Protocol):
    """An agent as the list of agents shows them. `seen_at`: when a session of theirs was last begun or prolonged."""

    native: str
    name: str
    admin: bool
    sessions: int
    seen_at: int | None


class Chat(Protocol):
    """A private chat or a desk; `seq` is the number of its newest change."""

    native: str
    kind: ChatKind
    title: str
    seq: int


class Quote(Protocol):
    """The message that a reply answers; no content when that was deleted."""

    id: int
    person: str | None
    author: str
    role: Role
    content: Content | None


class Message(Protocol):
    """A message as it is now. `person` is None when the bot wrote it."""

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
    reactions: dict[str, str]
    mark: str
    edited: bool
    deleted: bool
    sent_at: int

    @property
    def quote(self) -> Quote | None:
        """What it answers."""
        ...


class Thread(Protocol):
    """A thread of a desk; `waiting`: the customer wrote last."""

    id: int
    chat: str
    title: str
    closed: bool
    waiting: bool
    seq: int
    last_at: int
    created_at: int
    unread: int

    @property
    def last(self) -> Message | None:
        """Its newest message; cards and deleted ones are left out."""
        ...


class Change(Protocol):
    """What one number of a chat changed."""

    chat: str
    seq: int

    @property
    def message(self) -> Message | None:
        """The message as it is since."""
        ...

    @property
    def thread(self) -> Thread | None:
        """The thread as it is since."""
        ...


class Stored(Protocol):
    """What a write left behind; not fresh when it was all there already."""

    fresh: bool

    @property
    def messages(self) -> Sequence[Message]:
        """In the order of the contents."""
        ...

    @property
    def changes(self) -> Sequence[Change]:
        """For the browsers that are looking."""
        ...


class File(Protocol):
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
    """A message, or the parts of an album, to be stored once under its key. `person` is None for the bot."""

    chat: str
    key: str
    contents: tuple[Content, ...]
    private: bool = False
    person: str | None = None
    author: str = ""
    thread: int = 0
    role: Role = "message"
    buttons: Buttons = ()
    reply_to: int | None = None
    copy_of: tuple[tuple[str, int], ...] = ()
    waits: bool | None = None


MessageEvent = Callable[[Message, int], RawEvent]
"""Makes the raw event of a message that was just written, at a time in milliseconds."""

IntroducedEvent = Callable[["Person", str, int, int], RawEvent]
"""Makes the raw event of a customer who was introduced in a chat, at a position of its lane, at a time."""

SeenEvent = Callable[[Message, int, int], RawEvent]
"""Makes the raw event of a message that was seen, at a time, at a position of its lane."""

PressEvent = Callable[[Message, int, int], RawEvent]
"""Makes the raw event of a press under a message, at a time, at a position of its lane."""


class PeopleStore(Protocol):
    """Who is who."""

    async def sign_in(self, token: str) -> tuple[Person, str] | None:
        """Use an invitation up: its agent and a new session's token."""

    async def signed_in(self, session: str) -> Person | None:
        """The agent of a session."""

    async def sign_out(self, session: str) -> None:
        """End a session."""

    async def agents(self) -> Sequence[Agent]:
        """Every agent who may sign in."""
        ...

    async def invite(self, name: str) -> str:
        """A token that signs the agent called `name` in, once."""
        ...

    async def revoke(self, native: str) -> bool:
        """End an agent's sessions and invitations for good; False when there is no such agent."""
        ...

    async def customer(self, native: str, name: str, locale: str, timezone: str) -> Person:
        """The customer of that id, made when new."""

    async def signs_in(self, native: str) -> bool:
        """Whether what was written under that id belongs to somebody who has signed in since."""
        ...

    async def identify(
        self,
        anonymous: str | None,
        identity: Identity,
        native: str,
        locale: str,
        timezone: str,
        event: IntroducedEvent,
    ) -> Person:
        """Whom the host product names; what `anonymous` wrote is theirs. `native`: whom they become when new.

        Every chat of theirs in which something of that is news gets an event.
        """
        ...

    async def tell(self, person: Person, event: IntroducedEvent) -> None:
        """Something a customer wants, in their own chat; it takes its place after everything the chat has seen so far."""


class WrittenByPeople(Protocol):
    """What people do; each becomes an event."""

    async def post(self, draft: Draft, event: MessageEvent) -> Stored | Missing:
        """Store a message."""

    async def edit(
        self, chat: str, message: int, person: str, text: RichText, event: MessageEvent
    ) -> Stored | Missing:
        """Change the text, or caption, of one's own message."""
        ...

    async def remove(self, chat: str, message: int, person: str, event: MessageEvent) -> Stored | Missing:
        """Delete one's own message."""

    async def react(
        self, chat: str, message: int, person: str, emoji: str | None, event: MessageEvent
    ) -> Stored | Missing:
        """Set or take away one's reaction."""

    async def press(self, chat: str, message: int, event: PressEvent) -> Missing | None:
        """A button was pressed; changes no message."""

    async def read(
        self, person: str, chat: str, thread: int, message: int, event: SeenEvent
    ) -> Sequence[Change]:
        """They have seen everything up to a message. What changed elsewhere by that; what a customer saw of messages
        that came from other messengers becomes an event.
        """
        ...


class WrittenByBot(Protocol):
    """What Okno sends."""

    async def deliver(self, draft: Draft) -> Stored | Missing:
        """Store a message."""

    async def delivered(self, chat: str, key: str, parts: int) -> Sequence[Message] | None:
        """What is stored already under a draft's key, if all of it is."""

    async def bot_edit(
        self, chat: str, message: int, content: Content, buttons: Buttons, waits: bool | None
    ) -> Stored | Missing:
        """Change a message of the bot; of a card, whether its thread waits for an answer, where that is known."""

    async def bot_remove(self, chat: str, message: int) -> Stored | Missing:
        """Delete a message of the bot."""

    async def bot_react(self, chat: str, message: int, emoji: str | None) -> Stored | Missing:
        """Set the bot's reaction."""

    async def mark(self, chat: str, message: int, mark: str) -> Stored | Missing:
        """Say how far a message got."""

    async def open_thread(self, chat: str, title: str) -> Change:
        """Make a thread."""

    async def show_thread(
        self, chat: str, thread: int, title: str, *, closed: bool
    ) -> Change | Missing | None:
        """Set title and closedness; None when they were so."""


class Reading(Protocol):
    """What browsers ask for."""

    async def groups(self) -> Sequence[Chat]:
        """Every desk and the leads' chat that was ever used."""

    async def seqs(self, chats: Sequence[str]) -> dict[str, int]:
        """The numbers that these chats' newest changes have; 0 for a chat that isn't there yet."""

    async def page(
        self, chat: str, thread: int, before: int | None, limit: int, *, after: int | None = None
    ) -> tuple[Sequence[Message], int]:
        """A page of history, oldest first, and the chat's number at that moment.

        It ends before a message, or begins after one; else it is the newest.
        """

    async def card(self, chat: str, thread: int) -> Message | None:
        """The card that stands on top of a thread."""
        ...

    async def changes(self, chat: str, since: int, limit: int) -> tuple[Sequence[Change], int]:
        """What changed after a number, and up to which number that is all."""

    async def threads(
        self, chat: str, person: str, *, closed: bool, before: int | None, limit: int
    ) -> Sequence[Thread]:
        """Threads, the latest first, with what the person has not read."""

    async def these_threads(self, chat: str, person: str, threads: Sequence[int]) -> Sequence[Thread]:
        """Those threads, in the order asked for, with what the person has not read."""
        ...

    async def search(self, wanted: str, person: str, limit: int) -> Sequence[tuple[Thread, Message]]:
        """Threads of desks in which something holds the words wanted, each with that message."""
        ...

    async def unread(self, chat: str, person: str) -> tuple[int, int]:
        """In how many open threads something waits to be read, and how many messages do outside any."""

    async def read_up_to(self, person: str, chat: str, thread: int) -> int:
        """The newest message the person has read there."""


class FileStore(Protocol):
    """Bytes in pieces of one size."""

    async def begin_file(self, token: str, person: str | None, name: str) -> int:
        """A file whose bytes are on their way."""

    async def add_chunk(self, file: int, number: int, data: bytes) -> None:
        """The next piece."""

    async def add_preview(self, file: int, data: bytes) -> None:
        """What chats show of a picture."""

    async def preview(self, file: int) -> bytes:
        """What chats show of a picture; empty when there is none."""

    async def complete_file(self, file: int, mime: str, size: int, width: int, height: int) -> None:
        """All bytes are there."""

    async def discard_file(self, file: int) -> None:
        """Forget a file."""

    async def discard_broken_off(self) -> None:
        """Forget uploads that ended long ago in the middle."""

    async def file(self, token: str) -> File | None:
        """A complete file."""

    async def chunk(self, file: int, number: int) -> bytes:
        """One piece; empty past the end."""


class Store(PeopleStore, WrittenByPeople, WrittenByBot, Reading, FileStore, Protocol):
    """All of it."""
