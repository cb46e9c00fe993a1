"""Laws of working time, over random weeks in four zones, and against counting the minutes."""

from __future__ import annotations

import time as machine
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.policy import Interval, WorkingHours
from escalation.hours import Calendar
from escalation.instants import instant
from tests.escalation.schedules import (
    CLOCK_CHANGES,
    MINUTE,
    ZONES,
    Minutes,
    calendars,
    days,
    lengths,
    minutes_of_day,
    moments,
    patient,
    schedules,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
STEP = timedelta(microseconds=1)


@patient
@given(calendars, moments, lengths)
def test_adding_working_time_passes_just_so_much(calendar: Calendar, at: datetime, working: timedelta):
    end = calendar.add(at, working)
    assert end is not None
    assert calendar.between(at, end) == working
    if working:
        assert calendar.between(at, end - STEP) == working - STEP  # and not a moment later than needed


@patient
@given(calendars, moments, lengths)
def test_passed_working_time_leads_back(calendar: Calendar, at: datetime, later: timedelta):
    end = at + later
    reached = calendar.add(at, calendar.between(at, end))
    assert reached is not None
    assert reached <= end
    assert calendar.between(reached, end) == timedelta()


@patient
@given(calendars, moments, lengths, lengths)
def test_adding_is_monotone_and_additive(calendar: Calendar, at: datetime, one: timedelta, two: timedelta):
    first, both = calendar.add(at, one), calendar.add(at, one + two)
    assert first is not None
    assert both is not None
    assert at <= first <= both
    assert calendar.add(first, two) == both


@patient
@given(calendars, moments, lengths, lengths)
def test_between_is_additive_and_never_more_than_the_time(
    calendar: Calendar, at: datetime, one: timedelta, two: timedelta
):
    middle, end = at + one, at + one + two
    assert calendar.between(at, middle) + calendar.between(middle, end) == calendar.between(at, end)
    assert timedelta() <= calendar.between(at, middle) <= one


@patient
@given(calendars, moments)
def test_nothing_counts_while_closed_everything_while_open(calendar: Calendar, at: datetime):
    opening = calendar.next_opening(at)
    assert opening is not None
    assert calendar.is_open(opening)
    assert calendar.between(at, opening) == timedelta()
    if calendar.is_open(at):
        assert opening == at
        since, closing = calendar.open_since(at), calendar.closing(at)
        assert calendar.closed_since(at) is None
        if closing is not None:  # else it never closes
            assert since is not None
            assert since <= at < closing
            assert not calendar.is_open(closing)
            assert not calendar.is_open(since - STEP)
            assert calendar.between(since, closing) == closing - since
    else:
        since = calendar.closed_since(at)
        assert since is not None
        assert calendar.closing(at) is None
        assert since <= at < opening
        assert calendar.is_open(since - STEP)
        assert calendar.closed_since(since) == calendar.closed_since(opening - STEP) == since


@patient
@given(calendars, moments, lengths)
def test_periods_are_what_counts(calendar: Calendar, at: datetime, length: timedelta):
    periods = list(calendar.periods(at, at + length))
    assert sum((p.length for p in periods), timedelta()) == calendar.between(at, at + length)
    assert all(one.end < two.start for one, two in pairwise(periods))


@patient
@given(schedules(past_midnight=False), st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_a_day_without_a_clock_change_has_its_schedule(hours: WorkingHours, day: date):
    zone = ZoneInfo(hours.timezone)
    start, end = (datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (day, day + DAY))
    assume(end - start == DAY)
    calendar = Calendar(hours)
    midnight = datetime.min  # noqa: DTZ901 - only for the difference
    lasts = (
        (datetime.combine(midnight, i.end) - datetime.combine(midnight, i.start)) % DAY or DAY
        for i in calendar.intervals(day)
    )
    assert calendar.between(start, end) == sum(lasts, timedelta())


@settings(max_examples=40, deadline=None)
@given(calendars, st.sampled_from(CLOCK_CHANGES), st.data())
def test_it_is_what_counting_minutes_gives(calendar: Calendar, change: datetime, data: st.DataObject):
    dates = [(change + n * DAY).date() for n in range(-1, 3)]
    calendar = Calendar(
        calendar.hours,
        overrides=data.draw(st.dictionaries(st.sampled_from(dates), days(), max_size=2)),
    )
    start, end = change - 30 * timedelta(hours=1), change + 30 * timedelta(hours=1)
    model = Minutes(calendar, start, end)
    assert all(calendar.is_open(at) == there for at, there in model.open.items())
    first, last = sorted(
        data.draw(st.tuples(*[st.integers(0, 60 * 60).map(lambda m: start + m * MINUTE)] * 2))
    )
    assert calendar.between(first, last) == model.between(first, last)


@patient
@given(st.sampled_from((*ZONES, "America/Santiago", "Australia/Lord_Howe")), moments, minutes_of_day)
def test_local_times_become_instants_in_order(zone: str, at: datetime, clock: time):
    info = ZoneInfo(zone)
    day = at.astimezone(info).date()
    found = instant(day, clock, info)
    shown = found.astimezone(info)
    wanted = datetime.combine(day, clock)
    assert shown.replace(tzinfo=None) >= wanted  # later only when the clock jumps over it,
    if shown.replace(tzinfo=None) > wanted:
        before = (found - STEP).astimezone(info)
        assert before.replace(tzinfo=None) < wanted  # and then at the jump itself
    assert not shown.fold


@pytest.fixture
def machine_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves this machine to another time zone."""

    def moved(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        machine.tzset()

    yield moved
    monkeypatch.undo()
    machine.tzset()


def test_the_machines_zone_does_not_matter(machine_in: Callable[[str], None]):
    hours = WorkingHours("America/New_York", ((Interval(time(22), time(2, 30)),),) * 7)
    found = []
    for zone in ("UTC", "America/New_York", "Pacific/Chatham"):
        machine_in(zone)
        calendar = Calendar(hours)
        found.append(
            [
                (calendar.add(at, 5 * HOUR), calendar.next_opening(at), calendar.between(at, at + 3 * DAY))
                for at in CLOCK_CHANGES
            ]
        )
    assert found[0] == found[1] == found[2]
