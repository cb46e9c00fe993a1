"""What can be wrong with the database itself, apart from any unit of work."""

from __future__ import annotations


class DatabaseUnusable(Exception):  # noqa: N818 (named for what it says)
    """The database can't be used as it is; the text is one line for the terminal."""


class DatabaseBusy(Exception):  # noqa: N818 (named for what it says)
    """The unit was not committed for a reason outside it (disk full, locked, connection gone); it may be tried again."""
