"""One Okno a database: a lock that the system lets go of when the process ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from storage.database import DatabaseUnusable

if TYPE_CHECKING:
    from pathlib import Path


class Lock:
    """Holds `okno.lock` beside the database until released. Made by `hold`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def hold(cls, database: Path) -> Lock:
        """Take the lock. Raises DatabaseUnusable with one line when another process has it."""
        path = database.with_name("okno.lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseUnusable(f"{path} can't be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            who = f" (process {holder})" if holder else ""
            raise DatabaseUnusable(f"{database} is in use by another Okno{who}: stop it first") from None
        with contextlib.suppress(OSError):  # who holds it is only said for people; a disk may be full
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        return cls(descriptor)

    def release(self) -> None:
        """Let go. The file stays: removing it would race with whoever waits for it."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
