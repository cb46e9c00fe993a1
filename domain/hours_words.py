"""How working hours read: `daily 10–20 Moscow time`, `Mon–Fri 10–13 and 14–20, Sat 11–15 (Berlin)`."""

from __future__ import annotations

from datetime import time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from babel.dates import get_day_names

from domain.policy import Interval, Policy, WorkingHours
from domain.texts import best, city, text

if TYPE_CHECKING:
    from collections.abc import Sequence

MIDNIGHT = time(0)


def greeting(locale: str, policy: Policy) -> str:
    """What `/start` says: a person answers, how soon, and when."""
    when = hours(locale, policy.hours)
    if not when:
        return text(locale, "greeting.no_hours")
    if best(locale) == "ru":  # there the hours begin a sentence
        when = when[0].upper() + when[1:]
    return text(locale, "greeting.full", hours=when, within=within(locale, policy.first_response))


def within(locale: str, length: timedelta) -> str:
    """A promise: `within 15 minutes`; rounded to whole minutes, hours or days, whichever is exact."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes % (24 * 60) == 0:
        return text(locale, "within.days", n=minutes // (24 * 60))
    if minutes % 60 == 0:
        return text(locale, "within.hours", n=minutes // 60)
    return text(locale, "within.minutes", n=minutes)


@lru_cache(maxsize=64)
def hours(locale: str, schedule: WorkingHours) -> str:
    """The weekly schedule in one line with its time zone; empty when it is closed all week."""
    week = schedule.weekly
    if not any(week):
        return ""
    if all(_all_day(day) for day in week):
        return text(locale, "hours.always")
    return text(locale, "hours.in_zone", hours=_week(locale, week), zone=_zone(locale, schedule.timezone))


def _week(locale: str, week: Sequence[tuple[Interval, ...]]) -> str:
    if len(set(week)) == 1:
        return text(locale, "hours.daily", times=_times(locale, week[0]))
    if len(set(week[:5])) == 1 and week[0] and not week[5] and not week[6]:
        return text(locale, "hours.weekdays", times=_times(locale, week[0]))
    shared: dict[tuple[Interval, ...], list[int]] = {}
    for day, intervals in enumerate(week):
        if intervals:
            shared.setdefault(intervals, []).append(day)
    return ", ".join(
        text(locale, "hours.days", days=_days(locale, days), times=_times(locale, intervals))
        for intervals, days in shared.items()
    )


def _days(locale: str, days: list[int]) -> str:
    """Days of the week, those that follow one another drawn together: `Mon–Wed, Fri`."""
    names = get_day_names("abbreviated", locale=best(locale))
    runs = [
        [day for _, day in run] for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else ", ".join(names[day] for day in run)
        for run in runs
    )


def _times(locale: str, intervals: tuple[Interval, ...]) -> str:
    if _all_day(intervals):
        return text(locale, "hours.day_always")
    said = [
        text(locale, "hours.from_to", start=_time(i.start), end=_time(i.end, end=True)) for i in intervals
    ]
    joined = said[0]
    for more in said[1:]:
        joined = text(locale, "hours.and", first=joined, second=more)
    return joined


def _all_day(intervals: tuple[Interval, ...]) -> bool:
    return intervals == (Interval(MIDNIGHT, MIDNIGHT),)


def _time(at: time, *, end: bool = False) -> str:
    if end and at == MIDNIGHT:
        return "24"
    return str(at.hour) if not at.minute else at.strftime("%H:%M")


def _zone(locale: str, timezone: str) -> str:
    key = f"zone.{timezone}"
    known = text(locale, key)
    return known if known != key else text(locale, "zone.other", city=city(locale, timezone))
