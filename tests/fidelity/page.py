"""The page that says how everything arrives, written from what was found."""

from __future__ import annotations

from pathlib import Path

from tests.fidelity.rows import ROWS
from tests.fidelity.run import FAILED, Found
from tests.fidelity.world import MESSENGERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fidelity.md"
NAMES = {"telegram": "Telegram", "slack": "Slack", "web": "the built-in pages"}
WAYS = ("to the desk", "to the customer")
NEITHER = "·"
NOT_YET = "✗ not yet"

_HEAD = """# What arrives, and as what

Written by `make fidelity`, never by hand: the program runs between a Telegram, a Slack and its own pages, people on both
sides do what each row says, and a cell says what was found on the other side. `make test` does all of it again and fails
when this page says something else.

- ✓: it is there as it was.
- as …: the nearest thing that the other side has.
- can't: people can't do that there, or the platform doesn't tell of it.
- ·: the row makes no sense in this direction.

"""


def written(found: Found) -> str:
    """The whole page."""
    return _HEAD + "\n".join(_table(customer, desk, found) for customer in MESSENGERS for desk in MESSENGERS)


def _table(customer: str, desk: str, found: Found) -> str:
    lines = [
        f"## Customers in {NAMES[customer]}, the desk in {NAMES[desk]}\n",
        "| | customer → desk | desk → customer |",
        "|---|---|---|",
    ]
    for row in ROWS:
        cells = [_cell(found.get((customer, desk, way, row.title), NEITHER)) for way in WAYS]
        lines.append(f"| {row.title} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines) + "\n"


def _cell(found: str) -> str:
    return NOT_YET if found.startswith(FAILED) else found
