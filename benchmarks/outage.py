"""`python -m benchmarks.outage`: each messenger away for an hour, in every way, on each side of a ticket.

On simulated time (an hour passes in a moment), with the real handlers, pump, intake and delivery, and each messenger's
own capabilities. Customers and agents go on writing; afterwards everything is looked for.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from benchmarks import tables
from tests.soak.outages import REASONS, SIDES, Story, outage

MESSENGERS = ("telegram", "slack", "web")
PAIRS = (("telegram", "slack"), ("slack", "web"), ("web", "telegram"))
"""Customers' messenger and the desk's, each messenger once on either side; `--all` tries every pair."""


def row(why: str, side: str, stories: list[Story]) -> dict[str, object]:
    """One way of being away, over all pairs of messengers, as a line of the table."""
    return {
        "away for an hour": {"both": "both messengers", "customers": "the customers'", "desk": "the desk's"}[
            side
        ],
        "how": why,
        "pairs of messengers": len(stories),
        "messages": sum(s.written for s in stories),
        "lost": sum(len(s.lost) for s in stories),
        "out of order": sum(len(s.disordered) for s in stories),
        "repeated": sum(s.repeated for s in stories),
        "threads twice": sum(len(s.doubled) for s in stories),
        "threads told that answers wait": sum(s.told for s in stories),
        "all there after, at most": f"{max(s.all_there_after for s in stories):.0f} s",
    }


def main() -> None:
    """Run them all, say what came of it, and fail when a promise was broken."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.outage", description="An hour away.")
    arguments.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    arguments.add_argument("--all", action="store_true", help="every pair of messengers")
    given = arguments.parse_args()
    pairs = list(itertools.product(MESSENGERS, MESSENGERS)) if given.all else PAIRS
    rows = []
    broken = False
    for why, side in itertools.product(REASONS, SIDES):
        stories = [outage(customers, desk, side, why) for customers, desk in pairs]
        broken = broken or any(s.lost or s.disordered or s.doubled for s in stories)
        broken = broken or (why != "reset after the effect" and any(s.repeated for s in stories))
        rows.append(row(why, side, stories))
        print(tables.table(rows[-1:]), flush=True)
    if given.write:
        tables.write("outage", tables.table(rows))
    sys.exit(broken)


if __name__ == "__main__":
    main()
