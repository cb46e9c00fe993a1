"""Okno on a slow disk: `python -m benchmarks.slow_commits 3` runs it with 3 ms more for every commit to SQLite.

Takes what `okno run` takes from the environment; only the benchmarks use it.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from functools import partial
from typing import Any

from bot.__main__ import main


def slowed(seconds: float) -> type[sqlite3.Connection]:
    """A connection whose commits take so much longer."""

    class Slow(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            cursor = super().execute(sql, *given)
            if sql == "COMMIT":
                time.sleep(seconds)
            return cursor

    return Slow


if __name__ == "__main__":
    usual: Any = sqlite3.dbapi2.connect
    sqlite3.dbapi2.connect = partial(usual, factory=slowed(float(sys.argv[1]) / 1000))
    sys.argv = ["okno", "run"]
    main()
