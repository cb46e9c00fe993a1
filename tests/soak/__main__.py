"""`python -m tests.soak`: soaks of any length, one after another, each with another seed.

`--kind telegram`: customers and a desk in Telegram, thirty messages a second, albums, answers; `--kind mixed`: customers
in Telegram, Slack and browsers, desks in Telegram and Slack. Both without `--kind`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from benchmarks import tables
from tests.soak import mixed, run
from tests.soak.run import Report

KINDS = {"telegram": run.soak, "mixed": mixed.soak}
SECTIONS = {"telegram": "soak", "mixed": "soak-mixed"}


def main() -> None:
    """Run them, say what came of each, and fail when a promise was broken."""
    arguments = argparse.ArgumentParser(prog="python -m tests.soak", description="Crashes, again and again.")
    arguments.add_argument("--seconds", type=float, default=60.0, help="how long people write in each")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument(
        "--seed", type=int, nargs="+", default=[1], help="the first; of several, each once"
    )
    arguments.add_argument("--kind", choices=sorted(KINDS), action="append")
    arguments.add_argument("--write", action="store_true", help="put the tables into docs/reliability.md")
    given = arguments.parse_args()
    first, *more = given.seed
    seeds = [first, *more] if more else range(first, first + given.rounds)
    broken = False
    for kind in given.kind or KINDS:
        reports = []
        for seed in seeds:
            with tempfile.TemporaryDirectory(prefix="okno-soak-") as folder:
                reports.append(asyncio.run(KINDS[kind](Path(folder), given.seconds, seed)))
            print(tables.table([row(reports[-1])]), *reports[-1].faults, sep="\n", flush=True)  # noqa: T201 (a command)
        broken = broken or any(report.faults for report in reports)
        if given.write:
            tables.write(SECTIONS[kind], tables.table([row(report) for report in reports]))
    sys.exit(broken)


def row(report: Report) -> dict[str, object]:
    """One soak as a line of the table."""
    verdict = report.verdict
    return {
        "seed": report.seed,
        "seconds": round(report.seconds),
        "customers": report.customers,
        "messages": verdict.written,
        "kill -9": f"{report.crashes} ({report.inside_a_send} inside a request)",
        "lost": len(verdict.lost),
        "out of order": len(verdict.disordered),
        "repeated": sum(verdict.repeats.values()),
        "most repeats in one direction": max(verdict.repeats.values(), default=0),
        "tickets or topics twice": len(verdict.doubled),
        "not as last edited": len(verdict.outdated),
        "all there after": f"{report.settled_within:.1f} s",
    }


if __name__ == "__main__":
    main()
