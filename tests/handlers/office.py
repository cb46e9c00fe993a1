"""A whole Okno without messengers or a loop: handlers over a real database, a clock that is told the time,
and a record of what each chat shows. What a request did is decided by `outcomes` (everything arrives by default).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from domain.events import ChatSeen, Deleted, Edited, Event, PersonSeen, Pressed, RawEvent, Reacted, Wrote
from domain.messages import Content
from domain.policy import Address, Capabilities, Desk, Policy
from domain.requests import (
    Buttons,
    Delete,
    Edit,
    OpenThread,
    Outcome,
    React,
    Refused,
    Send,
    Sent,
    ShowThread,
)
from domain.richtext import RichText
from domain.work import Effects, Lane, Work
from handlers import delivered, dispatch, letters, settling_in, timed
from storage import Connection, chats, journal
from storage.query import DRIVER, Memory, Query, remember_on
from tests.databases import connection

START = datetime(2026, 1, 12, 11, 0, tzinfo=UTC)  # a Monday, 14:00 in Moscow

CAPS = Capabilities(
    max_text=4096,
    max_caption=1024,
    max_album=10,
    edits=True,
    deletes=True,
    reacts=True,
    buttons=True,
    threads=True,
    delivered_mark="👌",
    shares_reaction=True,
    link=lambda chat, thread, ref: f"https://example.org/{chat}/{thread or ref}",
)
DESKS = (
    Desk("howto", "Как сделать", "❓", "all", default=True),
    Desk("bugs", "Ошибки", "🐞", "replies"),
    Desk("wishes", "Пожелания", "💡", "replies"),
)


@dataclass
class Shown:
    """A message of the bot as a chat shows it."""

    ref: str
    thread: str | None
    text: str
    reply_to: str | None = None
    buttons: Buttons = ()
    role: str = "message"
    native: bool = False
    kinds: tuple[str, ...] = ()

    def press(self, action: str) -> str:
        """The data of the button whose data contains `action`."""
        found = [b.data for row in self.buttons for b in row if action in b.data]
        assert found, f"no button {action} in {self.buttons}"
        return found[0]


@dataclass
class Screen:
    """What one chat shows."""

    messages: list[Shown] = field(default_factory=list)
    reactions: dict[str, str | None] = field(default_factory=dict)
    threads: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def texts(self, thread: str | None = None) -> list[str]:
        return [m.text for m in self.messages if thread is None or m.thread == thread]

    def copies(self) -> list[str]:
        return [m.text for m in self.messages if m.role == "message"]

    def card(self, index: int = -1) -> Shown:
        return [m for m in self.messages if m.role == "card"][index]


class Office:
    """The harness; `m` is its only messenger, `agents` write in groups whose native ids are negative."""

    def __init__(
        self,
        *,
        desks: tuple[Desk, ...] = DESKS,
        threaded: bool = True,
        caps: Capabilities = CAPS,
        **policy: object,
    ) -> None:
        self.now = START
        self.threaded = threaded
        self.conn: Connection = connection()
        self.memory = CheckedMemory()
        remember_on(self.conn, self.memory)
        placed = tuple(replace(d, address=Address("m", f"-{i + 1}")) for i, d in enumerate(desks))
        self.policy = Policy(
            placed,
            capabilities={"m": caps},
            accounts={"m": "bot"},
            leads_address=Address("m", "-99"),
            **policy,  # type: ignore[arg-type]
        )
        self.screens: dict[str, Screen] = {}
        self.outcomes: Callable[[Work], Outcome | None] = lambda _: None
        self.answers: list[str] = []
        self.pending: dict[tuple[int, Lane], Work] = {}
        self._refs = count(1000)
        self._keys = count(1)
        self.hold = False
        self.failing: tuple[str, ...] = ()
        self._take(settling_in.settle_in(self.conn, self.policy, self.now))
        for desk in self.policy.desks:
            chats.see(self.conn, "m", "bot", self.group(desk.name))

    # what people do

    def writes(self, who: str, text: str = "", **extra: object) -> str:
        """A customer writes in private; gives the message's reference."""
        return self._wrote(ChatSeen(who, "private"), PersonSeen(who, who.title()), text, None, **extra)

    def says(self, who: str, desk: str, text: str = "", thread: str | None = None, **extra: object) -> str:
        """An agent writes in a desk's group."""
        return self._wrote(self.group(desk), PersonSeen(who, who.title(), who), text, thread, **extra)

    def group(self, desk: str) -> ChatSeen:
        return ChatSeen(self.chat(desk), "group", desk, self.threaded)

    def chat(self, desk: str) -> str:
        names = [d.name for d in self.policy.desks]
        return f"-{names.index(desk) + 1}" if desk in names else desk

    def _wrote(
        self, chat: ChatSeen, author: PersonSeen, text: str, thread: str | None, **extra: object
    ) -> str:
        content = extra.pop("content", None) or Content(text=RichText(text), copyable=True)
        assert isinstance(content, Content)
        said = self._event(chat, author, content, thread, **extra)
        self.feed(said)
        return said.ref

    def wrote(self, who: str, desk: str, content: Content, thread: str | None, **extra: object) -> Wrote:
        """What an agent writes, as the event that `feed` takes."""
        return self._event(self.group(desk), PersonSeen(who, who.title(), who), content, thread, **extra)

    def _event(
        self, chat: ChatSeen, author: PersonSeen, content: Content, thread: str | None, **extra: object
    ) -> Wrote:
        return Wrote(chat, author, str(next(self._refs)), content, self.now, thread, **extra)  # type: ignore[arg-type]

    def album(self, who: str, *captions: str) -> list[str]:
        refs = [str(next(self._refs)) for _ in captions]
        chat, author = ChatSeen(who, "private"), PersonSeen(who, who.title())
        parts = [Content("photo", RichText(c), copyable=True) for c in captions]
        self.feed(*(Wrote(chat, author, r, c, self.now, album="a") for r, c in zip(refs, parts, strict=True)))
        return refs

    def edits(
        self,
        who: str,
        ref: str,
        text: str,
        desk: str | None = None,
        thread: str | None = None,
        content: Content | None = None,
    ) -> None:
        chat = self.group(desk) if desk else ChatSeen(who, "private")
        self.feed(
            Edited(
                chat,
                PersonSeen(who, who.title()),
                ref,
                content or Content(text=RichText(text), copyable=True),
                self.now,
                thread,
            )
        )

    def deletes(self, who: str, ref: str, desk: str | None = None) -> None:
        self.feed(Deleted(self.group(desk) if desk else ChatSeen(who, "private"), (ref,), self.now))

    def reacts(self, who: str, ref: str, emoji: str | None, desk: str | None = None) -> None:
        chat = self.group(desk) if desk else ChatSeen(who, "private")
        self.feed(Reacted(chat, PersonSeen(who, who.title()), ref, emoji, self.now))

    def presses(self, who: str, shown: Shown, action: str, desk: str | None = None) -> str:
        """Press a button; gives what the person is told."""
        chat = self.group(desk) if desk else ChatSeen(who, "private")
        before = len(self.answers)
        self.feed(
            Pressed(
                chat,
                PersonSeen(who, who.title(), who),
                shown.ref,
                shown.press(action),
                "p",
                self.now,
                shown.thread,
            )
        )
        return self.answers[before] if len(self.answers) > before else ""

    def feed(self, *events: Event) -> None:
        raws = [RawEvent(f"k{next(self._keys)}", "lane", 0, "{}") for _ in events]
        rows = journal.append(self.conn, "m", "bot", raws, 0)
        self._take(dispatch.handle(self.conn, self.policy, self.now, "m", [r.id for r in rows], events))

    def passes(self, span: timedelta) -> None:
        """Time passes, and what it asks for is done."""
        self.now += span
        self._take(timed.sweep(self.conn, self.policy, self.now, self.failing))

    def restarts(self) -> None:
        """The program ends and starts again on the same database; what was in hand is forgotten."""
        self.pending.clear()
        effects = settling_in.settle_in(self.conn, self.policy, self.now)
        self._take(effects)
        for work in letters.waiting(self.conn, self.policy):
            self.pending.setdefault((work.place_id, work.lane), work)
        self.drain()

    # delivery, in the simplest form

    def _take(self, effects: Effects) -> None:
        self.memory.check(self.conn)
        self.answers += [a.text for a in effects.answers]
        for work in effects.works:
            self.pending.setdefault((work.place_id, work.lane), work)
        if not self.hold:
            self.drain()

    def drain(self) -> None:
        for _ in range(10_000):
            if not self.pending:
                return
            key = next(iter(self.pending))
            self.step(key)
        raise AssertionError("delivery never comes to rest")

    def step(self, key: tuple[int, Lane]) -> None:
        work = self.pending.pop(key)
        outcome = self.outcomes(work) or self._perform(work)
        assert isinstance(outcome, Sent | Refused)
        settled = delivered.settle(self.conn, self.policy, self.now, work, outcome)
        self.memory.check(self.conn)
        if settled.next is not None:
            self.pending[key] = settled.next
        self.answers += [a.text for a in settled.effects.answers]
        for other in settled.effects.works:
            self.pending.setdefault((other.place_id, other.lane), other)

    def joins(self) -> None:
        """The chats' allowance is used up: what waits is prepared anew, joined."""
        for key in list(self.pending):
            work = letters.head(self.conn, self.policy, *key, joined=True)
            if work is not None:
                self.pending[key] = work

    def screen(self, native: str) -> Screen:
        return self.screens.setdefault(self.chat(native), Screen())

    def thread(self, desk: str, index: int = -1) -> str:
        """The id of a desk's newest thread."""
        return list(self.screen(desk).threads)[index]

    def _perform(self, work: Work) -> Outcome:
        request = work.request
        screen = self.screens.setdefault(request.chat, Screen())
        if isinstance(request, Send):
            return self._send(screen, request)
        if isinstance(request, OpenThread):
            ref = f"t{next(self._refs)}"
            screen.threads[ref] = (request.title, False)
            return Sent((ref,))
        if isinstance(request, ShowThread):
            screen.threads[request.thread] = (request.title, request.closed)
        elif isinstance(request, Edit):
            shown = next(m for m in screen.messages if m.ref == request.ref)
            shown.text = (request.header.text if request.header else "") + request.content.text.text
            shown.buttons = request.buttons
        elif isinstance(request, Delete):
            screen.messages = [m for m in screen.messages if m.ref not in request.refs]
        elif isinstance(request, React):
            screen.reactions[request.ref] = request.emoji
        return Sent()

    def _send(self, screen: Screen, request: Send) -> Outcome:
        refs = []
        for index, content in enumerate(request.contents):
            header = request.header.text if request.header and index == 0 else ""
            ref = f"b{next(self._refs)}"
            native = request.original is not None
            kinds = (content.kind,)
            screen.messages.append(
                Shown(
                    ref,
                    request.thread,
                    header + content.text.text,
                    request.reply_to,
                    request.buttons,
                    request.role,
                    native,
                    kinds,
                )
            )
            refs.append(ref)
        return Sent(tuple(refs))


_CHECKED = 20  # of each query, at each step


def _some(known: dict[object, Any]) -> list[tuple[object, Any]]:
    """What was learned first and last: all of it, but in a test that talks for very long."""
    first = list(islice(known.items(), _CHECKED))
    last = list(islice(reversed(known.items()), _CHECKED)) if len(known) > _CHECKED else []
    return first + last


class CheckedMemory(Memory):
    """Remembers as the writer does, and can tell whether what it remembers is still true."""

    def check(self, conn: Connection) -> None:
        for query, rows in self._rows.items():
            for values, row in _some(rows):
                assert self._now(conn, query, values) == [tuple(row)], query.statement
        for query, lists in self._lists.items():
            for values, answer in _some(lists):
                assert self._now(conn, query, values) == [tuple(row) for row in answer], query.statement

    def _now(self, conn: Connection, query: Query, values: object) -> list[tuple[object, ...]]:
        found = conn.__dict__[DRIVER].execute(query._sql, values).fetchall()
        return [tuple(row) for row in found]
