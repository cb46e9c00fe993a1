"""The settings about time as the domain's rules: working hours, targets, reminders, tiers, the rota."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.settings.faults import line
from bot.settings.values import reminder_length
from domain.policy import Reminder, Share, Shift, Targets, WorkingHours
from escalation import national
from escalation.rota import weekdays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.settings import sections


def working_hours(written: sections.WorkingHoursSettings, general: WorkingHours) -> WorkingHours:
    """The hours as written; without a week of their own they follow the general one."""
    return WorkingHours(
        timezone=written.timezone,
        weekly=written.weekly.days if written.weekly else general.weekly,
        country=written.holidays.country or "",
        closed=frozenset(written.holidays.closed),
        open=frozenset(written.holidays.open),
    )


def reminders(written: tuple[str, ...]) -> tuple[Reminder, ...]:
    """`66%` as a share, `10m` as working time."""
    return tuple(Share(int(w[:-1])) if w.endswith("%") else reminder_length(w) for w in written)


def tiers(written: Mapping[str, sections.Tier]) -> dict[str, Targets]:
    """The targets of each tier, by its name in small letters."""
    return {name.lower(): Targets(t.first_response, t.next_response) for name, t in written.items()}


def rota(written: sections.Rota, timezone: str) -> tuple[Shift, ...]:
    """The shifts; one without a time zone is in the general one."""
    return tuple(
        Shift(
            weekdays(shift.days),
            shift.hours,
            shift.timezone or timezone,
            tuple(str(agent) for agent in shift.agents),
        )
        for shift in written.shifts
    )


def own_targets(written: sections.Sla | None) -> tuple[timedelta | None, timedelta | None]:
    """A desk's first and next target, where it sets them."""
    if written is None:
        return None, None
    given = written.model_fields_set
    first = written.first_response if "first_response" in given else None
    following = written.next_response if "next_response" in given else None
    return first, following


def faults(hours: sections.WorkingHoursSettings, desks: Mapping[str, sections.DeskSettings]) -> Iterator[str]:
    """What is wrong with working hours that are well written."""
    found = {"working_hours": hours}
    found |= {f"desks.{name}.working_hours": d.working_hours for name, d in desks.items() if d.working_hours}
    for key, written in found.items():
        if written.weekly is not None and not any(written.weekly.days):
            yield line(
                f"{key}.weekly", None, "never opens", 'give at least one day, like mon = ["10:00-20:00"]'
            )
        country = written.holidays.country
        if country and not national.known(country):
            yield line(
                f"{key}.holidays.country", country, "its holidays are not known", "list them under closed"
            )
