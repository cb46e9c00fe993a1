"""What can be wrong with the database itself, apart from any unit of work."""

from __future__ import annotations


class DatabaseUnusable(Exception):
    """The database can't be used as it is; the text is one line for the terminal."""


class DatabaseBusy(Exception):
    """The unit was not committed for a reason outside it (disk full, locked, connection gone); it may be tried again."""


class InTheWay(Exception):
    """Somebody else has in hand what a unit is about: it is to be run again."""
