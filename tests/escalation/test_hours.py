"""Working hours: what holds on which day, openings and closings, clock changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.policy import WorkingHours
from escalation import national
from escalation.hours import EVER, Calendar, NeverOpen, Period
from tests.escalation.schedules import ALL_DAY, local, spans, utc, week

MOSCOW = "Europe/Moscow"
NEW_YORK = "America/New_York"
HOUR = timedelta(hours=1)
DAILY = WorkingHours(MOSCOW, (spans("10:00-20:00"),) * 7)
OFFICE = WorkingHours(MOSCOW, week(mon_fri=spans("10:00-13:00", "14:00-19:00")))
NIGHTS = WorkingHours(NEW_YORK, (spans("22:00-02:30"),) * 7)
ALWAYS = WorkingHours(MOSCOW, ((ALL_DAY,),) * 7)


def msk(written: str) -> datetime:
    return local(written, MOSCOW)


def test_open_up_to_the_end_which_is_closed():
    calendar = Calendar(DAILY)
    assert not calendar.is_open(msk("2026-05-04 09:59:59"))
    assert calendar.is_open(msk("2026-05-04 10:00"))
    assert calendar.is_open(msk("2026-05-04 19:59:59.999999"))
    assert not calendar.is_open(msk("2026-05-04 20:00"))


def test_next_opening_is_now_while_open():
    calendar = Calendar(OFFICE)
    monday = msk("2026-05-04 11:00")
    assert calendar.next_opening(monday) == monday
    assert calendar.next_opening(msk("2026-05-04 13:00")) == msk("2026-05-04 14:00")
    assert calendar.next_opening(msk("2026-05-08 19:00")) == msk("2026-05-11 10:00")


def test_closing_and_what_began_when():
    calendar = Calendar(OFFICE)
    assert calendar.closing(msk("2026-05-04 11:00")) == msk("2026-05-04 13:00")
    assert calendar.closing(msk("2026-05-04 13:00")) is None
    assert calendar.open_since(msk("2026-05-04 14:00")) == msk("2026-05-04 14:00")
    assert calendar.open_since(msk("2026-05-04 13:30")) is None
    assert calendar.closed_since(msk("2026-05-09 11:00")) == msk("2026-05-08 19:00")
    assert calendar.closed_since(msk("2026-05-11 09:59")) == msk("2026-05-08 19:00")
    assert calendar.closed_since(msk("2026-05-11 10:00")) is None


def test_a_closed_period_stays_the_same_when_the_opening_moves():
    evening = msk("2026-05-04 22:00")
    moved = Calendar(DAILY, overrides={date(2026, 5, 5): spans("12:00-16:00")})
    assert moved.next_opening(evening) == msk("2026-05-05 12:00")
    assert moved.closed_since(evening) == Calendar(DAILY).closed_since(evening)


def test_intervals_that_touch_are_one_period_over_midnight_and_the_turn_of_the_year():
    calendar = Calendar(WorkingHours(MOSCOW, (spans("20:00-00:00", "00:00-04:00"),) * 7))
    assert calendar.closing(msk("2025-12-31 21:00")) == msk("2026-01-01 04:00")
    assert calendar.open_since(msk("2026-01-01 01:00")) == msk("2025-12-31 20:00")


def test_past_midnight_belongs_to_the_day_it_begins_on():
    calendar = Calendar(
        WorkingHours(MOSCOW, week(mon_fri=spans("22:00-02:00")), closed=frozenset({date(2026, 5, 6)}))
    )
    assert calendar.is_open(msk("2026-05-06 01:00"))  # Tuesday's night
    assert not calendar.is_open(msk("2026-05-06 23:00"))
    assert not calendar.is_open(msk("2026-05-07 01:00"))
    assert calendar.is_open(msk("2026-05-09 01:00"))  # Friday's, on Saturday


@pytest.mark.parametrize("hours", ["00:00-06:00", "18:00-00:00"])
def test_months_of_days_that_begin_or_end_at_midnight_in_utc(hours: str):
    calendar = Calendar(WorkingHours("UTC", (spans(hours),) * 7))
    start = utc("2026-01-01 12:00")
    for days in range(100):
        midnight = utc("2026-01-02 00:00") + timedelta(days=days)
        assert calendar.is_open(midnight) == (hours == "00:00-06:00")
        assert calendar.is_open(midnight - timedelta(minutes=1)) != calendar.is_open(midnight)
        assert calendar.between(start, start + timedelta(days=days)) == days * 6 * HOUR
        assert calendar.add(start, days * 6 * HOUR + HOUR) == start + (
            timedelta(days=days) + (13 if hours == "00:00-06:00" else 7) * HOUR
        )


def test_never_closes():
    calendar = Calendar(ALWAYS)
    at = utc("2026-05-04 11:11")
    assert calendar.is_open(at)
    assert calendar.closing(at) is None
    assert calendar.open_since(at) == EVER
    assert calendar.add(at, timedelta(days=500)) == at + timedelta(days=500)
    assert calendar.between(at, at + timedelta(days=500)) == timedelta(days=500)


def test_a_week_without_hours_is_an_error():
    with pytest.raises(NeverOpen, match="no day of the week"):
        Calendar(WorkingHours(MOSCOW, ((),) * 7, open=frozenset({date(2026, 5, 4)})))


def test_closed_for_years_opens_never():
    years = {
        year: frozenset(date(year, 1, 1) + timedelta(n) for n in range(366)) for year in range(2024, 2038)
    }
    calendar = Calendar(DAILY, years.__getitem__)
    at = utc("2026-05-04 11:00")
    assert calendar.next_opening(at) is None
    assert calendar.closed_since(at) == EVER
    assert calendar.add(at, HOUR) is None
    assert calendar.add(at, timedelta()) == at
    assert list(calendar.periods(at, at + timedelta(days=900))) == []


def test_what_holds_on_a_date():
    saturday, monday, tuesday = date(2026, 5, 9), date(2026, 5, 4), date(2026, 5, 5)
    hours = WorkingHours(
        MOSCOW,
        ((), *(spans("10:00-18:00"),) * 4, (), ()),
        closed=frozenset({tuesday, date(2026, 5, 6)}),
        open=frozenset({saturday, monday, date(2026, 5, 6), date(2026, 5, 8)}),
    )
    calendar = Calendar(
        hours,
        lambda year: frozenset({date(year, 5, 8), date(year, 5, 7)}),
        {tuesday: spans("11:00-12:00"), date(2026, 5, 15): ()},
    )
    assert calendar.intervals(saturday) == spans("10:00-18:00")  # the first weekday with hours lends its own
    assert calendar.intervals(monday) == spans("10:00-18:00")
    assert calendar.intervals(tuesday) == spans("11:00-12:00")  # set from the chat, wins over closed
    assert calendar.intervals(date(2026, 5, 6)) == spans("10:00-18:00")  # open wins over closed,
    assert calendar.intervals(date(2026, 5, 8)) == spans("10:00-18:00")  # and over a holiday
    assert calendar.intervals(date(2026, 5, 7)) == ()
    assert calendar.intervals(date(2026, 5, 15)) == ()
    assert calendar.intervals(date(2026, 5, 14)) == spans("10:00-18:00")
    assert calendar.intervals(date(2027, 5, 7)) == ()


def test_working_time_over_closed_time():
    calendar = Calendar(OFFICE)
    friday = msk("2026-05-08 18:50")
    assert calendar.add(friday, timedelta(minutes=15)) == msk("2026-05-11 10:05")
    assert calendar.add(friday, timedelta(minutes=10)) == msk("2026-05-08 19:00")  # a closing
    assert calendar.between(friday, msk("2026-05-11 10:05")) == timedelta(minutes=15)
    assert calendar.add(msk("2026-05-09 03:00"), timedelta(minutes=15)) == msk("2026-05-11 10:15")
    assert calendar.between(msk("2026-05-11 12:00"), msk("2026-05-11 15:00")) == 2 * HOUR
    assert calendar.between(msk("2026-05-11 12:00"), friday) == timedelta()


@pytest.mark.parametrize(
    ("night", "opens", "closes", "lasts"),
    [
        ("2026-03-06", "2026-03-07 03:00", "2026-03-07 07:30", 4.5 * HOUR),  # any night
        ("2026-03-07", "2026-03-08 03:00", "2026-03-08 07:00", 4 * HOUR),  # 02:30 is skipped: up to the jump
        ("2026-10-31", "2026-11-01 02:00", "2026-11-01 07:30", 5.5 * HOUR),  # an hour is repeated within
    ],
)
def test_nights_when_clocks_change(night: str, opens: str, closes: str, lasts: timedelta):
    calendar = Calendar(NIGHTS)
    at = local(f"{night} 23:00", NEW_YORK)
    assert (calendar.open_since(at), calendar.closing(at)) == (utc(opens), utc(closes))
    assert calendar.between(utc(opens), utc(closes)) == lasts
    assert calendar.add(utc(opens), lasts) == utc(closes)


def test_times_that_come_twice_count_the_first_time():
    starts = Calendar(WorkingHours(NEW_YORK, (spans("01:30-03:00"),) * 7))
    ends = Calendar(WorkingHours(NEW_YORK, (spans("00:30-01:30"),) * 7))
    first, second = (local("2026-11-01 01:30", NEW_YORK, fold) for fold in (0, 1))
    assert starts.next_opening(utc("2026-11-01 05:00")) == first
    assert starts.closing(second) == local("2026-11-01 03:00", NEW_YORK)
    assert ends.closing(utc("2026-11-01 05:00")) == first
    assert not ends.is_open(second - timedelta(minutes=10))


def test_an_interval_that_a_clock_change_skips_is_none():
    calendar = Calendar(WorkingHours(NEW_YORK, (spans("02:10-02:50"),) * 7))
    day = (local("2026-03-08 00:00", NEW_YORK), local("2026-03-09 00:00", NEW_YORK))
    assert list(calendar.periods(*day)) == []


def test_a_midnight_that_a_clock_change_skips():
    zone = "America/Santiago"  # at 24:00 on 2026-09-05 it is 01:00
    calendar = Calendar(WorkingHours(zone, (spans("00:00-08:00"),) * 7))
    opening = calendar.next_opening(local("2026-09-05 23:00", zone))
    assert opening == utc("2026-09-06 04:00")
    assert calendar.between(opening, local("2026-09-06 23:00", zone)) == 7 * HOUR


def test_a_date_that_a_zone_skips():
    zone = "Pacific/Apia"  # went from 2011-12-29 to 2011-12-31
    calendar = Calendar(WorkingHours(zone, (spans("10:00-18:00"),) * 7))
    periods = list(calendar.periods(utc("2011-12-28 12:00"), utc("2011-12-31 12:00")))
    assert [period.length for period in periods] == [8 * HOUR] * 3
    assert calendar.next_opening(utc("2011-12-30 06:00")) == utc("2011-12-30 20:00")


def test_periods_are_cut_at_the_ends():
    calendar = Calendar(OFFICE)
    assert list(calendar.periods(msk("2026-05-08 12:00"), msk("2026-05-08 15:00"))) == [
        Period(msk("2026-05-08 12:00"), msk("2026-05-08 13:00")),
        Period(msk("2026-05-08 14:00"), msk("2026-05-08 15:00")),
    ]


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without its zone"):
        Calendar(DAILY).is_open(datetime(2026, 5, 4, 10))  # noqa: DTZ001


def test_public_holidays_by_country():
    hours = WorkingHours(MOSCOW, OFFICE.weekly, country="RU", open=frozenset({date(2026, 6, 12)}))
    calendar = national.calendar(hours)
    assert not calendar.intervals(date(2026, 1, 2))
    assert not calendar.intervals(date(2026, 5, 11))  # moved from a Saturday
    assert calendar.intervals(date(2026, 6, 12))
    assert national.calendar(hours, {}) is calendar
    assert national.calendar(hours, {date(2026, 1, 2): spans("10:00-11:00")}).intervals(date(2026, 1, 2))
    assert national.holidays_of("") is None


def test_countries_are_known_or_not():
    assert national.known("RU")
    assert not national.known("XX")
