"""`python -m tests.fidelity` tries how everything arrives; `--write` writes docs/fidelity.md of it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.fidelity import case
from tests.fidelity.page import PAGE, written
from tests.fidelity.rows import ROWS
from tests.fidelity.run import FAILED, run


def main() -> None:
    """Try, say what failed, and write the page if told to."""
    arguments = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    arguments.add_argument("--write", action="store_true", help="write docs/fidelity.md")
    arguments.add_argument("--rows", default="", help="only rows with these words in their title")
    arguments.add_argument(
        "--pairs", default="", help="only these, e.g. telegram-slack,web-web (customers first)"
    )
    arguments.add_argument(
        "--patience", type=float, default=case.PATIENCE, help="seconds that a thing may take"
    )
    given = arguments.parse_args()
    case.PATIENCE = given.patience
    rows = tuple(row for row in ROWS if given.rows in row.title)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder), rows, given.pairs))
    failed = {key: cell for key, cell in found.items() if cell.startswith(FAILED)}
    shown = failed if not (given.rows or given.pairs) else found
    for (customer, desk, way, title), cell in shown.items():
        sys.stdout.write(f"{customer}-{desk} {way}: {title}: {cell}\n")
    if given.write:
        PAGE.write_text(written(found))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
