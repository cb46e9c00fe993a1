"""Public holidays by country, from the package `holidays`, which is loaded when the first country is asked for."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from escalation.hours import Calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from domain.policy import Interval, WorkingHours


def known(country: str) -> bool:
    """Whether the holidays of that country (`RU`) are known."""
    import holidays

    return country in holidays.list_supported_countries()


def holidays_of(country: str) -> Callable[[int], frozenset[date]] | None:
    """The public holidays of a country by year, with the days off they are moved to; None without a country."""
    return partial(_of_year, country) if country else None


def calendar(hours: WorkingHours, overrides: Mapping[date, tuple[Interval, ...]] | None = None) -> Calendar:
    """The calendar of these hours; the same one for the same hours, so that what it has computed is kept.

    Raises NeverOpen when the weekly schedule is empty.
    """
    if overrides:
        return _calendar(hours, tuple(sorted(overrides.items(), key=lambda day: day[0])))
    usual = _USUAL.get(id(hours))
    if usual is None:
        if len(_USUAL) >= _KEPT:
            _USUAL.clear()
        usual = _USUAL[id(hours)] = (hours, _calendar(hours, ()))
    return usual[1]


_KEPT = 64
_USUAL: dict[int, tuple[WorkingHours, Calendar]] = {}
"""Calendars without overrides by which object their hours are: hashing hours costs more than computing with them."""


@lru_cache(maxsize=_KEPT)
def _calendar(hours: WorkingHours, overrides: tuple[tuple[date, tuple[Interval, ...]], ...]) -> Calendar:
    return Calendar(hours, holidays_of(hours.country), dict(overrides))


@lru_cache(maxsize=256)
def _of_year(country: str, year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))
