"""A consistent copy of an SQLite database, made beside a running Okno or without one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from storage.trouble import DatabaseUnusable

if TYPE_CHECKING:
    from pathlib import Path


def copy(database: Path, target: Path) -> int:
    """Copy the database as it is at this moment, with what lies in its log; gives the copy's bytes. Blocks.

    Reads only, so that the writer is never held up. The copy is checked, on the disk, and readable by its owner
    alone before it gets its name; a file of that name is never overwritten. Raises DatabaseUnusable.
    """
    if not database.exists():
        raise DatabaseUnusable(f"{database}: there is no database yet")
    if target.exists():
        raise DatabaseUnusable(f"{target} is there already: choose another name")
    fresh = target.with_name(f".{target.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(database, fresh)
        _to_disk(fresh)
        fresh.rename(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise DatabaseUnusable(f"{target}: the copy failed: {reason}") from error
    return target.stat().st_size


def _copy(database: Path, fresh: Path) -> None:
    source = sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)
    try:
        copied = sqlite3.connect(fresh)
        try:
            source.backup(
                copied
            )  # in one step: one that takes turns with a writer would begin again and again
            copied.execute("PRAGMA journal_mode = DELETE")  # one file, whatever happens to it
            (found,) = copied.execute("PRAGMA quick_check").fetchone()
            if found != "ok":
                raise DatabaseUnusable(f"{database} is damaged: {found}")
        finally:
            copied.close()
    finally:
        source.close()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
