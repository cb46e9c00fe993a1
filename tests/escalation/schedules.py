"""Schedules for the tests of time: random ones, and a slow model of working time that is plainly right."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from domain.policy import Interval, WorkingHours
from escalation.hours import Calendar

ZONES = ("Europe/Moscow", "America/New_York", "Asia/Kolkata", "Pacific/Chatham")
MINUTE = timedelta(minutes=1)
ALL_DAY = Interval(time(0), time(0))

patient = settings(deadline=None)
"""For laws: the first look at a calendar builds it, and the machine may be busy."""

CLOCK_CHANGES = (
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York, back
    datetime(2026, 4, 4, 14, tzinfo=UTC),  # Chatham, back
    datetime(2026, 9, 26, 14, tzinfo=UTC),  # Chatham, forward
    datetime(2014, 10, 25, 22, tzinfo=UTC),  # Moscow, back for good
    datetime(2025, 12, 31, 21, tzinfo=UTC),  # a new year in Moscow
)


def hour(written: str) -> time:
    """`10:30`."""
    return time.fromisoformat(written)


def spans(*written: str) -> tuple[Interval, ...]:
    """`10:00-13:00`, one after another."""
    return tuple(Interval(hour(w.partition("-")[0]), hour(w.partition("-")[2])) for w in written)


def week(
    *, mon_fri: tuple[Interval, ...], sat: tuple[Interval, ...] = (), sun: tuple[Interval, ...] = ()
) -> tuple[tuple[Interval, ...], ...]:
    return (*((mon_fri,) * 5), sat, sun)


def utc(written: str) -> datetime:
    """`2026-03-08 07:00`, in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def local(written: str, zone: str, fold: int = 0) -> datetime:
    """`2026-03-08 07:00` in a zone, as UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


minutes_of_day = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))


@st.composite
def days(draw: st.DrawFn, *, past_midnight: bool = True) -> tuple[Interval, ...]:
    """The intervals of a day, apart from each other; the last one may reach past midnight."""
    if draw(st.integers(0, 9)) == 0:
        return (ALL_DAY,)
    edges = sorted(draw(st.lists(minutes_of_day, max_size=6, unique=True)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    intervals = [Interval(start, end) for start, end in pairs]
    if past_midnight and len(edges) % 2:
        intervals.append(
            Interval(edges[-1], draw(st.sampled_from((time(0), time(0, 30), time(6), edges[-1]))))
        )
    return tuple(intervals)


@st.composite
def schedules(draw: st.DrawFn, *, past_midnight: bool = True) -> WorkingHours:
    """A week that opens at least once."""
    weekly = draw(st.tuples(*[days(past_midnight=past_midnight)] * 7).filter(any))
    return WorkingHours(draw(st.sampled_from(ZONES)), weekly)


calendars = schedules().map(Calendar)

moments = st.one_of(
    st.builds(
        lambda change, away: change + away * MINUTE,
        st.sampled_from(CLOCK_CHANGES),
        st.integers(-36 * 60, 36 * 60),
    ),
    st.datetimes(datetime(2014, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
"""Often near a clock change, often anywhere to the microsecond."""

lengths = st.timedeltas(timedelta(), timedelta(days=9))


class Minutes:
    """Working time counted minute by minute, by a clock on the wall that nobody turns back.

    The team comes and goes when that clock first shows the time: what a change of clocks repeats shows nothing
    new, what it skips is passed at once. Schedules must be in whole minutes.
    """

    def __init__(self, calendar: Calendar, start: datetime, end: datetime) -> None:
        zone = calendar.zone
        at = start.replace(second=0, microsecond=0) - timedelta(days=3)
        at = at.astimezone(zone).replace(hour=12, minute=0).astimezone(UTC)  # clocks change at night
        shown = datetime.min  # noqa: DTZ901 - what the wall clock shows has no zone
        self.open: dict[datetime, bool] = {}
        while at <= end:
            shown = max(shown, at.astimezone(zone).replace(tzinfo=None))
            self.open[at] = self._there(calendar, shown)
            at += MINUTE

    @staticmethod
    def _there(calendar: Calendar, shown: datetime) -> bool:
        for away in (0, 1):
            day = shown.date() - timedelta(days=away)
            for interval in calendar.intervals(day):
                start = datetime.combine(day, interval.start)
                end = datetime.combine(day, interval.end)
                if end <= start:
                    end += timedelta(days=1)
                if start <= shown < end:
                    return True
        return False

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Of whole minutes."""
        return sum((MINUTE for at, there in self.open.items() if there and start <= at < end), timedelta())
