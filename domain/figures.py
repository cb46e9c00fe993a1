"""The figures of a time: tickets, first and following answers, ratings. Pure: from plain records to lines of a table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

By = Literal["agent", "desk", "day"]


@dataclass(frozen=True, slots=True)
class Wait:
    """A customer's question that was answered: `used` and `target` are working time in seconds."""

    kind: Literal["first", "next"]
    at: datetime
    used: float
    target: float
    desk: str
    agent: str


@dataclass(frozen=True, slots=True)
class Deed:
    """A ticket was opened, closed or rated (`grade` 1–5) at a time."""

    what: Literal["opened", "closed", "rated"]
    at: datetime
    desk: str
    agent: str
    grade: int = 0


@dataclass(slots=True)
class Line:
    """One line of figures. Times are working time in seconds; None where nothing was answered or rated."""

    name: str
    opened: int = 0
    closed: int = 0
    first: list[Wait] = field(default_factory=list)
    following: list[Wait] = field(default_factory=list)
    grades: Counter[int] = field(default_factory=Counter)

    @property
    def ratings(self) -> int:
        """How many customers rated."""
        return self.grades.total()

    @property
    def rating(self) -> float | None:
        """Their mean."""
        if not self.ratings:
            return None
        return sum(grade * count for grade, count in self.grades.items()) / self.ratings

    def plain(self) -> dict[str, str | int | float | None]:
        """As plain data, for machines."""
        return {
            "name": self.name,
            "opened": self.opened,
            "closed": self.closed,
            "first_answers": len(self.first),
            "first_median_seconds": quantile(self.first, 0.5),
            "first_p90_seconds": quantile(self.first, 0.9),
            "first_within_target": within(self.first),
            "next_answers": len(self.following),
            "next_median_seconds": quantile(self.following, 0.5),
            "next_p90_seconds": quantile(self.following, 0.9),
            "next_within_target": within(self.following),
            "ratings": self.ratings,
            "rating": None if self.rating is None else round(self.rating, 2),
        }


def quantile(waits: Sequence[Wait], share: float) -> float | None:
    """The working time within which that share of the questions was answered; the nearest rank."""
    if not waits:
        return None
    ordered = sorted(wait.used for wait in waits)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def within(waits: Sequence[Wait]) -> float | None:
    """The share that was answered within its target, of 1."""
    if not waits:
        return None
    return round(sum(wait.used <= wait.target for wait in waits) / len(waits), 4)


def lines(
    waits: Iterable[Wait], deeds: Iterable[Deed], by: By | None = None, timezone: str = "UTC"
) -> list[Line]:
    """A line for each agent, desk or day (in the team's time zone), in order; without `by` one for all."""
    zone = ZoneInfo(timezone)

    def name(of: Wait | Deed) -> str:
        if by == "agent":
            return of.agent
        if by == "desk":
            return of.desk
        return of.at.astimezone(zone).date().isoformat() if by == "day" else ""

    return _grouped(waits, deeds, name) or ([] if by else [Line("")])


def _grouped(waits: Iterable[Wait], deeds: Iterable[Deed], name: Callable[[Wait | Deed], str]) -> list[Line]:
    found: dict[str, Line] = {}

    def line(of: Wait | Deed) -> Line:
        return found.setdefault(name(of), Line(name(of)))

    for wait in waits:
        (line(wait).first if wait.kind == "first" else line(wait).following).append(wait)
    for deed in deeds:
        if deed.what == "rated":
            line(deed).grades[deed.grade] += 1
        elif deed.what == "opened":
            line(deed).opened += 1
        else:
            line(deed).closed += 1
    return [found[key] for key in sorted(found)]
