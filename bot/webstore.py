"""The web messenger's store on Okno's database: every call is one unit of work, posts and their events in one."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage import journal
from storage.webchat import chats, files, messages, people, reading, reads, records, searching, threads, users

if TYPE_CHECKING:
    from bot.messengers.web.identities import Identity
    from bot.messengers.web.store import Draft, IntroducedEvent, MessageEvent, Person, PressEvent, SeenEvent
    from domain.events import RawEvent
    from domain.messages import Content
    from domain.requests import Buttons
    from domain.richtext import RichText
    from storage import Connection
    from storage.database import Database
    from storage.journal import JournalRow

MESSENGER = "web"
ACCOUNT = "okno"
BROKEN_OFF_AFTER = 24 * 3600 * 1000

Committed = Callable[[list["JournalRow"]], Awaitable[None]]
"""Takes over journal rows that are committed."""

Done = tuple[records.Stored | records.Missing, list["JournalRow"]]


def _now() -> int:
    return int(time.time() * 1000)


class WebStore:
    """Implements `bot.messengers.web.store.Store`. `committed` gets the journal rows of what people did."""

    def __init__(self, database: Database, committed: Committed, now: Callable[[], int] = _now) -> None:
        self._db = database
        self._committed = committed
        self._now = now

    # people

    async def sign_in(self, token: str) -> tuple[records.WebPerson, str] | None:
        """Use an invitation up."""
        return await self._db.run(people.sign_in, token, self._now())

    async def signed_in(self, session: str) -> records.WebPerson | None:
        """The agent of a session; one in use is prolonged once a day."""
        found = await self._db.read(people.signed_in, session, self._now())
        if found is None:
            return None
        person, due = found
        if due:
            await self._db.run(people.prolong, session, self._now())
        return person

    async def sign_out(self, session: str) -> None:
        """End a session."""
        await self._db.run(people.sign_out, session)

    async def customer(self, native: str, name: str, locale: str, timezone: str) -> records.WebPerson:
        """The customer of that id."""
        return await self._db.run(people.customer, native, name, locale, timezone, self._now())

    async def agents(self) -> Sequence[records.WebAgent]:
        """Every agent who may sign in."""
        return await self._db.read(people.agents, self._now())

    async def invite(self, name: str) -> str:
        """A token that signs an agent in, once."""
        return await self._db.run(people.invite, name, datetime.fromtimestamp(self._now() / 1000, UTC))

    async def revoke(self, native: str) -> bool:
        """End an agent's sessions and invitations for good."""
        return await self._db.run(people.revoke, native)

    async def signs_in(self, native: str) -> bool:
        """Whether what was written under that id belongs to somebody who has signed in since."""
        return await self._db.read(users.signs_in, native)

    async def identify(
        self,
        anonymous: str | None,
        identity: Identity,
        native: str,
        locale: str,
        timezone: str,
        event: IntroducedEvent,
    ) -> records.WebPerson:
        """Whom the host product names, with the events of what is news."""
        now = self._now()
        user = users.User(
            identity.id, native, identity.name, identity.tier, locale, timezone, identity.details
        )

        def unit(conn: Connection) -> tuple[records.WebPerson, list[JournalRow]]:
            person, told = users.identify(conn, anonymous, user, now)
            events: list[RawEvent] = [event(person, chat, seq, now) for chat, seq in told]
            return person, journal.append(conn, MESSENGER, ACCOUNT, events, now)

        person, rows = await self._db.run(unit)
        await self._hand_over(rows)
        return person

    async def tell(self, person: Person, event: IntroducedEvent) -> None:
        """Something a customer wants becomes an event of their own chat."""
        now = self._now()

        def unit(conn: Connection) -> list[JournalRow]:
            at = chats.ensure(conn, person.native, "private", person.name)
            return journal.append(conn, MESSENGER, ACCOUNT, [event(person, person.native, at.seq, now)], now)

        await self._hand_over(await self._db.run(unit))

    # what people do

    async def post(self, draft: Draft, event: MessageEvent) -> records.Stored | records.Missing:
        """Store a message with its event."""
        plan = _plan(draft)
        return await self._write(lambda conn, now: messages.store(conn, plan, now), event)

    async def edit(
        self, chat: str, message: int, person: str, text: RichText, event: MessageEvent
    ) -> records.Stored | records.Missing:
        """Change the text of one's own message, with the event."""
        return await self._write(lambda conn, _: messages.edit_text(conn, chat, message, person, text), event)

    async def remove(
        self, chat: str, message: int, person: str, event: MessageEvent
    ) -> records.Stored | records.Missing:
        """Delete one's own message, with the event."""
        return await self._write(lambda conn, _: messages.remove(conn, chat, message, person), event)

    async def react(
        self, chat: str, message: int, person: str, emoji: str | None, event: MessageEvent
    ) -> records.Stored | records.Missing:
        """Set or take away one's reaction, with the event."""
        return await self._write(lambda conn, _: messages.react(conn, chat, message, person, emoji), event)

    async def press(self, chat: str, message: int, event: PressEvent) -> records.Missing | None:
        """A press becomes an event; it takes its place after everything the chat has seen so far."""
        now = self._now()

        def unit(conn: Connection) -> list[JournalRow] | None:
            found, at = reading.message(conn, message), chats.find(conn, chat)
            if found is None or at is None or found.chat != chat:
                return None
            return journal.append(conn, MESSENGER, ACCOUNT, [event(found, now, at.seq)], now)

        rows = await self._db.run(unit)
        if rows is None:
            return "message"
        await self._hand_over(rows)
        return None

    async def read(
        self, person: str, chat: str, thread: int, message: int, event: SeenEvent
    ) -> Sequence[records.WebChange]:
        """They have seen everything up to a message; what concerns other messengers becomes an event."""
        now = self._now()

        def unit(conn: Connection) -> tuple[Sequence[records.WebChange], list[JournalRow]]:
            reader = people.person(conn, person)
            if reader is None:
                return (), []
            shown = reads.read(conn, reader, chat, thread, message)
            at = chats.find(conn, chat)
            if shown.from_elsewhere is None or at is None:
                return shown.changes, []
            raw = event(shown.from_elsewhere, now, at.seq)
            return shown.changes, journal.append(conn, MESSENGER, ACCOUNT, [raw], now)

        changes, rows = await self._db.run(unit)
        if rows:
            await self._hand_over(rows)
        return changes

    # what Okno sends

    async def deliver(self, draft: Draft) -> records.Stored | records.Missing:
        """Store a message of the bot."""
        return await self._db.run(messages.store, _plan(draft), self._now())

    async def delivered(self, chat: str, key: str, parts: int) -> Sequence[records.WebMessage] | None:
        """What is stored under a key already."""
        return await self._db.read(messages.stored_under, chat, key, parts)

    async def bot_edit(
        self, chat: str, message: int, content: Content, buttons: Buttons, waits: bool | None
    ) -> records.Stored | records.Missing:
        """Change a message of the bot."""
        return await self._db.run(messages.edit, chat, message, None, content, buttons, waits)

    async def bot_remove(self, chat: str, message: int) -> records.Stored | records.Missing:
        """Delete a message of the bot."""
        return await self._db.run(messages.remove, chat, message, None)

    async def bot_react(self, chat: str, message: int, emoji: str | None) -> records.Stored | records.Missing:
        """Set the bot's reaction."""
        return await self._db.run(messages.react, chat, message, "", emoji)

    async def mark(self, chat: str, message: int, mark: str) -> records.Stored | records.Missing:
        """Say how far a message got."""
        return await self._db.run(messages.mark, chat, message, mark)

    async def open_thread(self, chat: str, title: str) -> records.WebChange:
        """Make a thread."""
        return await self._db.run(threads.open_new, chat, title, self._now())

    async def show_thread(
        self, chat: str, thread: int, title: str, *, closed: bool
    ) -> records.WebChange | records.Missing | None:
        """Set title and closedness."""
        return await self._db.run(threads.show, chat, thread, title, closed=closed)

    # what browsers ask for

    async def groups(self) -> Sequence[records.WebChat]:
        """Every desk that was ever used."""
        return await self._db.read(chats.groups)

    async def seqs(self, natives: Sequence[str]) -> dict[str, int]:
        """The newest numbers of chats."""

        def unit(conn: Connection) -> dict[str, int]:
            found = {native: chats.find(conn, native) for native in natives}
            return {native: chat.seq if chat else 0 for native, chat in found.items()}

        return await self._db.read(unit)

    async def page(
        self, chat: str, thread: int, before: int | None, limit: int, *, after: int | None = None
    ) -> tuple[Sequence[records.WebMessage], int]:
        """A page of history and the chat's number."""

        def unit(conn: Connection) -> tuple[Sequence[records.WebMessage], int]:
            found = chats.find(conn, chat)
            if found is None:
                return [], 0
            if after is not None:
                return reading.page_after(conn, found, thread, after, limit), found.seq
            return reading.page(conn, found, thread, before, limit), found.seq

        return await self._db.read(unit)

    async def card(self, chat: str, thread: int) -> records.WebMessage | None:
        """The card of a thread."""

        def unit(conn: Connection) -> records.WebMessage | None:
            found = chats.find(conn, chat)
            return reading.card(conn, found, thread) if found else None

        return await self._db.read(unit)

    async def changes(self, chat: str, since: int, limit: int) -> tuple[Sequence[records.WebChange], int]:
        """What changed after a number."""

        def unit(conn: Connection) -> tuple[Sequence[records.WebChange], int]:
            found = chats.find(conn, chat)
            return ([], since) if found is None else reading.changes(conn, found, since, limit)

        return await self._db.read(unit)

    async def threads(
        self, chat: str, person: str, *, closed: bool, before: int | None, limit: int
    ) -> Sequence[records.WebThread]:
        """Threads with what the person has not read."""

        def unit(conn: Connection) -> Sequence[records.WebThread]:
            found, reader = chats.find(conn, chat), people.person(conn, person)
            if found is None or reader is None:
                return []
            return reading.threads(conn, found, reader, closed=closed, before=before, limit=limit)

        return await self._db.read(unit)

    async def these_threads(
        self, chat: str, person: str, numbers: Sequence[int]
    ) -> Sequence[records.WebThread]:
        """Those threads, with what the person has not read."""

        def unit(conn: Connection) -> list[records.WebThread]:
            found, reader = chats.find(conn, chat), people.person(conn, person)
            if found is None or reader is None:
                return []
            shown = {t.id: t for t in reading.threads_for(conn, found, reader, numbers)}
            return [shown[number] for number in numbers if number in shown]

        return await self._db.read(unit)

    async def search(
        self, wanted: str, person: str, limit: int
    ) -> Sequence[tuple[records.WebThread, records.WebMessage]]:
        """Threads in which something holds the words wanted."""

        def unit(conn: Connection) -> list[tuple[records.WebThread, records.WebMessage]]:
            reader = people.person(conn, person)
            return searching.search(conn, wanted, reader, limit) if reader else []

        return await self._db.read(unit)

    async def unread(self, chat: str, person: str) -> tuple[int, int]:
        """In how many open threads something waits to be read, and how many messages do outside any."""

        def unit(conn: Connection) -> tuple[int, int]:
            found, reader = chats.find(conn, chat), people.person(conn, person)
            if found is None or reader is None:
                return 0, 0
            return reading.unread_threads(conn, found, reader), reading.unread_outside(conn, found, reader)

        return await self._db.read(unit)

    async def read_up_to(self, person: str, chat: str, thread: int) -> int:
        """The newest message the person has read there."""

        def unit(conn: Connection) -> int:
            found, reader = chats.find(conn, chat), people.person(conn, person)
            return reading.read_up_to(conn, reader.id, found.id, thread) if found and reader else 0

        return await self._db.read(unit)

    # files

    async def begin_file(self, token: str, person: str | None, name: str) -> int:
        """A file whose bytes are on their way."""
        return await self._db.run(files.begin, token, person, name, self._now())

    async def add_chunk(self, file: int, number: int, data: bytes) -> None:
        """The next piece."""
        await self._db.run(files.add_chunk, file, number, data)

    async def add_preview(self, file: int, data: bytes) -> None:
        """What chats show of a picture."""
        await self._db.run(files.add_chunk, file, files.PREVIEW, data)

    async def preview(self, file: int) -> bytes:
        """What chats show of a picture."""
        return await self._db.read(files.chunk, file, files.PREVIEW)

    async def complete_file(self, file: int, mime: str, size: int, width: int, height: int) -> None:
        """All bytes are there."""
        await self._db.run(files.complete, file, mime, size, width, height)

    async def discard_file(self, file: int) -> None:
        """Forget a file."""
        await self._db.run(files.discard, file)

    async def discard_broken_off(self) -> None:
        """Forget uploads that ended in the middle a day ago."""
        while await self._db.run(files.discard_broken_off, self._now() - BROKEN_OFF_AFTER):
            pass

    async def file(self, token: str) -> records.WebFile | None:
        """A complete file."""
        return await self._db.read(files.find, token)

    async def chunk(self, file: int, number: int) -> bytes:
        """One piece of a file."""
        return await self._db.read(files.chunk, file, number)

    async def _write(
        self,
        work: Callable[[Connection, int], records.Stored | records.Missing],
        event: MessageEvent,
    ) -> records.Stored | records.Missing:
        """Do the work and journal what it changed in one transaction; then hand the rows over."""
        now = self._now()

        def unit(conn: Connection) -> Done:
            done = work(conn, now)
            if isinstance(done, str) or not done.fresh:
                return done, []
            events: list[RawEvent] = [event(message, now) for message in done.messages]
            return done, journal.append(conn, MESSENGER, ACCOUNT, events, now)

        done, rows = await self._db.run(unit)
        await self._hand_over(rows)
        return done

    async def _hand_over(self, rows: list[JournalRow]) -> None:
        if rows:
            await self._committed(rows)


def _plan(draft: Draft) -> records.Draft:
    return records.Draft(
        chat=draft.chat,
        kind="private" if draft.private else "group",
        key=draft.key,
        contents=draft.contents,
        person=draft.person,
        author=draft.author,
        thread=draft.thread,
        role=draft.role,
        buttons=draft.buttons,
        reply_to=draft.reply_to,
        copy_of=draft.copy_of,
        waits=draft.waits,
    )
