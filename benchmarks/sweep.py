"""What a look for what is due costs, with many open tickets: `python -m benchmarks.sweep [--tickets 100000]`.

Builds the tickets with clocks that run in a database of its own, then sweeps: when nothing is due, and when
200 clocks ask for something at once. Prints milliseconds; takes about half a minute.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert

from domain.policy import Address, Capabilities, Desk, Policy
from handlers import settling_in, timed
from storage import migrate, schema
from storage.writer import engine_for

NOW = datetime(2026, 1, 12, 11, 0, tzinfo=UTC)
POLICY = Policy(
    (Desk("howto", "How-to", "❓", "all", Address("web", "howto"), default=True),),
    locale="en",
    capabilities={"web": Capabilities(max_text=16_000, max_caption=16_000, threads=True, edits=True)},
    accounts={"web": "okno"},
)


def build(conn: Connection, tickets: int) -> None:
    """So many customers, each with an open ticket that waits; their targets lie an hour and more ahead."""
    at = round(NOW.timestamp() * 1000)
    chat_id = 1
    ids = range(1, tickets + 1)
    person = {"messenger": "web", "account": "okno", "seen_at": at}
    conn.execute(
        insert(schema.people), [{"id": i, "native": f"p{i}", "name": f"C{i}", **person} for i in ids]
    )
    chat = {"messenger": "web", "account": "okno", "kind": "private"}
    conn.execute(insert(schema.chats), [{"id": 1000 + i, "native": f"c:{i}", **chat} for i in ids])
    rows = [{"id": i, "person_id": i, "chat_id": 1000 + i, "name": f"C{i}", "created_at": at} for i in ids]
    conn.execute(insert(schema.customers), rows)
    places = [{"id": 1000 + i, "chat_id": 1000 + i, "kind": "chat"} for i in ids]
    conn.execute(insert(schema.places), places)
    homes = [
        {"id": tickets + 2000 + i, "chat_id": chat_id, "ticket_id": i, "kind": "thread", "root": str(i)}
        for i in ids
    ]
    conn.execute(insert(schema.places), homes)
    ticket = {"desk": "howto", "state": "agent", "subject": "question", "created_at": at, "touched_at": at}
    values = [
        {
            "id": i,
            "customer_id": i,
            "customer_place_id": 1000 + i,
            "desk_place_id": tickets + 2000 + i,
            **ticket,
        }
        for i in ids
    ]
    conn.execute(insert(schema.tickets), [{**v, "unanswered_since": at} for v in values])
    hour = 3_600_000
    clock = {"kind": "first", "started_at": at, "target": 2 * hour, "since": at, "due_at": at + 2 * hour}
    conn.execute(insert(schema.clocks), [{"ticket_id": i, "wake_at": at + hour + i, **clock} for i in ids])


def measure(conn: Connection, at: datetime, rounds: int) -> list[float]:
    """Milliseconds of each of so many sweeps, one second apart."""
    taken = []
    for number in range(rounds):
        start = time.perf_counter()
        with conn.begin():
            timed.sweep(conn, POLICY, at + timedelta(seconds=number))
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def main() -> None:
    """Build, sweep, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tickets", type=int, default=100_000)
    tickets = parser.parse_args().tickets
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "okno.db"
        migrate.upgrade(f"sqlite:///{path}")
        with engine_for(path).connect() as conn:
            with conn.begin():
                settling_in.settle_in(conn, POLICY, NOW)
            with conn.begin():
                build(conn, tickets)
            print(f"{tickets} open tickets with a clock each")
            for _ in range(
                tickets // timed.AT_ONCE + 2
            ):  # the first sweeps recompute every clock, some at a time
                measure(conn, NOW, 1)
            idle = measure(conn, NOW + timedelta(minutes=1), 50)
            print(f"nothing due:      p50 {statistics.median(idle):6.1f} ms   worst {max(idle):6.1f} ms")
            busy = measure(conn, NOW + timedelta(hours=1, minutes=30), 5)
            print(
                f"{timed.AT_ONCE} clocks at once: p50 {statistics.median(busy):6.1f} ms   worst {max(busy):6.1f} ms"
            )


if __name__ == "__main__":
    main()
