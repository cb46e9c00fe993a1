"""The rota: who is on duty when, who comes next, where nobody is. Pure; times go in and out aware, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from domain.policy import WorkingHours
from escalation.hours import Calendar, Period
from escalation.instants import in_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from domain.policy import Interval, Shift

LOOK_AHEAD = timedelta(days=31)
"""How far is looked for who comes next."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Override:
    """What people set over the rota: from `start` up to `end` (None: until it is taken back).

    `instead`: these and nobody else; `also`: these too; `away`: these not.
    """

    change: Literal["instead", "also", "away"]
    agents: tuple[str, ...]
    start: datetime
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Turn:
    """These are on duty, in the order in which they are asked, until it changes; `end` None: not in sight."""

    agents: tuple[str, ...]
    start: datetime
    end: datetime | None


class Rota:
    """Shifts over the week, and what was set over them. Immutable.

    Those of all shifts at a time are on duty, in the order of the settings. Overrides are applied in the order in
    which they are given here, which is that in which they were set: the later word counts. Holidays and closed
    days don't touch a shift; outside working hours nobody asks.
    """

    def __init__(self, shifts: Sequence[Shift], overrides: Sequence[Override] = ()) -> None:
        self._shifts = [(_calendar(s.days, s.hours, s.timezone), s.agents) for s in shifts]
        self._overrides = tuple(overrides)

    @property
    def in_use(self) -> bool:
        """Whether there are shifts at all; without any, nobody expects somebody to be on duty."""
        return bool(self._shifts)

    def on_duty(self, at: datetime) -> tuple[str, ...]:
        """Who is on duty, in the order in which they are asked; nobody twice."""
        found = dict.fromkeys(a for calendar, agents in self._shifts if calendar.is_open(at) for a in agents)
        for override in self._overrides:
            if not override.holds(at):
                continue
            if override.change == "instead":
                found = dict.fromkeys(override.agents)
            elif override.change == "also":
                found |= dict.fromkeys(override.agents)
            else:
                found = {agent: None for agent in found if agent not in override.agents}
        return tuple(found)

    def turn(self, at: datetime) -> Turn:
        """Who is on duty at `at`, and until when just these are. It may be nobody."""
        return next(self._turns(at))

    def following(self, at: datetime) -> Turn | None:
        """The next turn in which anybody is on duty, the same people after a pause too; None when not in sight."""
        turns = self._turns(at)
        next(turns)
        return next((turn for turn in turns if turn.agents), None)

    def successor(self, at: datetime) -> Turn | None:
        """The next turn with somebody who is not on duty at `at`, and only those; None when not in sight."""
        present = set(self.on_duty(at))
        for turn in self._turns(at):
            if others := tuple(agent for agent in turn.agents if agent not in present):
                return Turn(others, turn.start, turn.end)
        return None

    def duty_ends(self, agent: str, at: datetime) -> datetime | None:
        """When an agent who is on duty at `at` no longer is; None when they aren't, or it isn't in sight."""
        turns = self._turns(at)
        if agent not in next(turns).agents:
            return None
        return next((turn.start for turn in turns if agent not in turn.agents), None)

    def gaps(self, calendar: Calendar, start: datetime, end: datetime) -> list[Period]:
        """The working time from `start` to `end` in which nobody is on duty; none without shifts."""
        found: list[Period] = []
        for working in calendar.periods(start, end) if self.in_use else ():
            found += [
                Period(turn.start, turn.end or working.end)
                for turn in self._turns(working.start, working.end - working.start)
                if not turn.agents
            ]
        return found

    def _turns(self, at: datetime, ahead: timedelta = LOOK_AHEAD) -> Iterator[Turn]:
        """The turns from `at` on, each up to a change of people; the last one has no end in sight."""
        start = at = in_utc(at)
        limit = at + ahead
        agents = self.on_duty(at)
        while (change := self._change_after(at)) is not None and change < limit:
            at = change
            if (now := self.on_duty(at)) != agents:
                yield Turn(agents, start, at)
                start, agents = at, now
        yield Turn(agents, start, None)

    def _change_after(self, at: datetime) -> datetime | None:
        """When a shift or an override next begins or ends."""
        edges = [_edge_after(calendar, at) for calendar, _ in self._shifts]
        edges += [edge for o in self._overrides for edge in (o.start, o.end)]
        return min((in_utc(edge) for edge in edges if edge is not None and edge > at), default=None)


def weekdays(written: str) -> frozenset[int]:
    """`mon-fri,sun` as numbers, Monday 0; a span may pass Sunday (`sat-mon`)."""
    found: set[int] = set()
    for part in written.split(","):
        first, _, last = part.partition("-")
        start = _DAYS.index(first)
        length = (_DAYS.index(last or first) - start) % len(_DAYS)
        found.update((start + n) % len(_DAYS) for n in range(length + 1))
    return frozenset(found)


def take_over(rota: Rota, at: datetime) -> Override | None:
    """The next in the rota are on duty from now on, until their own turn begins; None when nobody comes."""
    coming = rota.successor(at)
    return Override("instead", coming.agents, in_utc(at), coming.start) if coming else None


def hand_over(rota: Rota, giver: str, taker: str, at: datetime) -> tuple[Override, ...]:
    """One agent takes another's duty until it would end, or is taken back; nothing when there is no duty to take."""
    if giver not in rota.on_duty(at):
        return ()
    start, end = in_utc(at), rota.duty_ends(giver, at)
    return Override("away", (giver,), start, end), Override("also", (taker,), start, end)


def _edge_after(calendar: Calendar, at: datetime) -> datetime | None:
    return calendar.closing(at) if calendar.is_open(at) else calendar.next_opening(at)


@lru_cache(maxsize=256)
def _calendar(days: frozenset[int], hours: Interval, timezone: str) -> Calendar:
    return Calendar(WorkingHours(timezone, tuple((hours,) if day in days else () for day in range(7))))
