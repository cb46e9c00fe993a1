"""The rota: who is on duty, who comes next, gaps; what was set over it; to whom tickets go."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy import Interval, Shift, WorkingHours
from escalation.assign import assignee, mentioned
from escalation.hours import Calendar, Period
from escalation.rota import LOOK_AHEAD, Override, Rota, Turn, hand_over, take_over, weekdays
from tests.escalation.schedules import (
    ALL_DAY,
    CLOCK_CHANGES,
    MINUTE,
    ZONES,
    calendars,
    local,
    minutes_of_day,
    moments,
    patient,
    spans,
    utc,
)

MOSCOW, NOVOSIBIRSK, NEW_YORK = "Europe/Moscow", "Asia/Novosibirsk", "America/New_York"
HOUR = timedelta(hours=1)
STEP = timedelta(microseconds=1)
ANNA, BORIS, VERA = "telegram:1", "telegram:2", "web:vera"


def shift(days: str, hours: str, *agents: str, zone: str = MOSCOW) -> Shift:
    return Shift(weekdays(days), spans(hours)[0], zone, agents)


def msk(written: str) -> datetime:
    return local(written, MOSCOW)


WEEK = (
    shift("mon-fri", "10:00-15:00", ANNA),
    shift("mon-fri", "14:00-20:00", BORIS, ANNA, zone=NOVOSIBIRSK),  # 10:00-16:00 in Moscow
    shift("mon-fri", "15:00-20:00", VERA),
)
ROTA = Rota(WEEK)
DAILY = Calendar(WorkingHours(MOSCOW, (spans("10:00-20:00"),) * 7))


@pytest.mark.parametrize(
    ("written", "days"),
    [("mon", {0}), ("mon-fri", {0, 1, 2, 3, 4}), ("fri-mon", {4, 5, 6, 0}), ("tue,sat-sun", {1, 5, 6})],
)
def test_weekdays(written: str, days: set[int]):
    assert weekdays(written) == days


def test_on_duty_are_those_of_every_shift_nobody_twice():
    assert ROTA.on_duty(msk("2026-05-04 09:59")) == ()
    assert ROTA.on_duty(msk("2026-05-04 10:00")) == (ANNA, BORIS)
    assert ROTA.on_duty(msk("2026-05-04 15:00")) == (BORIS, ANNA, VERA)
    assert ROTA.on_duty(msk("2026-05-04 16:00")) == (VERA,)
    assert ROTA.on_duty(msk("2026-05-09 12:00")) == ()


def test_until_when_and_who_is_next():
    noon = msk("2026-05-04 12:00")
    assert ROTA.turn(noon) == Turn((ANNA, BORIS), noon, msk("2026-05-04 15:00"))
    assert ROTA.following(noon) == Turn((BORIS, ANNA, VERA), msk("2026-05-04 15:00"), msk("2026-05-04 16:00"))
    assert ROTA.successor(noon) == Turn((VERA,), msk("2026-05-04 15:00"), msk("2026-05-04 16:00"))
    assert ROTA.following(msk("2026-05-08 21:00")) == Turn(
        (ANNA, BORIS), msk("2026-05-11 10:00"), msk("2026-05-11 15:00")
    )
    assert ROTA.duty_ends(ANNA, noon) == msk("2026-05-04 16:00")
    assert ROTA.duty_ends(VERA, noon) is None


def test_one_person_alone_follows_themselves_but_has_no_successor():
    rota = Rota([shift("mon-fri", "10:00-20:00", ANNA)])
    friday = msk("2026-05-08 12:00")
    assert rota.following(friday) == Turn((ANNA,), msk("2026-05-11 10:00"), msk("2026-05-11 20:00"))
    assert rota.successor(friday) is None
    assert take_over(rota, friday) is None


def test_a_rota_around_the_clock_never_changes():
    rota = Rota([Shift(weekdays("mon-sun"), ALL_DAY, MOSCOW, (ANNA,))])
    at = utc("2026-05-04 10:00")
    assert rota.turn(at) == Turn((ANNA,), at, None)
    assert rota.following(at) is None
    assert rota.duty_ends(ANNA, at) is None


def test_without_shifts_nobody_is_expected():
    at = msk("2026-05-04 12:00")
    assert not Rota([]).in_use
    assert Rota([]).turn(at) == Turn((), at, None)
    assert Rota([]).gaps(DAILY, at, at + 24 * HOUR) == []


def test_shifts_keep_local_time_when_clocks_change():
    rota = Rota([shift("mon-sun", "22:00-02:30", ANNA, zone=NEW_YORK)])
    assert rota.turn(utc("2026-03-08 04:00")).end == utc("2026-03-08 07:00")  # 02:30 is skipped
    assert rota.turn(utc("2026-11-01 04:00")).end == utc("2026-11-01 07:30")


def test_somebody_instead_until_a_time():
    rota = Rota(WEEK, [Override("instead", (VERA,), msk("2026-05-04 11:00"), msk("2026-05-04 13:00"))])
    assert rota.on_duty(msk("2026-05-04 10:59")) == (ANNA, BORIS)
    assert rota.turn(msk("2026-05-04 11:00")) == Turn(
        (VERA,), msk("2026-05-04 11:00"), msk("2026-05-04 13:00")
    )
    assert rota.on_duty(msk("2026-05-04 13:00")) == (ANNA, BORIS)


def test_away_until_taken_back():
    rota = Rota(WEEK, [Override("away", (ANNA,), msk("2026-05-04 11:00"))])
    assert rota.on_duty(msk("2026-05-04 12:00")) == (BORIS,)
    assert rota.on_duty(msk("2026-06-01 10:00")) == (BORIS,)


def test_the_later_word_counts():
    start = msk("2026-05-04 11:00")
    away, also = Override("away", (ANNA,), start), Override("also", (ANNA,), start)
    assert Rota(WEEK, [away, also]).on_duty(start) == (BORIS, ANNA)
    assert Rota(WEEK, [also, away]).on_duty(start) == (BORIS,)


def test_the_next_take_over_until_their_own_turn():
    at = msk("2026-05-04 12:00")
    override = take_over(ROTA, at)
    assert override == Override("instead", (VERA,), at, msk("2026-05-04 15:00"))
    rota = Rota(WEEK, [override])
    assert rota.on_duty(at) == (VERA,)
    assert rota.on_duty(msk("2026-05-04 15:00")) == (BORIS, ANNA, VERA)


def test_handing_over_lasts_as_long_as_the_duty():
    at = msk("2026-05-04 12:00")
    rota = Rota(WEEK, hand_over(ROTA, ANNA, VERA, at))
    assert rota.on_duty(at) == (BORIS, VERA)
    assert rota.on_duty(msk("2026-05-05 12:00")) == (ANNA, BORIS)
    assert hand_over(ROTA, VERA, ANNA, at) == ()


def test_gaps_are_working_time_with_nobody_on_duty():
    rota = Rota(WEEK, [Override("away", (VERA,), msk("2026-05-04 18:00"), msk("2026-05-05 00:00"))])
    assert rota.gaps(DAILY, msk("2026-05-04 09:00"), msk("2026-05-05 09:00")) == [
        Period(msk("2026-05-04 18:00"), msk("2026-05-04 20:00"))
    ]
    assert rota.gaps(DAILY, msk("2026-05-08 19:00"), msk("2026-05-10 19:00")) == [
        Period(msk("2026-05-09 10:00"), msk("2026-05-09 20:00")),
        Period(msk("2026-05-10 10:00"), msk("2026-05-10 19:00")),
    ]


def test_a_closed_day_has_no_gap():
    holiday = Calendar(DAILY.hours, overrides={date(2026, 5, 9): (), date(2026, 5, 10): ()})
    assert ROTA.gaps(holiday, msk("2026-05-08 19:00"), msk("2026-05-10 19:00")) == []


def test_who_gets_a_ticket():
    duty = (BORIS, ANNA, VERA)
    assert assignee("queue", duty, {}) is None
    assert assignee("duty", duty, {BORIS: 9}) == BORIS
    assert assignee("even", duty, {BORIS: 2, ANNA: 1, VERA: 1}) == ANNA
    assert assignee("even", duty, {BORIS: 2, ANNA: 1}) == VERA
    assert assignee("duty", (), {}) is None


def test_who_gets_it_when_nobody_answered():
    duty = (BORIS, ANNA, VERA)
    assert assignee("duty", duty, {}, passed=[BORIS]) == ANNA
    assert assignee("even", duty, {VERA: 1}, passed=[BORIS, ANNA]) == VERA
    assert assignee("duty", duty, {}, passed=duty) is None


def test_whom_words_mention():
    assert mentioned(ANNA, (), rota_in_use=False) == (ANNA,)
    assert mentioned(None, (), rota_in_use=False) == ()
    assert mentioned(ANNA, (ANNA, BORIS), rota_in_use=True) == (ANNA,)
    assert mentioned(ANNA, (BORIS,), rota_in_use=True) == (BORIS,)
    assert mentioned(None, (BORIS, VERA), rota_in_use=True) == (BORIS, VERA)
    assert mentioned(ANNA, (), rota_in_use=True) == (ANNA,)


agents = st.lists(st.sampled_from((ANNA, BORIS, VERA)), min_size=1, max_size=3, unique=True).map(tuple)
shifts = st.builds(
    Shift,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.builds(Interval, minutes_of_day, st.sampled_from((time(0), time(2, 30), time(15), time(20)))),
    st.sampled_from(ZONES),
    agents,
)


near = st.integers(-3000, 3000).map(lambda m: CLOCK_CHANGES[0] + m * MINUTE)


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    start = draw(near)
    end = start + draw(st.integers(1, 3000)) * MINUTE if draw(st.booleans()) else None
    return Override(draw(st.sampled_from(("instead", "also", "away"))), draw(agents), start, end)


rotas = st.builds(Rota, st.lists(shifts, min_size=1, max_size=4), st.lists(overrides(), max_size=3))


@patient
@given(rotas, near, st.integers(0, 3000))
def test_a_turn_holds_up_to_its_end_and_no_longer(rota: Rota, at: datetime, ahead: int):
    turn = rota.turn(at)
    assert turn.agents == rota.on_duty(at)
    if turn.end is None:
        assert rota.on_duty(at + ahead * MINUTE) == turn.agents
    else:
        assert at < turn.end <= at + LOOK_AHEAD
        assert rota.on_duty(turn.end - STEP) == rota.on_duty(at + (turn.end - at) / 2) == turn.agents
        assert rota.on_duty(turn.end) != turn.agents


@patient
@given(rotas, near)
def test_who_follows_is_on_duty_then(rota: Rota, at: datetime):
    following, coming = rota.following(at), rota.successor(at)
    if following:
        assert following.agents == rota.on_duty(following.start)
        assert following.start > at
    if coming:
        assert coming.agents
        assert not set(coming.agents) & set(rota.on_duty(at))
        assert set(coming.agents) <= set(rota.on_duty(coming.start))
        assert following is not None
        assert following.start <= coming.start
    for agent in rota.on_duty(at):
        if end := rota.duty_ends(agent, at):
            assert agent in rota.on_duty(end - STEP)
            assert agent not in rota.on_duty(end)


@settings(deadline=None, max_examples=50)
@given(rotas, calendars, near)
def test_gaps_and_duty_make_up_the_working_time(rota: Rota, calendar: Calendar, start: datetime):
    end = start + 48 * HOUR
    gaps = rota.gaps(calendar, start, end)
    inside = {start + n * 7 * MINUTE for n in range(48 * 60 // 7)}
    for at in inside:
        missing = any(gap.start <= at < gap.end for gap in gaps)
        assert missing == (calendar.is_open(at) and not rota.on_duty(at))
    for gap in gaps:
        assert calendar.between(gap.start, gap.end) == gap.length


@patient
@given(shifts, moments)
def test_a_shift_is_its_calendar(shift: Shift, at: datetime):
    calendar = Calendar(
        WorkingHours(shift.timezone, tuple((shift.hours,) if d in shift.days else () for d in range(7)))
    )
    assert bool(Rota([shift]).on_duty(at)) == calendar.is_open(at)
