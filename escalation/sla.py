"""The clock of a customer's question: what starts it, holds it, ends it, and how much working time it has used.

Pure: every function gives a new clock. A ticket has at most one clock that runs; which events do what stands in
`docs/sla.md`, with an example each. Reminders and pings are `escalation/due.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from domain.policy import Policy
    from escalation.hours import Calendar

Kind = Literal["first", "next"]
Outcome = Literal["answered", "no_answer_needed", "closed_unanswered", "undeliverable"]
Ending = Literal["no_answer_needed", "closed_unanswered"]
Sign = Literal["🟢", "🟡", "🔴"]

NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Clock:
    """One wait of a customer for an answer.

    `used`: the working time until `since`, from where on it is counted by the desk's present hours. `due`: when the
    target is, or was, reached; None when that lies too far ahead to say. `held`: when the oldest answer was
    written that is on its way; `held_used`: the working time used by then. `outcome` and `ended` are set when it
    ends; with an answer on its way they hold only if that is refused (see `over`).

    `reminders`, `pings`: how many were given; each is numbered by them, so that none is given twice. `reminded`,
    `pinged`: the working time used when the last was. `breaches`: the pings of the present breach.
    """

    kind: Kind
    started: datetime
    target: timedelta
    since: datetime
    due: datetime | None
    used: timedelta = NONE
    held: datetime | None = None
    held_used: timedelta = NONE
    ended: datetime | None = None
    outcome: Outcome | None = None
    reminders: int = 0
    reminded: timedelta = NONE
    pings: int = 0
    pinged: timedelta = NONE
    breaches: int = 0
    quiet_until: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended for good."""
        return self.outcome is not None and self.held is None

    @property
    def running(self) -> bool:
        """Whether time counts: neither over nor held."""
        return self.outcome is None and self.held is None

    @property
    def missed(self) -> bool:
        """Of one that is over: whether it took longer than the target."""
        return self.used > self.target


@dataclass(frozen=True, slots=True)
class Goal:
    """The targets that hold for a ticket."""

    first: timedelta
    next: timedelta

    def of(self, kind: Kind) -> timedelta:
        """The target of that kind of clock."""
        return self.first if kind == "first" else self.next


def goal_of(policy: Policy, desk: str, tier: str | None = None) -> Goal:
    """The targets of a desk for a tier of customers: the tier's win, then the desk's, then the general ones."""
    at_desk, of_tier = policy.desk(desk), policy.tiers.get(tier) if tier else None
    return Goal(
        (of_tier and of_tier.first_response) or (at_desk and at_desk.first_response) or policy.first_response,
        (of_tier and of_tier.next_response) or (at_desk and at_desk.next_response) or policy.next_response,
    )


def asked(clock: Clock | None, at: datetime, goal: Goal, calendar: Calendar) -> Clock:
    """A customer wrote, in an open, a new or a reopened ticket; `clock` is the ticket's latest, if any.

    A question that waits already goes on, the same clock comes back; so does one with an answer on its way: when
    that is settled and the clock is over, whoever asked after `clock.ended` gets a new one.
    """
    if clock is not None and not clock.over:
        return clock
    kind: Kind = "first" if clock is None else "next"
    target = goal.of(kind)
    return Clock(kind, at, target, at, calendar.add(at, target))


def held(clock: Clock, written: datetime, calendar: Calendar) -> Clock:
    """An agent's answer, written then, is on its way. Of several, the oldest holds the clock.

    One written before the question counts as written with it: the clocks of two messengers may differ.
    """
    if not clock.running:
        return clock
    return replace(clock, held=written, held_used=used_by(clock, written, calendar))


def delivered(clock: Clock, written: datetime) -> Clock:
    """The answer written then has arrived: answered, as of then. Older ones than what holds change nothing."""
    if clock.held is None or written < clock.held:
        return clock
    ended = max(clock.held, clock.started)
    return replace(clock, held=None, ended=ended, outcome="answered", used=clock.held_used)


def refused(clock: Clock, written: datetime) -> Clock:
    """The answer written then could not be delivered: it runs on as if it never had been held.

    Unless it was ended meanwhile; then that holds. When another answer is on its way, hold it again.
    """
    if clock.held is None or written < clock.held:
        return clock
    return replace(clock, held=None, held_used=NONE)


def unreachable(clock: Clock, at: datetime, calendar: Calendar) -> Clock:
    """The customer can't be reached at all; an answer on its way counts as of when it was written."""
    if clock.over:
        return clock
    used = used_by(clock, at, calendar) if clock.held is None else clock.held_used
    ended = at if clock.held is None else max(clock.held, clock.started)
    return replace(clock, held=None, ended=ended, outcome="undeliverable", used=used)


def end(clock: Clock, at: datetime, outcome: Ending, calendar: Calendar) -> Clock:
    """No answer is needed, or the ticket was closed. With an answer on its way, that decides."""
    if clock.outcome is not None:
        return clock
    used = used_by(clock, at, calendar)
    return replace(clock, ended=max(at, clock.started), outcome=outcome, used=used)


def changed(clock: Clock, at: datetime, old: Calendar, new: Calendar, target: timedelta) -> Clock:
    """From `at` on other hours or another target hold; the time used until then by the old hours is kept."""
    if clock.outcome is not None:
        return clock
    used = used_by(clock, at, old)
    if used < target:
        due = new.add(max(at, clock.since), target - used)
        breaches, quiet = 0, None
    elif clock.used < target:
        due = old.add(clock.since, target - clock.used)
        breaches, quiet = clock.breaches, clock.quiet_until
    else:
        due = min(clock.due or clock.since, clock.since)  # reached before what is counted from
        breaches, quiet = clock.breaches, clock.quiet_until
    return replace(
        clock,
        target=target,
        used=used,
        since=max(at, clock.since),
        due=due,
        breaches=breaches,
        quiet_until=quiet,
    )


def moved(clock: Clock, at: datetime, old: Calendar, new: Calendar, target: timedelta) -> Clock:
    """The ticket went to another desk: as `changed`, and those there have not been reminded yet."""
    if clock.outcome is not None:
        return clock
    return replace(changed(clock, at, old, new, target), reminded=NONE)


def used_by(clock: Clock, at: datetime, calendar: Calendar) -> timedelta:
    """The working time used by then, as if no answer were on its way."""
    return clock.used if clock.outcome is not None else clock.used + calendar.between(clock.since, at)


def late(clock: Clock, at: datetime, calendar: Calendar) -> bool:
    """Whether the target is behind: from the first working moment on at which all of it is used."""
    if clock.held is not None:
        return clock.held_used > clock.target
    used = used_by(clock, at, calendar)
    return used > clock.target or (used == clock.target and clock.running and calendar.is_open(at))


def sign(clock: Clock | None, at: datetime, calendar: Calendar) -> Sign | None:
    """What the card shows: answered, due, late. None without a question, or when it ended without an answer."""
    if clock is None or (clock.over and clock.outcome in ("closed_unanswered", "undeliverable")):
        return None
    if not clock.running:
        return "🟢"
    return "🔴" if late(clock, at, calendar) else "🟡"
