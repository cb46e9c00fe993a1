"""What wakes the timed jobs. It only wakes them: what is due stands in the database, and nothing is lost here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SWEEP_EVERY = 1
"""Seconds between two looks for what is due."""

PRUNE_EVERY = 60
"""Seconds between two rounds of throwing away; each takes only a little, so that nobody waits for it."""


class Schedule:
    """Calls `sweep` every second and `prune` every minute, never twice at once, however late."""

    def __init__(self, sweep: Callable[[], Awaitable[None]], prune: Callable[[], Awaitable[None]]) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        # a look that takes longer than a second lets the next ones out, which is as it should be and no news
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        now = datetime.now(UTC)
        self._scheduler.add_job(_stoppable(sweep), "interval", seconds=SWEEP_EVERY, next_run_time=now)
        self._scheduler.add_job(_stoppable(prune), "interval", seconds=PRUNE_EVERY, next_run_time=now)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Wake nothing any more; a job that runs is not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _stoppable(job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """The job, which stopping may cancel without the scheduler calling that an error."""

    async def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await job()

    return run
