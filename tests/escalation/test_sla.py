"""The table of `docs/sla.md`, a test a row (those where nothing happens are the handlers' to show)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from domain.policy import Desk, Policy, Targets, WorkingHours
from escalation import sla
from escalation.hours import Calendar
from tests.escalation.schedules import local, spans

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "sla.md").read_text(encoding="utf-8")

HOURS = WorkingHours("Europe/Moscow", (spans("10:00-20:00"),) * 7)
CALENDAR = Calendar(HOURS)
GOAL = sla.Goal(first=timedelta(minutes=15), next=timedelta(minutes=20))


def at(clock: str, day: int = 4) -> datetime:
    """That time on a Monday in Moscow, or on another day of that May."""
    return local(f"2026-05-{day:02} {clock}", "Europe/Moscow")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def first(asked: str = "14:20") -> sla.Clock:
    return sla.asked(None, at(asked), GOAL, CALENDAR)


def answered(clock: sla.Clock, written: str) -> sla.Clock:
    return sla.delivered(sla.held(clock, at(written), CALENDAR), at(written))


def test_a_customers_first_message_starts_the_first_response():
    clock = first()
    assert (clock.kind, clock.started, clock.due) == ("first", at("14:20"), at("14:35"))
    assert sla.sign(clock, at("14:34:59"), CALENDAR) == "🟡"
    assert sla.sign(clock, at("14:35"), CALENDAR) == "🔴"


def test_a_first_message_out_of_hours_is_due_in_hours():
    assert first("23:00").due == at("10:15", day=5)


def test_a_customer_who_writes_to_an_answered_ticket_starts_the_next_response_once():
    clock = sla.asked(answered(first(), "14:30"), at("15:00"), GOAL, CALENDAR)
    assert (clock.kind, clock.due) == ("next", at("15:20"))
    assert sla.asked(clock, at("15:10"), GOAL, CALENDAR) == clock


def test_further_messages_dont_restart_the_first_response_either():
    assert sla.asked(first(), at("14:25"), GOAL, CALENDAR) == first()


def test_an_answer_holds_the_clock_as_of_when_it_was_written_and_its_delivery_stops_it():
    clock = sla.held(first(), at("14:30"), CALENDAR)
    assert not clock.running
    assert sla.sign(clock, at("14:40"), CALENDAR) == "🟢"
    clock = sla.delivered(clock, at("14:30"))
    assert (clock.over, clock.outcome, clock.ended, clock.used) == (
        True,
        "answered",
        at("14:30"),
        minutes(10),
    )
    assert not clock.missed
    assert sla.sign(clock, at("14:40"), CALENDAR) == "🟢"


def test_a_refused_answer_lets_it_run_on_as_if_it_had_not_been_held():
    clock = sla.refused(sla.held(first(), at("14:30"), CALENDAR), at("14:30"))
    assert clock == first()
    assert sla.sign(clock, at("14:40"), CALENDAR) == "🔴"


def test_a_customer_who_cant_be_reached_ends_it_as_undeliverable():
    clock = sla.unreachable(sla.held(first(), at("14:30"), CALENDAR), at("14:41"), CALENDAR)
    assert (clock.over, clock.outcome, clock.used) == (True, "undeliverable", minutes(10))
    assert sla.sign(clock, at("14:42"), CALENDAR) is None
    assert sla.unreachable(first(), at("14:41"), CALENDAR).used == minutes(21)
    assert sla.unreachable(clock, at("15:00"), CALENDAR) == clock


def test_of_several_answers_the_oldest_counts_and_a_refused_one_leaves_the_others():
    one = sla.held(first(), at("14:25"), CALENDAR)
    assert sla.held(one, at("14:30"), CALENDAR) == one
    two = sla.held(sla.refused(one, at("14:25")), at("14:30"), CALENDAR)
    assert sla.delivered(two, at("14:25")) == sla.refused(two, at("14:25")) == two  # that one is settled
    assert sla.delivered(two, at("14:30")).used == minutes(10)


def test_asking_again_while_an_answer_is_on_its_way_starts_the_next_when_it_is_settled():
    clock = sla.held(first(), at("14:30"), CALENDAR)
    assert sla.asked(clock, at("14:32"), GOAL, CALENDAR) == clock
    clock = sla.delivered(clock, at("14:30"))
    assert clock.ended is not None
    assert at("14:32") > clock.ended
    assert sla.asked(clock, at("14:32"), GOAL, CALENDAR).due == at("14:52")


def test_an_answer_from_a_slow_clock_counts_as_written_with_the_question():
    clock = answered(first(), "14:19")
    assert (clock.outcome, clock.ended, clock.used) == ("answered", at("14:20"), timedelta())


def test_no_answer_needed_ends_it():
    clock = sla.end(first(), at("14:30"), "no_answer_needed", CALENDAR)
    assert (clock.over, clock.outcome, clock.used) == (True, "no_answer_needed", minutes(10))
    assert sla.sign(clock, at("15:00"), CALENDAR) == "🟢"


def test_closing_without_an_answer_ends_it():
    clock = sla.end(first(), at("14:40"), "closed_unanswered", CALENDAR)
    assert (clock.over, clock.outcome, clock.missed) == (True, "closed_unanswered", True)
    assert sla.sign(clock, at("15:00"), CALENDAR) is None
    assert sla.end(clock, at("15:00"), "no_answer_needed", CALENDAR) == clock


def test_closing_with_an_answer_on_its_way_leaves_it_to_the_delivery():
    clock = sla.held(first(), at("14:30"), CALENDAR)
    closed = sla.end(clock, at("14:31"), "closed_unanswered", CALENDAR)
    assert not closed.over
    assert sla.sign(closed, at("14:32"), CALENDAR) == "🟢"
    arrived = sla.delivered(closed, at("14:30"))
    assert (arrived.outcome, arrived.ended, arrived.used) == ("answered", at("14:30"), minutes(10))
    failed = sla.refused(closed, at("14:30"))
    assert (failed.over, failed.outcome, failed.used) == (True, "closed_unanswered", minutes(11))
    blocked = sla.unreachable(closed, at("14:35"), CALENDAR)
    assert (blocked.outcome, blocked.used) == ("undeliverable", minutes(10))


@pytest.mark.parametrize("outcome", ["no_answer_needed", "closed_unanswered"])
def test_a_customer_who_reopens_starts_the_next_response(outcome: sla.Ending):
    clock = sla.end(first(), at("14:30"), outcome, CALENDAR)
    again = sla.asked(clock, at("16:00"), GOAL, CALENDAR)
    assert (again.kind, again.due, again.pings) == ("next", at("16:20"), 0)


def test_moving_keeps_the_used_time_and_the_rest_runs_by_the_new_desks_hours_and_target():
    bugs = Calendar(WorkingHours("Europe/Moscow", (spans("15:00-18:00"),) * 7))
    clock = replace(first(), reminders=1, reminded=minutes(10))
    clock = sla.moved(clock, at("14:30"), CALENDAR, bugs, minutes(60))
    assert (clock.used, clock.due) == (minutes(10), at("15:50"))
    assert clock.reminded == timedelta()  # those over there have not been reminded
    assert sla.delivered(sla.held(clock, at("15:05"), bugs), at("15:05")).used == minutes(15)


def test_a_moved_question_that_was_late_stays_late_since_then():
    clock = sla.moved(first(), at("14:50"), CALENDAR, CALENDAR, GOAL.first)
    assert (clock.used, clock.due) == (minutes(30), at("14:35"))
    again = sla.moved(clock, at("15:00"), CALENDAR, CALENDAR, GOAL.first)
    assert (again.used, again.due) == (minutes(40), at("14:35"))


def test_another_tier_counts_what_was_used():
    clock = sla.changed(first(), at("14:30"), CALENDAR, CALENDAR, minutes(5))
    assert (clock.used, clock.due) == (minutes(10), at("14:25"))
    assert sla.sign(clock, at("14:30"), CALENDAR) == "🔴"


def test_other_hours_count_from_the_change_on():
    short = Calendar(HOURS, overrides={date(2026, 5, 4): spans("10:00-14:25")})
    clock = sla.changed(first(), at("14:22"), CALENDAR, short, GOAL.first)
    assert (clock.used, clock.due) == (minutes(2), at("10:10", day=5))


def test_changes_that_come_out_of_order_count_no_time_twice():
    clock = sla.changed(first(), at("14:30"), CALENDAR, CALENDAR, minutes(20))
    clock = sla.changed(clock, at("14:29"), CALENDAR, CALENDAR, minutes(25))
    assert (clock.used, clock.since, clock.due) == (minutes(10), at("14:30"), at("14:45"))


def test_a_longer_target_ends_a_breach():
    clock = replace(first(), breaches=2, pings=2, pinged=minutes(30), quiet_until=at("15:30"))
    clock = sla.changed(clock, at("14:52"), CALENDAR, CALENDAR, minutes(60))
    assert (clock.due, clock.breaches, clock.pings, clock.quiet_until) == (at("15:20"), 0, 2, None)
    assert sla.sign(clock, at("15:00"), CALENDAR) == "🟡"


def test_a_breach_that_goes_on_stays_quiet():
    clock = replace(first(), breaches=2, pings=2, pinged=minutes(30), quiet_until=at("15:30"))
    for target in (minutes(20), minutes(10)):
        kept = sla.changed(clock, at("14:52"), CALENDAR, CALENDAR, target)
        assert (kept.breaches, kept.quiet_until) == (2, at("15:30"))


def test_a_target_cut_below_what_was_used_long_ago_is_late_at_once():
    clock = sla.changed(first(), at("14:30"), CALENDAR, CALENDAR, minutes(60))
    clock = sla.changed(clock, at("14:40"), CALENDAR, CALENDAR, minutes(5))
    assert (clock.used, clock.due) == (minutes(20), at("14:30"))


def test_what_changes_while_an_answer_is_on_its_way_counts_only_when_that_is_refused():
    clock = sla.held(first(), at("14:30"), CALENDAR)
    clock = sla.changed(clock, at("14:32"), CALENDAR, CALENDAR, minutes(60))
    assert sla.delivered(clock, at("14:30")).used == minutes(10)
    assert sla.refused(clock, at("14:30")).due == at("15:20")


def test_an_ended_clock_keeps_its_target():
    clock = answered(first(), "14:30")
    assert sla.changed(clock, at("15:00"), CALENDAR, CALENDAR, minutes(5)) == clock
    assert sla.moved(clock, at("15:00"), CALENDAR, CALENDAR, minutes(5)) == clock
    assert sla.held(clock, at("15:00"), CALENDAR) == clock


def test_answered_at_the_next_opening_a_target_that_ended_at_closing_is_kept():
    clock = first("19:45")
    assert clock.due == at("20:00")
    assert sla.sign(clock, at("23:00"), CALENDAR) == "🟡"
    assert not answered(clock, "20:30").missed
    assert sla.sign(clock, at("10:00", day=5), CALENDAR) == "🔴"


def test_a_tier_wins_over_a_desk_over_the_general_targets():
    policy = Policy(
        desks=(
            Desk("bugs", "Bugs", "🐞", "replies", first_response=minutes(60)),
            Desk("howto", "How-to", "❓", "all"),
        ),
        first_response=minutes(15),
        next_response=minutes(30),
        tiers={"vip": Targets(first_response=minutes(5))},
    )
    assert sla.goal_of(policy, "howto") == sla.Goal(minutes(15), minutes(30))
    assert sla.goal_of(policy, "bugs") == sla.Goal(minutes(60), minutes(30))
    assert sla.goal_of(policy, "bugs", "vip") == sla.Goal(minutes(5), minutes(30))
    assert sla.goal_of(policy, "gone", "unknown") == sla.Goal(minutes(15), minutes(30))


def test_every_row_of_the_table_has_an_example():
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", DOCUMENT, re.MULTILINE)
    table = [row for row in rows if row[0] not in ("event", "---")]
    assert len(table) == 12
    assert all(re.search(r"\d\d:\d\d", example) for *_, example in table)
