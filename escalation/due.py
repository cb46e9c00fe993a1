"""What a running clock asks for, and when next: reminders before the target, pings from the target on.

Pure. However long nobody looked, there is at most one thing to do at a time: the newest. Nothing is due outside
working hours; what became due then, or just at closing, is due at the next opening.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from domain.policy import Share
from escalation.sla import used_by

if TYPE_CHECKING:
    from datetime import datetime

    from domain.policy import Policy, Reminder
    from escalation.hours import Calendar
    from escalation.sla import Clock

REPEATS = 3
"""How often a breach is pinged again as the settings say, before it goes on by the hour."""

HOUR = timedelta(hours=1)
QUIET = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Rules:
    """When to remind, and after how much working time to ping again."""

    remind_at: tuple[Reminder, ...]
    repeat: timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder or a ping to give now; unique by clock, kind and number. `again`: the breach was pinged before."""

    kind: Literal["reminder", "ping"]
    number: int
    again: bool = False


def rules_of(policy: Policy, desk: str) -> Rules:
    """The rules of a desk: its own, else the general ones."""
    at_desk = policy.desk(desk)
    if at_desk is None:
        return Rules(policy.remind_at, policy.repeat_breach)
    return Rules(
        policy.remind_at if at_desk.remind_at is None else at_desk.remind_at,
        at_desk.repeat_breach or policy.repeat_breach,
    )


def marks(target: timedelta, rules: Rules) -> list[timedelta]:
    """After how much working time to remind; what isn't before the target reminds of nothing."""
    found = {r.of(target) if isinstance(r, Share) else r for r in rules.remind_at}
    return sorted(mark for mark in found if timedelta() < mark < target)


def due_now(clock: Clock, calendar: Calendar, rules: Rules, now: datetime) -> Due | None:
    """What to do at this moment, if anything: from the target on a ping, before it the newest reminder."""
    if not clock.running or not calendar.is_open(now):
        return None
    used = used_by(clock, now, calendar)
    if used >= _next_ping(clock, rules):
        if clock.quiet_until is not None and now < clock.quiet_until:
            return None
        return Due("ping", clock.pings + 1, again=clock.breaches > 0)
    if used < clock.target and any(clock.reminded < mark <= used for mark in marks(clock.target, rules)):
        return Due("reminder", clock.reminders + 1)
    return None


def given(clock: Clock, due: Due, now: datetime, calendar: Calendar) -> Clock:
    """That was given at this moment; older ones of its kind are not made up for."""
    used = used_by(clock, now, calendar)
    if due.kind == "reminder":
        return replace(clock, reminders=due.number, reminded=used)
    return replace(clock, pings=due.number, pinged=used, breaches=clock.breaches + 1)


def quieted(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """Somebody is on it: no ping for half an hour of working time."""
    return replace(clock, quiet_until=calendar.add(at, QUIET)) if clock.running else clock


def next_wake(clock: Clock, calendar: Calendar, rules: Rules, now: datetime) -> datetime | None:
    """The first moment, from `now` on, when something is due unless an answer comes; None when nothing ever is.

    Compute it anew, and store it, whenever the clock, the hours or the rules change, and when nothing was due then.
    """
    if not clock.running:
        return None
    reminder = next((m for m in marks(clock.target, rules) if m > clock.reminded), None)
    wakes = [_reached(clock, _next_ping(clock, rules), calendar, now, clock.quiet_until)]
    if reminder is not None and used_by(clock, now, calendar) < clock.target:
        wakes.append(_reached(clock, reminder, calendar, now))
    return min((wake for wake in wakes if wake is not None), default=None)


def _next_ping(clock: Clock, rules: Rules) -> timedelta:
    """After how much working time to ping next."""
    if not clock.breaches:
        return clock.target
    gap = rules.repeat if clock.breaches <= REPEATS else max(HOUR, rules.repeat)
    return clock.pinged + gap


def _reached(
    clock: Clock, mark: timedelta, calendar: Calendar, now: datetime, quiet_until: datetime | None = None
) -> datetime | None:
    """The first working moment, from `now` on and after the quiet, when so much working time is used."""
    at = calendar.add(clock.since, mark - clock.used)
    return None if at is None else calendar.next_opening(max(at, now, quiet_until or now))
