"""A database as it is after years: customers, tickets with threads, messages, copies, letters, clocks, events.

Rows go straight into the tables, in the shapes that the handlers leave behind, so that a million messages take a
minute or two. Half of the tickets stand in a desk on Telegram, half in one on the staff page; most are closed long
ago, the newest are open.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from domain.messages import Content, dump_content
from domain.richtext import plain
from storage import migrate, schema
from storage.webchat import searching
from storage.writer import engine_for

DAY = 86_400_000
YEAR = 365 * DAY
TELEGRAM_SHARE = 0.6
"""So many of the customers write in Telegram, the others on the web page."""

MESSAGES_EACH = 5
"""Messages of a ticket: the customer's and an agent's in turn."""

AGENTS = 12
_FIRST_CUSTOMER = 1000
_BATCH = 20_000


@dataclass(frozen=True)
class Size:
    """How much there is to be."""

    customers: int = 50_000
    tickets: int = 200_000
    open: int = 2_000

    @property
    def messages(self) -> int:
        return self.tickets * MESSAGES_EACH


@dataclass(frozen=True)
class Telegram:
    """What the Bot API server of the benchmark knows: the bot's account, its desk's chat, people who will write."""

    account: str
    desk: str
    customers: tuple[int, ...] = ()


def build(path: Path, size: Size, telegram: Telegram, now_ms: int) -> None:
    """Make the database of that size in a new file."""
    migrate.upgrade(f"sqlite:///{path}")
    engine = engine_for(path)
    with engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        driver.execute("PRAGMA synchronous = OFF")
        driver.execute("PRAGMA cache_size = -400000")
        driver.execute("PRAGMA foreign_keys = OFF")  # the rows come as tickets do, not as tables do
        driver.execute("BEGIN")
        triggers = [s for s in schema.WORDS_ON_SQLITE if "CREATE TRIGGER" in s]
        for trigger in triggers:
            driver.execute(
                f"DROP TRIGGER {trigger.split()[2]}"
            )  # the index of words is made at once in the end
        for table, rows in _in_batches(_rows(size, telegram, now_ms)):
            _insert(driver, table, rows)
        driver.execute("INSERT INTO web_words(web_words) VALUES ('rebuild')")
        for trigger in triggers:
            driver.execute(trigger)
        driver.execute("COMMIT")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _insert(driver: Any, table: Table, rows: list[dict[str, Any]]) -> None:
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_columns[tuple(row)].append(tuple(row.values()))
    for columns, values in by_columns.items():
        names, marks = ", ".join(f'"{c}"' for c in columns), ", ".join("?" * len(columns))
        driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', values)


def _in_batches(
    rows: Iterable[tuple[Table, dict[str, Any]]],
) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    waiting: dict[Table, list[dict[str, Any]]] = defaultdict(list)
    for table, row in rows:
        waiting[table].append(row)
        if len(waiting[table]) >= _BATCH:
            yield table, waiting.pop(table)
    yield from waiting.items()


def _rows(size: Size, telegram: Telegram, now: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    town = _Town(size, telegram, now)
    yield from town.desks()
    for number in range(1, size.customers + 1):
        yield from town.customer(number)
    for number in range(1, size.tickets + 1):
        yield from town.ticket(number)
    yield from town.ends()


class _Town:
    """Numbers everything; chats 1 and 2 are the desks on Telegram and on the staff page."""

    def __init__(self, size: Size, telegram: Telegram, now: int) -> None:
        self.size, self.telegram, self.now = size, telegram, now
        self.random = random.Random(8)
        self.vocabulary = [
            "".join(self.random.choices("abcdefghiklmnoprstuvy", k=k % 9 + 3)) for k in range(6000)
        ]
        self.message = self.letter = self.clock = self.journal = self.web_message = self.newest_in_desk = 0
        self.seqs: dict[int, int] = defaultdict(int)  # of web chats
        self.places = _FIRST_CUSTOMER + size.customers

    def text(self) -> str:
        words = self.random.choices(self.vocabulary, k=self.random.randint(6, 24))
        return " ".join(words).capitalize() + "."

    def on_telegram(self, customer: int) -> bool:
        return customer <= self.size.customers * TELEGRAM_SHARE

    def _telegram_id(self, customer: int) -> int:
        known = self.telegram.customers
        return known[customer - 1] if customer <= len(known) else 50_000_000 + customer

    def desks(self) -> Iterator[tuple[Table, dict[str, Any]]]:
        yield (
            schema.chats,
            _chat(1, "telegram", self.telegram.account, self.telegram.desk, "group", threaded=1),
        )
        yield schema.chats, _chat(2, "web", "okno", "bugs", "group", threaded=1)
        for agent in range(1, AGENTS + 1):
            person = {"id": agent, "native": f"a:{agent}", "name": f"Agent {agent}", "username": ""}
            yield schema.people, {**person, "messenger": "web", "account": "okno", "seen_at": self.now}
            yield schema.web_people, {**_web_person(agent, f"a:{agent}", "agent", self.now - YEAR)}

    def customer(self, number: int) -> Iterator[tuple[Table, dict[str, Any]]]:
        at = self.now - YEAR + number * (YEAR // self.size.customers)
        key = _FIRST_CUSTOMER + number
        web = not self.on_telegram(number)
        messenger, account = ("web", "okno") if web else ("telegram", self.telegram.account)
        native = f"c:{number:024x}" if web else str(self._telegram_id(number))
        name = " ".join(self.random.choices(self.vocabulary, k=2)).title()
        username = "" if web else f"user{number}"
        yield (
            schema.people,
            {"id": key, "messenger": messenger, "account": account, "native": native, "name": name}
            | {"username": username, "seen_at": at},
        )
        yield schema.chats, _chat(key, messenger, account, native, "private")
        yield (
            schema.customers,
            {"id": number, "person_id": key, "chat_id": key, "name": name, "created_at": at},
        )
        yield schema.places, {"id": key, "chat_id": key, "kind": "chat", "state": "open"}
        if web:
            yield schema.web_people, _web_person(key, native, "customer", at)

    def ticket(self, number: int) -> Iterator[tuple[Table, dict[str, Any]]]:
        size = self.size
        is_open = number > size.tickets - size.open
        # open threads are none of the Bot API server's: those who will write there have closed ones
        spared = len(self.telegram.customers) if is_open else 0
        customer = (number * 7919) % (size.customers - spared) + spared + 1
        at = self.now - YEAR + number * (YEAR // size.tickets)
        if is_open:
            at = self.now - 10 * 60_000
        desk_chat = 2 if number % 2 else 1
        place = self.places + number
        key = _FIRST_CUSTOMER + customer
        root = str(number if desk_chat == 2 else number + 10_000_000)  # none that the server will give
        state = ("customer", "agent", "customer", "agent", "snoozed")[number % 5] if is_open else "closed"
        subject = self.text()[:60]
        shown = {"card_wanted": 3, "card_shown": 3, "card_ref": f"card{number}", "title": subject}
        thread = {"chat_id": desk_chat, "ticket_id": number, "kind": "thread", "state": "open", "root": root}
        yield schema.places, {"id": place, **thread, **shown}
        yield schema.tickets, self._ticket(number, customer, place, desk_chat, state, subject, at)
        yield from self._clocks(number, state, at)
        for what, by in (("opened", None), ("taken", number % AGENTS + 1), ("closed", number % AGENTS + 1)):
            yield schema.events, {"ticket_id": number, "person_id": by, "what": what, "at": at}
        yield schema.links, _link(place, desk_chat, f"card{number}", "card", number, at)
        if desk_chat == 2:
            yield self._web(2, number, None, "card", subject, at)
        for turn in range(MESSAGES_EACH):
            yield from self._message(number, turn, place, desk_chat, key, at + turn * 60_000)
        if desk_chat == 2:
            yield self._thread(number, at, closed=not is_open)

    def _ticket(
        self, number: int, customer: int, place: int, desk_chat: int, state: str, subject: str, at: int
    ) -> dict[str, Any]:
        return {
            "id": number,
            "customer_id": customer,
            "customer_place_id": _FIRST_CUSTOMER + customer,
            "desk_place_id": place,
            "desk": "bugs" if desk_chat == 2 else "howto",
            "state": state,
            "subject": subject,
            "assignee_id": number % AGENTS + 1,
            "assigned_at": at,
            "unanswered_since": at if state == "agent" else None,
            "answered_at": at + 60_000,
            "snoozed_until": self.now + DAY if state == "snoozed" else None,
            "created_at": at,
            "touched_at": at + 240_000,
            "closed_at": at + 300_000 if state == "closed" else None,
            "closed_by": "agent" if state == "closed" else "",
            "rating": number % 5 + 1 if number % 7 == 0 else None,
        }

    def _clocks(self, ticket: int, state: str, at: int) -> Iterator[tuple[Table, dict[str, Any]]]:
        for kind in ("first", "next"):
            self.clock += 1
            running = state == "agent" and kind == "next"
            clock = {"id": self.clock, "ticket_id": ticket, "kind": kind, "started_at": at, "since": at}
            clock |= {"target": 12 * 3_600_000, "due_at": at + 12 * 3_600_000}
            ended = {"ended_at": None, "outcome": "", "over": 0, "wake_at": at + 8 * 3_600_000}
            if not running:
                used = {"used": 40_000 + ticket % 1_000_000, "answered_by": ticket % AGENTS + 1}
                ended = {"ended_at": at + 60_000, "outcome": "answered", "over": 1, "wake_at": None, **used}
            yield schema.clocks, {**clock, **ended}

    def _thread(self, ticket: int, at: int, *, closed: bool) -> tuple[Table, dict[str, Any]]:
        self.seqs[2] += 1
        row = {"id": ticket, "chat_id": 2, "title": f"#{ticket}", "seq": self.seqs[2], "closed": int(closed)}
        newest = {"last_message_id": self.newest_in_desk, "last_at": at + 240_000}
        return schema.web_threads, {**row, **newest, "created_at": at}

    def _message(
        self, ticket: int, turn: int, place: int, desk_chat: int, key: int, at: int
    ) -> Iterator[tuple[Table, dict[str, Any]]]:
        self.message += 1
        self.letter += 1
        from_customer = turn % 2 == 0
        agent = ticket % AGENTS + 1
        said = self.text()
        content = dump_content(Content(text=plain(said)))
        home, other = (key, desk_chat) if from_customer else (desk_chat, key)
        target = place if from_customer else key
        yield (
            schema.messages,
            {"id": self.message, "ticket_id": ticket, "place_id": key if from_customer else place}
            | {"chat_id": home, "person_id": key if from_customer else agent, "ref": f"m{self.message}"}
            | {"role": "customer" if from_customer else "answer", "content": content, "written_at": at}
            | {"mark_wanted": "" if from_customer else "1", "mark_shown": "" if from_customer else "1"},
        )
        yield (
            schema.letters,
            {
                "id": self.letter,
                "place_id": target,
                "seq": 1000 + self.letter,
                "kind": "copy",
                "state": "sent",
            }
            | {
                "message_id": self.message,
                "ticket_id": ticket,
                "revision": 1,
                "created_at": at,
                "done_at": at,
            },
        )
        link = _link(target, other, f"c{self.message}", "copy", ticket, at)
        yield schema.links, link | {"message_id": self.message, "letter_id": self.letter, "revision": 1}
        if desk_chat == 2:
            yield self._web(2, ticket, None if from_customer else agent, "message", said, at)
        if not self.on_telegram(key - _FIRST_CUSTOMER):
            yield self._web(key, 0, key if from_customer else None, "message", said, at)
        if at > self.now - 7 * DAY:
            self.journal += 1
            yield schema.journal, self._event(content, at)

    def _event(self, content: str, at: int) -> dict[str, Any]:
        told = {"messenger": "telegram", "account": self.telegram.account, "key": f"old{self.journal}"}
        return {**told, "lane": "1", "payload": content * 5, "state": "done", "received_at": at}

    def _web(
        self, chat: int, thread: int, person: int | None, role: str, said: str, at: int
    ) -> tuple[Table, dict[str, Any]]:
        self.web_message += 1
        self.seqs[chat] += 1
        if chat == 2:
            self.newest_in_desk = self.web_message
        content = Content(text=plain(said))
        words = searching.words_of(content) if chat == 2 else ""
        return (
            schema.web_messages,
            {"id": self.web_message, "chat_id": chat, "thread_id": thread, "seq": self.seqs[chat]}
            | {"person_id": person, "role": role, "content": dump_content(content), "words": words}
            | {"sent_at": at},
        )

    def ends(self) -> Iterator[tuple[Table, dict[str, Any]]]:
        """Chats of the web page, once it is known how far each is."""
        yield schema.web_chats, {"id": 2, "native": "bugs", "kind": "group", "next_seq": self.seqs[2] + 1}
        for number in range(1, self.size.customers + 1):
            if not self.on_telegram(number):
                key = _FIRST_CUSTOMER + number
                chat = {"id": key, "native": f"c:{number:024x}", "kind": "private"}
                yield schema.web_chats, {**chat, "next_seq": self.seqs[key] + 1}


def _chat(
    number: int, messenger: str, account: str, native: str, kind: str, *, threaded: int = 0
) -> dict[str, Any]:
    where = {"id": number, "messenger": messenger, "account": account, "native": native, "kind": kind}
    return {**where, "threaded": threaded}


def _web_person(number: int, native: str, kind: str, at: int) -> dict[str, Any]:
    return {"id": number, "native": native, "kind": kind, "name": f"Person {number}", "created_at": at}


def _link(place: int, chat: int, ref: str, role: str, ticket: int, at: int) -> dict[str, Any]:
    where = {"place_id": place, "chat_id": chat, "ref": ref, "ticket_id": ticket}
    return {**where, "role": role, "sent_at": at}
