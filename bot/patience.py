"""Trying again: how long to wait, and units of work that must be committed in the end."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import structlog

from storage.database import Database, DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.health import Health
    from storage import Connection

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger()

LONGEST = 20.0
"""The longest wait between two tries, in seconds."""


def full_jitter(tries: int, first: float = 1.0, longest: float = LONGEST) -> float:
    """How long to wait after so many failed tries: anything up to a bound that doubles each time."""
    return random.uniform(0.0, min(longest, first * 2.0 ** min(tries - 1, 20)))  # noqa: S311 (no secret)


def pause(tries: int) -> float:
    """How long to stay away from who asked for that without saying how long: at least a second, and longer each time."""
    return min(LONGEST, 2.0 ** min(tries - 1, 20)) + full_jitter(1)


class Committer:
    """Commits units of work, and waits for the database as long as it takes."""

    def __init__(self, db: Database, health: Health) -> None:
        self._db = db
        self._health = health

    async def run(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The unit's result, once committed. Only the unit's own errors are raised."""
        tries = 0
        while True:
            try:
                result = await self._db.run(fn, *args, **kwargs)
            except DatabaseBusy as trouble:
                tries += 1
                self.note(str(trouble))
                await asyncio.sleep(full_jitter(tries, longest=15.0))
            else:
                if self._health.database_error:
                    self.note("")
                return result

    async def once(self, fn: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The unit's result, tried a single time; raises DatabaseBusy when the database can't commit now."""
        try:
            result = await self._db.run(fn, *args, **kwargs)
        except DatabaseBusy as trouble:
            self.note(str(trouble))
            raise
        if self._health.database_error:
            self.note("")
        return result

    def note(self, trouble: str) -> None:
        """Say how the last commit went; said aloud when that changes."""
        if trouble:
            self._health.count("commits_retried")
            if trouble != self._health.database_error:
                _log.error("database can't be written", error=trouble)
        elif self._health.database_error:
            _log.info("database can be written again")
        self._health.database_error = trouble
