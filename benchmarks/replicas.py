"""Okno on PostgreSQL, with one, two and three processes on one database, beside a bot that stores nothing.

`python -m benchmarks.replicas` starts a PostgreSQL server of its own that waits for the disk at every commit, and lets
customers write to both in alternating rounds. Two minutes; `--quick` a third of that. `--write` puts what was seen into
docs/postgresql.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import tables
from benchmarks.relay import Bot, Measured, World, free_port, minimal, okno, one_round, ready_after
from tests import postgres

WANTED = 0.9
"""Of the minimal bot's throughput, with one process."""


def processes(stack: ExitStack, folder: Path, world: World, count: int, server: postgres.Server) -> list[Bot]:
    """So many programs on one new database, all ready."""
    address = postgres.new_database_on(server, f"bench_{count}")
    postgres.make_tables(address)
    bots = []
    for number in range(count):
        (own := folder / f"{count}-{number}").mkdir()
        port, started = free_port(), time.perf_counter()
        bot = okno(own, port, world, OKNO_STORAGE__URL=postgres.written(address))
        bots.append(stack.enter_context(bot))
        ready_after(bot, port, started)
    return bots


def measured(
    folder: Path, count: int, sizes: tuple[int, int, int, int], server: postgres.Server
) -> tuple[Measured, Measured, float]:
    """What was seen of so many processes, and of the minimal bot at the same time; and how the rates compare."""
    ours, least = Measured(), Measured()
    rounds, singly, burst, customers = sizes
    with ExitStack() as stack:
        worlds = [stack.enter_context(World(customers)) for _ in range(2)]
        bots = processes(stack, folder, worlds[0], count, server)
        (alone := folder / f"minimal-{count}").mkdir()
        beside = stack.enter_context(minimal(worlds[1], alone))
        for world in worlds:
            world.ask("burst", customers)  # everybody has a topic before anything is timed
            world.ask("burst", customers * 4)
        sides = [(worlds[0], bots[0], ours), (worlds[1], beside, least)]
        for number in range(rounds):
            for world, bot, of in sides if number % 2 else reversed(sides):
                one_round(world, bot, of, singly, burst)
    ratio = statistics.median(a / b for a, b in zip(ours.rates, least.rates, strict=True))
    return ours, least, ratio


def row(count: int, ours: Measured, least: Measured, ratio: float) -> dict[str, object]:
    """A line of the table."""
    return {
        "processes": count,
        "p50 ms": f"{ours.quantile(0.5):.1f}",
        "messages/s": f"{ours.rate:.0f}",
        "minimal bot": f"{least.rate:.0f}",
        "beside it": f"{ratio:.2f} ×",
        "CPU ms a message: first, minimal": f"{ours.cpu_each:.2f} / {least.cpu_each:.2f}",
    }


def seen(most: int, sizes: tuple[int, int, int, int]) -> Iterator[tuple[dict[str, object], float]]:
    """For each number of processes a line, and how their throughput compares."""
    cluster = postgres.new_folder()
    postgres.make_cluster(cluster)
    server = postgres.start(cluster, durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="okno-benchmark-") as made:
            for count in range(1, most + 1):
                ours, least, ratio = measured(Path(made), count, sizes, server)
                yield row(count, ours, least, ratio), ratio
    finally:
        server.stop()


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=6)
    given.add_argument("--most", type=int, default=3, help="processes at most")
    given.add_argument("--singly", type=int, default=100)
    given.add_argument("--burst", type=int, default=1000)
    given.add_argument("--customers", type=int, default=50)
    given.add_argument("--quick", action="store_true")
    given.add_argument("--write", action="store_true", help="put the table into docs/postgresql.md")
    chosen = given.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.singly, chosen.burst = 2, 50, 400
    lines, ratios = [], []
    sizes = (chosen.rounds, chosen.singly, chosen.burst, chosen.customers)
    for line, ratio in seen(chosen.most, sizes):
        print(*line.values(), flush=True)  # a benchmark that is broken off has said something
        lines.append(line)
        ratios.append(ratio)
    shown = Table(*lines[0])
    for line in lines:
        shown.add_row(*map(str, line.values()))
    Console(width=100).print(shown)
    if chosen.write:
        tables.write("replicas", tables.table(lines), tables.POSTGRESQL)
    return 0 if ratios[0] >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
