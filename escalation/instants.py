"""Local times as instants in UTC, exact over clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """That local time as UTC: a repeated one the first time, a skipped one when the clock jumps over it."""
    local = datetime.combine(day, at.replace(tzinfo=None, fold=0), zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    before = local.replace(fold=1, microsecond=0).astimezone(
        UTC
    )  # reckoned from after the jump: lies before it
    after = found.replace(microsecond=0)
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC; a time without its zone is refused, since the machine's own would be taken."""
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(UTC)
