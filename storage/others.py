"""Whether anybody else has written to a PostgreSQL database, told by the numbers of transactions.

A transaction that writes has a number, and numbers are given in order. As long as every one that has ended is one of ours,
what we have read is still true, and may be remembered from one unit to the next as on SQLite, where one process has
everything. Whatever else has a number (another process, another database of the server) only costs that memory.
"""

from __future__ import annotations

from storage.query import Memory

LOOK = (
    "SELECT (SELECT value FROM facts WHERE name = 'generation'),"
    " pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text"
)
"""What `seen` is told of: to be asked after a unit has locked what it is about."""

OWN = "SELECT pg_current_xact_id_if_assigned()::text"
"""What `ours` is told of: to be asked last in every transaction."""


class Others:
    """What one connection's transactions know of all others. `memory` is what was read and is still true."""

    def __init__(self) -> None:
        self.memory = Memory()
        self._upto = 0
        self._own: set[int] = set()
        self._quiet = False

    def ours(self, number: str | None) -> None:
        """This transaction is ours."""
        if number is not None:
            self._own.add(int(number))

    def seen(self, snapshot: str) -> bool:
        """Whether nobody else is writing now; what may have changed since the last time is forgotten.

        A transaction that the snapshot doesn't know of has committed nothing yet, and whatever it does to tickets that are
        locked by now comes later than we. One that it knows of may commit at any time after.
        """
        _, upto, under_way = snapshot.split(":")
        running = {int(number) for number in under_way.split(",") if number}
        quiet = running <= self._own
        now = int(upto)
        known = now - self._upto <= len(self._own) and all(n in self._own for n in range(self._upto, now))
        if not (known and quiet and self._quiet):
            self.memory.forget()
        if now > self._upto:
            self._own = {number for number in self._own if number >= now or number in running}
        self._upto, self._quiet = now, quiet
        return quiet

    def forget(self) -> None:
        """What was read may never have been committed."""
        self.memory.forget()
