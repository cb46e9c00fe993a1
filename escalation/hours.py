"""Working time: when a team is there, and arithmetic over that time alone.

Times go in and come out aware, in UTC. The rules of a day stand in `Calendar`; the arithmetic is exact over clock
changes, midnight and the turn of the year, because every interval is turned into two instants first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from escalation.instants import in_utc, instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from domain.policy import Interval, WorkingHours

HORIZON = timedelta(days=400)
"""How far a calendar looks for the next opening or closing; beyond, there is none."""

FAR = timedelta(days=3660)
"""How far it looks for the end of some working time."""

EVER = datetime(1, 1, 1, tzinfo=UTC)

_DAYS = 32  # in one block
_MARGIN = 3  # days that are looked at around a block: an interval may last one, a zone may be one off
_KEPT = 64  # blocks remembered, more than five years


class NeverOpen(ValueError):
    """The weekly schedule has no hours at all."""


@dataclass(frozen=True, slots=True)
class Period:
    """Some time from `start` up to `end`."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of days: at `points[0]`, its start, the team is there or not, and it flips at each later point.

    The last point is its end. `sums`: the working time from the start up to each point.
    """

    opens: bool
    points: tuple[datetime, ...]
    sums: tuple[timedelta, ...]

    def place(self, at: datetime) -> int:
        """Which point was the last one by `at`."""
        return bisect_right(self.points, at) - 1

    def open_from(self, place: int) -> bool:
        """Whether the team is there from that point on."""
        return self.opens ^ bool(place % 2)

    def worked(self, at: datetime) -> timedelta:
        """The working time from the start up to `at`."""
        place = self.place(at)
        return self.sums[place] + (at - self.points[place] if self.open_from(place) else timedelta())


class Calendar:
    """When a team works. Immutable, safe to share between threads; keep it: it remembers what it has computed.

    What holds on a date, the first of these winning: `overrides` (no intervals: closed), `hours.open`,
    `hours.closed`, the public `holidays` of the year, the weekly schedule. An interval belongs to the date on
    which it begins, also past midnight. A team is there from an interval's start up to its end, the end excluded;
    intervals that touch or overlap are one period. Raises NeverOpen when the weekly schedule is empty.
    """

    def __init__(
        self,
        hours: WorkingHours,
        holidays: Callable[[int], frozenset[date]] | None = None,
        overrides: Mapping[date, tuple[Interval, ...]] | None = None,
    ) -> None:
        if not any(hours.weekly):
            raise NeverOpen("no day of the week has working hours")
        self.hours = hours
        self.zone = ZoneInfo(hours.timezone)
        self._holidays = holidays
        self._overrides = dict(overrides or {})
        self._block = lru_cache(maxsize=_KEPT)(self._built)

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """The hours of that date, in local time; none when it is closed."""
        if day in self._overrides:
            return self._overrides[day]
        usual = self.hours.weekly[day.weekday()]
        if day in self.hours.open:
            return usual or next(filter(None, self.hours.weekly))
        if day in self.hours.closed or (self._holidays and day in self._holidays(day.year)):
            return ()
        return usual

    def is_open(self, at: datetime) -> bool:
        """Whether the team is there."""
        block = self._at(at)
        return block.open_from(block.place(at))

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment, not before `at`, when the team is there: `at` itself when it is there now.

        None when it doesn't come within HORIZON.
        """
        return in_utc(at) if self.is_open(at) else self._flip_after(at)

    def closing(self, at: datetime) -> datetime | None:
        """When the present open period ends; None while closed, or when it doesn't end within HORIZON."""
        return self._flip_after(at) if self.is_open(at) else None

    def open_since(self, at: datetime) -> datetime | None:
        """When the present open period began; None while closed; EVER when that was before HORIZON."""
        return self._flip_before(at) if self.is_open(at) else None

    def closed_since(self, at: datetime) -> datetime | None:
        """When the present closed period began, which tells it from every other one; None while open.

        It stays the same when the next opening is moved. EVER when it began before HORIZON.
        """
        return None if self.is_open(at) else self._flip_before(at)

    def add(self, at: datetime, working: timedelta) -> datetime | None:
        """The first moment when so much working time has passed since `at`; `at` itself for none or less.

        It may be a closing. None when that lies beyond FAR.
        """
        at = in_utc(at)
        if working <= timedelta():
            return at
        first = _number(at)
        goal = working + self._block(first).worked(at)
        for number in range(first, first + FAR.days // _DAYS + 2):
            block = self._block(number)
            if goal <= block.sums[-1]:
                place = bisect_left(block.sums, goal)
                return block.points[place] - (block.sums[place] - goal)
            goal -= block.sums[-1]
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; none when `end` is earlier."""
        start, end = in_utc(start), in_utc(end)
        if end <= start:
            return timedelta()
        first, last = _number(start), _number(end)
        before = sum((self._block(n).sums[-1] for n in range(first, last)), timedelta())
        return before + self._block(last).worked(end) - self._block(first).worked(start)

    def periods(self, start: datetime, end: datetime) -> Iterator[Period]:
        """The open periods from `start` to `end`, in order; the first and the last are cut there."""
        at, end = in_utc(start), in_utc(end)
        while at < end:
            opening = self.next_opening(at)
            if opening is None or opening >= end:
                return
            at = min(end, self._flip_after(opening) or end)
            yield Period(opening, at)

    def _at(self, at: datetime) -> _Block:
        return self._block(_number(in_utc(at)))

    def _flip_after(self, at: datetime) -> datetime | None:
        """When the team next comes or goes; None beyond HORIZON."""
        first = _number(in_utc(at))
        for number in range(first, first + HORIZON.days // _DAYS + 2):
            points = self._block(number).points
            place = bisect_right(points, at, 1, len(points) - 1)
            if place < len(points) - 1:
                return points[place]
        return None

    def _flip_before(self, at: datetime) -> datetime:
        """When the team last came or went, `at` included; EVER beyond HORIZON."""
        last = _number(in_utc(at))
        for number in range(last, last - HORIZON.days // _DAYS - 2, -1):
            points = self._block(number).points
            place = bisect_right(points, at, 1, len(points) - 1)
            if place > 1:
                return points[place - 1]
        return EVER

    def _built(self, number: int) -> _Block:
        start = datetime.fromordinal(number * _DAYS).replace(tzinfo=UTC)
        end = start + timedelta(days=_DAYS)
        flips = [at for period in self._merged(start.date()) for at in period]
        opens = bool(bisect_left(flips, start) % 2)
        points = (start, *(at for at in flips if start <= at < end), end)
        sums = [timedelta()]
        for place in range(1, len(points)):
            works = opens ^ bool((place - 1) % 2)
            sums.append(sums[-1] + (points[place] - points[place - 1] if works else timedelta()))
        return _Block(opens, points, tuple(sums))

    def _merged(self, first: date) -> list[tuple[datetime, datetime]]:
        """The periods around the block that begins on that date, those that touch drawn together."""
        found: list[tuple[datetime, datetime]] = []
        for start, end in sorted(self._instants(first)):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
        return found

    def _instants(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        for away in range(-_MARGIN, _DAYS + _MARGIN):
            day = first + timedelta(days=away)
            for interval in self.intervals(day):
                past_midnight = timedelta(days=interval.end <= interval.start)
                start = instant(day, interval.start, self.zone)
                end = instant(day + past_midnight, interval.end, self.zone)
                if start < end:  # else a clock change has skipped it
                    yield start, end


def _number(at: datetime) -> int:
    return at.toordinal() // _DAYS
