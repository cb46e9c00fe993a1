"""`/hours`: shows the working hours, and lets an admin change single days; stored, without a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from domain.hours_words import hours as hours_words
from domain.texts import text
from handlers import timekeeping
from handlers.turn import Turn
from storage import clocks, rules

if TYPE_CHECKING:
    from storage.query import Row

_MOST = 100_000


def hours(turn: Turn, desk: str, person: Row, words: str) -> str:
    """What the hours are, or what came of changing them.

    A desk with hours of its own is changed by itself; elsewhere the change holds for all that share the general
    hours.
    """
    scope = timekeeping.hours_scope(turn.policy, desk)
    wanted = words.split(maxsplit=1)
    if not wanted:
        return _shown(turn, desk, scope)
    if not _may(turn, person):
        return text(turn.policy.locale, "admins_only")
    if wanted[0].lower() == "reset":
        return _reset(turn, desk, scope)
    day, intervals = _read(turn, desk, wanted)
    if day is None or intervals is None:
        return text(turn.policy.locale, "hours.usage")
    _change(turn, scope, day, intervals, person)
    return _shown(turn, desk, scope)


def _may(turn: Turn, person: Row) -> bool:
    return bool(person.admin) or f"{person.messenger}:{person.native}" in turn.policy.admins


def _shown(turn: Turn, desk: str, scope: str) -> str:
    locale = turn.policy.locale
    lines = [hours_words(locale, turn.policy.hours_of(desk))]
    today = _today(turn, desk).isoformat()
    for row in rules.days(turn.conn, scope):
        if row.day >= today:
            said = row.intervals.replace(",", ", ") or text(locale, "hours.closed")
            lines.append(f"{row.day}: {said}")
    return "\n".join(lines)


def _today(turn: Turn, desk: str) -> date:
    zone = timekeeping.calendar_of(turn.conn, turn.policy, desk).zone
    return turn.now.astimezone(zone).date()


def _read(turn: Turn, desk: str, wanted: list[str]) -> tuple[date | None, str | None]:
    """`today 10:00-16:00`, `2026-12-31 10:00-14:00`, `closed 2026-12-31`, `today closed`."""
    first, rest = wanted[0].lower(), wanted[1].strip().lower() if len(wanted) > 1 else ""
    if first == "closed":
        return _day(turn, desk, rest or "today"), ""
    if rest == "closed":
        return _day(turn, desk, first), ""
    try:
        found = timekeeping.read_intervals(rest.replace(" ", ","))
    except ValueError:
        return None, None
    return _day(turn, desk, first), ",".join(f"{i.start:%H:%M}-{i.end:%H:%M}" for i in found) or None


def _day(turn: Turn, desk: str, words: str) -> date | None:
    today = _today(turn, desk)
    if words in ("today", "сегодня"):
        return today
    if words in ("tomorrow", "завтра"):
        return today + timedelta(days=1)
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return None
    return day if day >= today else None


def _change(turn: Turn, scope: str, day: date, intervals: str, person: Row) -> None:
    by = f"{person.messenger}:{person.native}"
    _recompute(turn, lambda: rules.set_day(turn.conn, scope, day.isoformat(), intervals, by, turn.now_ms))


def _reset(turn: Turn, desk: str, scope: str) -> str:
    _recompute(turn, lambda: rules.reset_days(turn.conn, scope))
    return text(turn.policy.locale, "hours.reset") + "\n" + _shown(turn, desk, scope)


def _recompute(turn: Turn, change: Callable[[], object]) -> None:
    """Make the change; clocks that run keep what they used by the old hours and are due by the new ones."""
    names = [desk.name for desk in turn.policy.desks]
    old = {name: timekeeping.calendar_of(turn.conn, turn.policy, name) for name in names}
    change()
    for name in names:
        if timekeeping.calendar_of(turn.conn, turn.policy, name) is not old[name]:
            for clock_id in clocks.of_desk(turn.conn, name, _MOST):
                timekeeping.retimed(turn, clock_id, old[name])
