"""Old text and files are deleted bit by bit, beside everything else: no unit of work is long, and there is air between."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from domain.moments import to_ms
from storage import retention

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.policy import Policy
    from storage.database import Database
    from storage.retention import Page

ROWS = 100
"""Rows of one unit of work: a few milliseconds."""

AIR = 0.03
"""Seconds between two units, so that the writer is free most of the time."""

A_ROUND = 20.0
"""Seconds after which the next round goes on."""


async def forget(database: Database, policy: Policy, now: Callable[[], datetime] | None = None) -> None:
    """Delete what is older than the policy keeps it, for a while; and give the room back to the disk."""
    at = now() if now else datetime.now(UTC)
    until = time.monotonic() + A_ROUND
    for keep, pages in ((policy.keep_messages, retention.TEXT), (policy.keep_files, retention.FILES)):
        if keep is not None:
            for page in pages:
                await _walk(database, page, at - keep, until)
    while await database.shrink() and time.monotonic() < until:  # noqa: ASYNC110 - nothing is waited for but air
        await asyncio.sleep(AIR)


async def _walk(database: Database, page: Page, before: datetime, until: float) -> None:
    before_ms, after = to_ms(before), 0
    while time.monotonic() < until and (  # noqa: ASYNC110
        after := await database.run(page, before_ms, after, ROWS)
    ):
        await asyncio.sleep(AIR)
