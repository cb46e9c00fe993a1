"""Reminders and pings: what is due now, what next, and that nobody is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy import Desk, Policy, Reminder, Share
from escalation import due, sla
from escalation.due import Due, Rules
from escalation.hours import Calendar
from tests.escalation.schedules import calendars, moments, patient
from tests.escalation.test_sla import CALENDAR, at, first, minutes

RULES = Rules((Share(66),), minutes(15))
STEP = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def rung(
    clock: sla.Clock, until: datetime, rules: Rules = RULES, start: datetime | None = None
) -> Iterator[tuple[datetime, Due]]:
    """What is given, and when, by one who looks exactly when something is due."""
    now = start or clock.started
    while (wake := due.next_wake(clock, CALENDAR, rules, now)) is not None and wake <= until:
        found = due.due_now(clock, CALENDAR, rules, wake)
        assert found is not None
        clock, now = due.given(clock, found, wake, CALENDAR), wake
        yield now, found


def times(
    clock: sla.Clock, until: datetime, rules: Rules = RULES, start: datetime | None = None
) -> list[tuple[datetime, str, int]]:
    return [(now, found.kind, found.number) for now, found in rung(clock, until, rules, start)]


def test_a_reminder_the_breach_three_repeats_then_every_hour():
    assert times(first(), at("17:30")) == [
        (at("14:29:54"), "reminder", 1),
        (at("14:35"), "ping", 1),
        (at("14:50"), "ping", 2),
        (at("15:05"), "ping", 3),
        (at("15:20"), "ping", 4),
        (at("16:20"), "ping", 5),
        (at("17:20"), "ping", 6),
    ]


def test_a_repeat_longer_than_an_hour_stays_so():
    rules = Rules((), minutes(90))
    found = [now for now, *_ in times(first("10:00"), at("19:59"), rules)]
    assert found == [
        at("10:15"),
        at("11:45"),
        at("13:15"),
        at("14:45"),
        at("16:15"),
        at("17:45"),
        at("19:15"),
    ]


def test_only_the_first_ping_of_a_breach_is_new():
    found = [told.again for _, told in rung(first(), at("15:10")) if told.kind == "ping"]
    assert found == [False, True, True]


def test_several_reminders_by_share_and_by_time():
    rules = Rules((minutes(5), Share(80), minutes(5), minutes(15), HOUR), minutes(15))
    assert due.marks(minutes(15), rules) == [minutes(5), minutes(12)]
    assert times(first(), at("14:34"), rules) == [(at("14:25"), "reminder", 1), (at("14:32"), "reminder", 2)]


def test_nothing_outside_hours_and_at_opening_what_became_due():
    clock = first("19:50")  # the reminder falls on 19:59:54, the target on tomorrow
    assert [now for now, *_ in times(clock, at("10:25", day=5))] == [
        at("19:59:54"),
        at("10:05", day=5),
        at("10:20", day=5),
    ]
    assert due.due_now(clock, CALENDAR, RULES, at("20:00")) is None
    assert due.next_wake(clock, CALENDAR, RULES, at("20:00")) == at("10:00", day=5)
    assert due.due_now(clock, CALENDAR, RULES, at("10:00", day=5)) == Due("reminder", 1)


def test_a_target_that_ends_at_closing_is_pinged_at_opening():
    clock = first("19:45")
    assert due.due_now(clock, CALENDAR, RULES, at("20:00")) is None
    assert times(clock, at("10:00", day=5))[-1] == (at("10:00", day=5), "ping", 1)


def test_after_an_hour_of_downtime_the_newest_alone():
    now = at("15:40")
    found = due.due_now(first(), CALENDAR, RULES, now)
    assert found == Due("ping", 1)
    clock = due.given(first(), found, now, CALENDAR)
    assert due.due_now(clock, CALENDAR, RULES, now) is None
    assert due.next_wake(clock, CALENDAR, RULES, now) == at("15:55")


def test_of_several_overdue_reminders_one():
    rules = Rules((Share(20), Share(40), Share(60)), minutes(15))
    found = due.due_now(first(), CALENDAR, rules, at("14:30"))
    assert found == Due("reminder", 1)
    clock = due.given(first(), found, at("14:30"), CALENDAR)
    assert due.next_wake(clock, CALENDAR, rules, at("14:30")) == at("14:35")


def test_on_it_quiets_for_half_an_hour():
    clock = due.given(first(), Due("ping", 1), at("14:35"), CALENDAR)
    clock = due.quieted(clock, at("14:37"), CALENDAR)
    assert due.due_now(clock, CALENDAR, RULES, at("15:06:59")) is None
    assert [now for now, *_ in times(clock, at("15:30"), start=at("14:37"))] == [at("15:07"), at("15:22")]


def test_on_it_just_before_closing_is_quiet_after_opening_too():
    clock = due.given(first("19:30"), Due("ping", 1), at("19:45"), CALENDAR)
    clock = due.quieted(clock, at("19:50"), CALENDAR)
    assert due.next_wake(clock, CALENDAR, RULES, at("19:50")) == at("10:20", day=5)


def test_silence_while_an_answer_is_on_its_way_and_after():
    clock = sla.held(first(), at("14:34"), CALENDAR)
    for silent in (
        clock,
        sla.delivered(clock, at("14:34")),
        sla.end(first(), at("14:30"), "closed_unanswered", CALENDAR),
    ):
        assert due.due_now(silent, CALENDAR, RULES, at("14:36")) is None
        assert due.next_wake(silent, CALENDAR, RULES, at("14:36")) is None
        assert due.quieted(silent, at("14:36"), CALENDAR) == silent
    assert due.due_now(sla.refused(clock, at("14:34")), CALENDAR, RULES, at("14:50")) == Due("ping", 1)


def test_after_a_move_the_new_desk_is_reminded_and_numbers_go_on():
    clock = due.given(first(), Due("reminder", 1), at("14:30"), CALENDAR)
    clock = sla.moved(clock, at("14:31"), CALENDAR, CALENDAR, minutes(15))
    assert due.due_now(clock, CALENDAR, RULES, at("14:31")) == Due("reminder", 2)


def test_a_settings_change_alone_doesnt_remind_again():
    clock = due.given(first(), Due("reminder", 1), at("14:30"), CALENDAR)
    clock = sla.changed(clock, at("14:31"), CALENDAR, CALENDAR, minutes(15))
    assert due.due_now(clock, CALENDAR, RULES, at("14:31")) is None


def test_a_breach_after_the_target_grew_is_pinged_at_the_new_target():
    clock = replace(first(), pings=6, breaches=6, pinged=HOUR)
    clock = sla.changed(clock, at("15:30"), CALENDAR, CALENDAR, minutes(90))
    assert times(clock, at("16:10"), Rules((), minutes(15)), at("15:30")) == [
        (at("15:50"), "ping", 7),
        (at("16:05"), "ping", 8),
    ]


def test_a_desks_rules_win():
    policy = Policy(
        desks=(
            Desk("bugs", "Bugs", "🐞", "replies", remind_at=(), repeat_breach=HOUR),
            Desk("howto", "How-to", "❓", "all"),
        ),
        remind_at=(Share(50),),
    )
    assert due.rules_of(policy, "bugs") == Rules((), HOUR)
    assert due.rules_of(policy, "howto") == due.rules_of(policy, "gone") == Rules((Share(50),), minutes(15))


reminders: st.SearchStrategy[Reminder] = st.one_of(
    st.integers(1, 99).map(Share), st.integers(1, 120).map(lambda m: minutes(m))
)
rule_sets = st.builds(
    Rules, st.lists(reminders, max_size=3).map(tuple), st.sampled_from((minutes(1), minutes(15), minutes(90)))
)
targets = st.sampled_from((minutes(1), minutes(15), minutes(60), HOUR * 8))


@patient
@given(calendars, moments, targets, rule_sets)
def test_it_wakes_just_when_something_is_due(
    calendar: Calendar, asked: datetime, target: timedelta, rules: Rules
):
    clock = sla.asked(None, asked, sla.Goal(target, target), calendar)
    now = asked
    for _ in range(12):
        wake = due.next_wake(clock, calendar, rules, now)
        assert wake is not None
        assert now <= wake
        if wake > now:
            assert due.due_now(clock, calendar, rules, now) is None
            assert due.due_now(clock, calendar, rules, wake - STEP) is None
        found = due.due_now(clock, calendar, rules, wake)
        assert found is not None
        assert (
            (found.kind == "ping")
            == sla.late(clock, wake, calendar)
            == (sla.sign(clock, wake, calendar) == "🔴")
        )
        assert found.number == 1 + (clock.pings if found.kind == "ping" else clock.reminders)
        clock, now = due.given(clock, found, wake, calendar), wake
        assert due.due_now(clock, calendar, rules, now) is None


@settings(max_examples=60, deadline=None)
@given(calendars, moments, targets, rule_sets, st.lists(st.integers(0, 3000), min_size=1, max_size=40))
def test_who_looks_seldom_is_told_at_most_one_thing_a_look(
    calendar: Calendar, asked: datetime, target: timedelta, rules: Rules, pauses: list[int]
):
    clock = sla.asked(None, asked, sla.Goal(target, target), calendar)
    now = asked
    for pause in pauses:
        now += minutes(pause)
        found = due.due_now(clock, calendar, rules, now)
        wake = due.next_wake(clock, calendar, rules, now)
        assert (found is not None) == (wake == now)
        if found:
            assert calendar.is_open(now)
            clock = due.given(clock, found, now, calendar)
            assert due.due_now(clock, calendar, rules, now) is None


@patient
@given(calendars, calendars, moments, targets, targets, st.integers(0, 5000), st.integers(0, 5000))
def test_moving_there_and_back_keeps_the_used_time(
    here: Calendar, there: Calendar, asked: datetime, target: timedelta, other: timedelta, one: int, two: int
):
    clock = sla.asked(None, asked, sla.Goal(target, target), here)
    first_move, second_move = asked + minutes(one), asked + minutes(one + two)
    clock = sla.moved(clock, first_move, here, there, other)
    assert clock.used == here.between(asked, first_move)
    if clock.used < other and clock.due is not None:
        assert sla.used_by(clock, clock.due, there) == other
    clock = sla.moved(clock, second_move, there, here, target)
    assert clock.used == here.between(asked, first_move) + there.between(first_move, second_move)
    assert sla.late(clock, second_move, here) == (
        clock.used > target or (clock.used == target and here.is_open(second_move))
    )
    if clock.used >= target:
        assert clock.due is not None
        assert clock.due <= second_move


@pytest.mark.parametrize("pause", [0, 5, 29])
def test_holding_and_refusing_changes_nothing(pause: int):
    clock = due.given(first(), Due("reminder", 1), at("14:30"), CALENDAR)
    written = at("14:30") + minutes(pause)
    assert sla.refused(sla.held(clock, written, CALENDAR), written) == clock
