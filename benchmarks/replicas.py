"""Okno on PostgreSQL, with one, two and three processes on one database, beside a bot that stores nothing.

`python -m benchmarks.replicas` starts a PostgreSQL server of its own that waits for the disk at every commit, and lets
customers write to both in alternating rounds. Two minutes; `--quick` a third of that.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

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
    folder: Path, count: int, rounds: int, singly: int, burst: int, customers: int, server: postgres.Server
) -> tuple[Measured, Measured, float]:
    """What was seen of so many processes, and of the minimal bot at the same time; and how the rates compare."""
    ours, least = Measured(), Measured()
    with ExitStack() as stack:
        worlds = [stack.enter_context(World(customers)) for _ in range(2)]
        bots = processes(stack, folder, worlds[0], count, server)
        (alone := folder / f"minimal-{count}").mkdir()
        beside = stack.enter_context(minimal(worlds[1], alone))
        for world in worlds:
            world.ask("burst", customers)  # everybody has a topic before anything is timed
            world.ask("burst", customers * 4)
        for _ in range(rounds):
            one_round(worlds[0], bots[0], ours, singly, burst)
            one_round(worlds[1], beside, least, singly, burst)
    ratio = statistics.median(a / b for a, b in zip(ours.rates, least.rates, strict=True))
    return ours, least, ratio


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rounds", type=int, default=4)
    given.add_argument("--most", type=int, default=3, help="processes at most")
    given.add_argument("--singly", type=int, default=100)
    given.add_argument("--burst", type=int, default=1000)
    given.add_argument("--customers", type=int, default=50)
    given.add_argument("--quick", action="store_true")
    chosen = given.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.singly, chosen.burst = 2, 50, 400
    table = Table(
        "processes", "p50 ms", "messages/s", "minimal bot", "beside it", "CPU ms/message: first, minimal"
    )
    cluster = postgres.new_folder()
    postgres.make_cluster(cluster)
    server = postgres.start(cluster, durable=True)
    first = 0.0
    try:
        with tempfile.TemporaryDirectory(prefix="okno-benchmark-") as made:
            for count in range(1, chosen.most + 1):
                sizes = (chosen.rounds, chosen.singly, chosen.burst, chosen.customers)
                ours, least, ratio = measured(Path(made), count, *sizes, server)
                first = first or ratio
                cells = (f"{ours.quantile(0.5):.1f}", f"{ours.rate:.0f}", f"{least.rate:.0f}")
                cpu = f"{ours.cpu_each:.2f} / {least.cpu_each:.2f}"
                table.add_row(str(count), *cells, f"{ratio:.2f} ×", cpu)
                print(
                    count, *cells, f"{ratio:.2f}", cpu, flush=True
                )  # a benchmark that is broken off has said something
    finally:
        server.stop()
    Console(width=100).print(table)
    return 0 if first >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
