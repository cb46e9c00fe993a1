"""`python -m benchmarks.stages`: where a message's time goes, from the answer to getUpdates to the request that copies it.

One message at a time goes through the whole road; a watch looks at the clock where it passes from one part of the
program to the next. `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks import tables
from benchmarks.relay import Bot, World, environment_of, free_port, ready_after

STAGES = {
    "received": "Telegram's answer to getUpdates is read and parsed",
    "read": "it becomes events, and the message is converted",
    "begun": "the writer's thread wakes",
    "handled": "the event is kept, the message filed, the letter written and made into a request",
    "committed": "the commit reaches the disk (`synchronous=FULL`)",
    "offered": "the loop wakes and delivery takes the letter",
    "called": "its turn; the request as a call of the Bot API",
    "sent": "the request is put on the wire",
}


def rows_of(passed: list[dict[str, float]]) -> list[dict[str, object]]:
    """The median microseconds of each stage."""
    names = ["heard", *STAGES]
    whole = [times for times in passed if all(name in times for name in names)]
    if not whole:
        raise SystemExit("no message was seen on its whole road")
    rows: list[dict[str, object]] = []
    for before, name in pairwise(names):
        taken = statistics.median(times[name] - times[before] for times in whole)
        rows.append({"stage": STAGES[name], "median µs": round(1e6 * taken)})
    total = statistics.median(times["sent"] - times["heard"] for times in whole)
    return [*rows, {"stage": "**all of it**", "median µs": f"**{1e6 * total:.0f}**"}]


def watched(folder: Path, messages: int, customers: int) -> list[dict[str, float]]:
    """Run the program under watch while customers write one message at a time."""
    told = folder / "passed.json"
    with World(customers) as world:
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.stages", "--watch", str(told)]
        started = time.perf_counter()
        with Bot("okno", command, folder, environment_of(port, world)) as bot:
            ready_after(bot, port, started)
            world.ask("burst", customers)  # everybody has a topic before anything is timed
            world.ask("singly", messages)
            bot.process.terminate()
            bot.process.wait(15)
    passed: list[dict[str, float]] = json.loads(told.read_text())
    return passed[-messages:]


def main() -> None:
    """Run it and say where the time went."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--messages", type=int, default=1000)
    given.add_argument("--customers", type=int, default=50)
    given.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    given.add_argument("--watch", metavar="FILE", help=argparse.SUPPRESS)
    chosen = given.parse_args()
    if chosen.watch:
        from benchmarks.watching import run

        run(Path(chosen.watch))
        return
    with tempfile.TemporaryDirectory(prefix="okno-stages-") as made:
        body = tables.table(rows_of(watched(Path(made), chosen.messages, chosen.customers)))
    print(body)
    if chosen.write:
        tables.write("stages", body, tables.PERFORMANCE)


if __name__ == "__main__":
    main()
