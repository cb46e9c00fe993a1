"""Moments as the tables keep them. One rounding for all: the same moment is equal wherever it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Whole milliseconds since the epoch, never later than it was."""
    return (at - _EPOCH) // _MILLISECOND
