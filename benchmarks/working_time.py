"""How fast working time is computed: `python -m benchmarks.working_time`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from time import perf_counter

from domain.policy import Interval, Share, Shift, WorkingHours
from escalation import due, sla
from escalation.hours import Calendar
from escalation.rota import Rota

ROUNDS = 20_000
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = timedelta(minutes=15)


def measured(name: str, call: Callable[[datetime], object], moments: list[datetime]) -> None:
    began = perf_counter()
    for at in moments:
        call(at)
    lasted = perf_counter() - began
    print(f"{name:28} {lasted / len(moments) * 1e6:7.1f} µs   {len(moments) / lasted:10,.0f} a second")


def main() -> None:
    random = Random(1)
    moments = [START + timedelta(seconds=random.randrange(365 * 86400)) for _ in range(ROUNDS)]
    week = (
        *((Interval(time(10), time(13)), Interval(time(14), time(20))),) * 5,
        (Interval(time(22), time(2)),),
        (),
    )
    calendar = Calendar(WorkingHours("America/New_York", week, closed=frozenset({date(2026, 12, 31)})))
    goal, rules = sla.Goal(TARGET, TARGET), due.Rules((Share(66),), TARGET)
    clock = sla.asked(None, START, goal, calendar)
    shift = Shift(frozenset(range(5)), Interval(time(10), time(20)), "Asia/Novosibirsk", ("web:anna",))

    began = perf_counter()
    for days in range(0, 32 * 50, 32):
        calendar.is_open(START + timedelta(days=days))
    print(f"building 32 days             {(perf_counter() - began) / 50 * 1e6:7.1f} µs")
    measured("is_open", calendar.is_open, moments)
    measured("add 15 minutes", lambda at: calendar.add(at, TARGET), moments)
    measured("add 40 hours", lambda at: calendar.add(at, timedelta(hours=40)), moments)
    measured("between, three days", lambda at: calendar.between(at, at + timedelta(days=3)), moments)
    measured("closed_since", calendar.closed_since, moments)
    measured("a question asked", lambda at: sla.asked(None, at, goal, calendar), moments)
    measured("due now", lambda at: due.due_now(clock, calendar, rules, at), moments)
    measured("next wake", lambda at: due.next_wake(clock, calendar, rules, at), moments)
    rota = Rota([shift] * 6)
    measured("on duty, six shifts", rota.on_duty, moments)
    measured("who comes next, six shifts", rota.following, moments[:500])


if __name__ == "__main__":
    main()
