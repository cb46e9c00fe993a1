"""A million messages: does Okno stay as quick as with an empty database?

`python -m benchmarks.growth` builds a database with 1,000,000 messages, 200,000 tickets and 50,000 customers (a minute),
starts Okno on it and on an empty one, lets the same people write to both in alternating rounds, and times what staff
look at. `--messages 50000` is a quick look; `--write` puts the table into docs/operations.md. Takes about five minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import growth_data, relay, tables
from benchmarks.relay import Bot, Measured, World
from bot.ticket_facts import WebTickets
from bot.webstore import WebStore
from domain.policy import Address, Capabilities, Desk, Policy
from handlers import card_views, listings
from handlers.turn import Turn
from storage import Connection, places, tickets
from storage.database import Database

OPERATIONS = Path(__file__).resolve().parents[1] / "docs" / "operations.md"
WRITERS = 50
RATIO = 1.2
QUICK = 100.0
"""Milliseconds within which everything that staff look at is there."""

PATIENCE = 120.0
STARTS = 5
LOOKS = 30


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    empty: str
    grown: str
    wanted: str
    kept: bool


def okno(folder: Path, port: int, world: World) -> Bot:
    """The bot of `benchmarks.relay`; no reminder disturbs a round, and no old thread is opened anew in it."""
    far = {"OKNO_SLA__FIRST_RESPONSE": "12h", "OKNO_SLA__NEXT_RESPONSE": "12h", "OKNO_SLA__REMIND_AT": "[]"}
    far["OKNO_TICKETS__REOPEN_WITHIN"] = "1s"
    return relay.okno(folder, port, world, **far)


def started(folder: Path, world: World) -> tuple[Bot, float]:
    """Okno in that folder, and how long it took to be ready."""
    port, began = relay.free_port(), time.perf_counter()
    bot = okno(folder, port, world)
    return bot, relay.ready_after(bot, port, began, PATIENCE)


def ready(folders: dict[str, Path], worlds: dict[str, World]) -> Row:
    """Time until ready, of several starts in turns; the first of each is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in folders}
    for number in range(STARTS + 1):
        for name, folder in folders.items():
            bot, seconds = started(folder, worlds[name])
            with bot:
                time.sleep(0.5)
            if number:
                taken[name].append(seconds)
    empty, grown = (statistics.median(taken[name]) for name in ("empty", "grown"))
    return _compared("ready", empty, grown, "s", 2)


def relayed(
    folders: dict[str, Path], worlds: dict[str, World], rounds: int, singly: int, burst: int
) -> list[Row]:
    """Latency and throughput of customers' messages into the desk."""
    seen = {name: Measured() for name in folders}
    with ExitStack() as stack:
        bots = {name: stack.enter_context(started(folders[name], worlds[name])[0]) for name in folders}
        for name in folders:
            for _ in range(3):
                worlds[name].ask("burst", WRITERS)  # everybody has a topic before anything is timed
        for number in range(rounds):
            for name in ("empty", "grown") if number % 2 else ("grown", "empty"):
                relay.one_round(worlds[name], bots[name], seen[name], singly, burst)
    rows = []
    for words, share in (("message to desk, p50", 0.5), ("message to desk, p90", 0.9)):
        rows.append(_compared(words, seen["empty"].quantile(share), seen["grown"].quantile(share), "ms", 2))
    rates = [seen[name].rate for name in ("empty", "grown")]
    rows.append(
        _compared("processor time a message", seen["empty"].cpu_each, seen["grown"].cpu_each, "ms", 2)
    )
    memory = [seen[name].memory for name in ("empty", "grown")]
    rows.append(Row("messages/s in a burst", f"{rates[0]:.0f}", f"{rates[1]:.0f}", "–", True))
    rows.append(Row("memory", f"{memory[0]:.0f} MB", f"{memory[1]:.0f} MB", "–", True))
    return rows


def _compared(what: str, empty: float, grown: float, unit: str, digits: int) -> Row:
    ratio = grown / empty
    shown = f"{grown:.{digits}f} {unit} ({ratio:.2f} ×)"
    return Row(what, f"{empty:.{digits}f} {unit}", shown, f"≤ {RATIO} ×", ratio <= RATIO)


POLICY = Policy(
    (
        Desk("howto", "How-to", "❓", "all", default=True),
        Desk("bugs", "Bugs", "🐞", "replies", Address("web", "bugs")),
    ),
    locale="en",
    capabilities={"web": Capabilities(max_text=16_000, max_caption=16_000, threads=True, edits=True)},
    accounts={"web": "okno"},
)


async def looks(database: Path, size: growth_data.Size) -> list[Row]:
    """What staff look at, timed in the program's own functions on its own connections."""
    db = await Database.open(f"sqlite+aiosqlite:///{database}")
    try:
        return [await _timed(name, look) for name, look in _looks(db, size).items()]
    finally:
        await db.close()


def _looks(db: Database, size: growth_data.Size) -> dict[str, Callable[[int], Awaitable[Any]]]:
    store, web = WebStore(db, _nobody), WebTickets(db)
    word, other = "b", "e"
    newest = size.tickets - 1

    def turned(fn: Callable[[Turn, Any], Any], number: int) -> Awaitable[Any]:
        def unit(conn: Connection) -> Any:
            turn = Turn(conn, POLICY, datetime.now(UTC))
            return fn(turn, tickets.get(conn, newest - number * 37))

        return db.run(unit)

    return {
        "card": lambda n: turned(lambda t, k: card_views.card_of(t.conn, POLICY, _place(t, k)), n),
        "`who`": lambda n: turned(listings.who, n),
        "`queue`": lambda n: turned(lambda t, _: listings.queue(t, "bugs"), n),
        "`queue` of all desks": lambda n: turned(lambda t, _: listings.queue(t, "leads"), n),
        "staff page: open": lambda n: store.threads("bugs", "a:1", closed=False, before=None, limit=50),
        "staff page: closed": lambda n: store.threads("bugs", "a:1", closed=True, before=None, limit=50),
        "staff page: mine": lambda n: web.threads("bugs", "mine", "a:1", 50),
        "staff page: unanswered": lambda n: web.threads("bugs", "unanswered", "a:1", 50),
        "staff page: snoozed": lambda n: web.threads("bugs", "snoozed", "a:1", 50),
        "staff page: clocks of 50 threads": lambda n: web.facts("bugs", range(newest, newest - 100, -2)),
        "staff page: unread": lambda n: store.unread("bugs", "a:1"),
        "staff page: a conversation": lambda n: store.page("bugs", newest - 2 * n, None, 50),
        "search: how a word begins": lambda n: store.search(word, "a:1", 50),
        "search: two of them": lambda n: store.search(f"{word} {other}", "a:1", 50),
        "search: nothing found": lambda n: store.search(f"zz{n}", "a:1", 50),
    }


def _place(turn: Turn, ticket: Any) -> Any:
    return places.by_id(turn.conn, ticket.desk_place_id)


async def _nobody(_rows: object) -> None:
    return


async def _timed(name: str, look: Callable[[int], Awaitable[Any]]) -> Row:
    taken = []
    for number in range(LOOKS):
        began = time.perf_counter()
        await look(number)
        taken.append(1000 * (time.perf_counter() - began))
    middle, worst = statistics.median(taken), max(taken)
    return Row(name, "–", f"{middle:.1f} ms, at most {worst:.0f}", f"< {QUICK:.0f} ms", middle < QUICK)


def sizes(messages: int) -> growth_data.Size:
    """Customers and tickets for so many messages, as many each as with a million."""
    each = messages / 1_000_000
    return growth_data.Size(round(50_000 * each), round(200_000 * each), max(round(2_000 * each), 20))


def measure(folder: Path, size: growth_data.Size, rounds: int, singly: int, burst: int) -> list[Row]:
    folders = {name: folder / name for name in ("empty", "grown")}
    for each in folders.values():
        each.mkdir()
    with ExitStack() as stack:
        worlds = {name: stack.enter_context(World(WRITERS)) for name in folders}
        world = worlds["grown"]
        account = world.token.partition(":")[0]
        known = growth_data.Telegram(account, str(world.desk), tuple(world.customers))
        began = time.perf_counter()
        growth_data.build(folders["grown"] / "okno.db", size, known, int(time.time() * 1000))
        megabytes = (folders["grown"] / "okno.db").stat().st_size / relay.MB
        print(
            f"built {size.messages} messages, {megabytes:.0f} MB, {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        rows = [Row("database", "0 MB", f"{megabytes:.0f} MB", "–", True)]
        rows += [ready(folders, worlds), *relayed(folders, worlds, rounds, singly, burst)]
    return rows + asyncio.run(looks(folders["grown"] / "okno.db", size))


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--messages", type=int, default=1_000_000)
    given.add_argument("--rounds", type=int, default=6)
    given.add_argument("--singly", type=int, default=200, help="messages one at a time, each round")
    given.add_argument("--burst", type=int, default=600, help="messages at once, each round")
    given.add_argument("--write", action="store_true", help="put the table into docs/operations.md")
    chosen = given.parse_args()
    size = sizes(chosen.messages)
    with tempfile.TemporaryDirectory(prefix="okno-growth-") as folder:
        rows = measure(Path(folder), size, chosen.rounds, chosen.singly, chosen.burst)
    told = tables.table(
        [
            {
                "": r.what,
                "empty": r.empty,
                "grown": r.grown,
                "wanted": r.wanted,
                "kept": "yes" if r.kept else "NO",
            }
            for r in rows
        ]
    )
    print(told)
    if chosen.write:
        tables.write("growth", told, OPERATIONS)
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
