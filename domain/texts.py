"""What the program itself says, in every language it speaks.

The texts are gettext catalogs beside this module (`locales/<language>.po`) with symbolic ids, read as they are.
Placeholders are plain names in braces; what is put in is data and is never read as a pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime, timedelta

CATALOGS = Path(__file__).with_name("locales")

LOCALES: tuple[str, ...] = tuple(sorted(p.stem for p in CATALOGS.glob("*.po")))
"""The languages there is a catalog for."""

LAST_RESORT = "ru"

Piece = tuple[str, str | None]
"""Literal text and the name of the placeholder that follows it, if one does."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The texts of one language: for each key its form, or its plural forms in the language's order."""

    texts: dict[str, tuple[tuple[Piece, ...], ...]]
    form_for: Callable[[int], int]


def best(wanted: str, default: str = LAST_RESORT) -> str:
    """The language of LOCALES that comes closest to `wanted` (`en-GB` is `en`), else `default`."""
    language = wanted.replace("_", "-").split("-", 1)[0].lower()
    return language if language in LOCALES else default


def text(locale: str, key: str, /, **params: object) -> str:
    """The text of `key` with its placeholders filled in.

    A text with plural forms takes the one for `n`. A key that no catalog has comes back as it is: the message
    it belongs to must not be lost over it (a test sees to it that there is none).
    """
    catalog = load_catalog(best(locale))
    forms = catalog.texts.get(key)
    if forms is None:
        return key
    number = params.get("n", 0)
    form = forms[catalog.form_for(abs(number)) if len(forms) > 1 and isinstance(number, int) else 0]
    return "".join(
        literal if name is None else f"{literal}{params.get(name, '{' + name + '}')}"
        for literal, name in form
    )


@lru_cache
def load_catalog(locale: str) -> Catalog:
    """The catalog of a language of LOCALES; read once."""
    with (CATALOGS / f"{locale}.po").open("rb") as file:
        read = read_po(file, locale=locale)
    texts = {}
    for message in read:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            forms = (message.string,) if isinstance(message.string, str) else message.string or ()
            texts[key] = tuple(_pieces(form) for form in forms)
    return Catalog(texts, c2py(read.plural_expr))


def _pieces(form: str) -> tuple[Piece, ...]:
    """A form cut at its placeholders. Only plain names may stand in braces."""
    pieces: list[Piece] = []
    for literal, name, spec, conversion in Formatter().parse(form):
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise ValueError(f"a placeholder is a plain name: {form!r}")
        pieces.append((literal, name))
    return tuple(pieces)


def clock(at: datetime, timezone: str) -> str:
    """The time of day in a time zone: `14:35`."""
    return at.astimezone(ZoneInfo(timezone)).strftime("%H:%M")


def moment(locale: str, at: datetime, now: datetime, timezone: str, *, named: bool = True) -> str:
    """An exact time to come in words: `tomorrow at 10:00 (Moscow)`.

    The day is counted from `now` in `timezone`, which is named unless the reader can't mistake it.
    """
    zone = ZoneInfo(timezone)
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    words = text(locale, "when.at", day=_day(locale, local.date(), today), time=local.strftime("%H:%M"))
    return text(locale, "when.in_zone", time=words, zone=city(locale, timezone)) if named else words


def _day(locale: str, day: date, today: date) -> str:
    ahead = (day - today).days
    if ahead in (0, 1):
        return text(locale, ("when.today", "when.tomorrow")[ahead])
    if 1 < ahead < 7:
        return text(locale, f"when.weekday_{day.weekday()}")
    pattern = "d MMMM" if day.year == today.year else "d MMMM y"
    return text(locale, "when.date", date=format_date(day, pattern, locale=best(locale)))


def stamp(locale: str, at: datetime, timezone: str) -> str:
    """A past or coming time, short, for lists and history: `11 Jan, 14:35`."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{format_date(local.date(), 'd MMM', locale=best(locale))}, {local:%H:%M}"


@lru_cache(maxsize=256)
def city(locale: str, timezone: str) -> str:
    """The place a time zone is named after, in the reader's language: `Moscow`."""
    return get_timezone_location(ZoneInfo(timezone), locale=best(locale), return_city=True)


def duration(locale: str, length: timedelta) -> str:
    """A length of time as people say it, no finer than it matters: `10 min`, `1 h 5 min`, `3 days`."""
    minutes = max(0, round(length.total_seconds() / 60))
    if 0 < length.total_seconds() < 90:
        return text(locale, "duration.seconds", n=round(length.total_seconds()))
    if minutes < 60:
        return text(locale, "duration.minutes", n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24 and minutes:
        return text(locale, "duration.hours_minutes", hours=hours, minutes=minutes)
    if hours < 24:
        return text(locale, "duration.hours", n=hours)
    days, hours = divmod(hours, 24)
    if hours and days < 3:
        return text(locale, "duration.days_hours", days=text(locale, "duration.days", n=days), hours=hours)
    return text(locale, "duration.days", n=days)


def size(locale: str, count: int) -> str:
    """So many bytes as people say it: `340 KB`, `12.5 MB`, `1 GB`."""
    for unit, key in ((1024**3, "size.gb"), (1024**2, "size.mb")):
        if count >= unit:
            return text(locale, key, n=format_decimal(round(count / unit, 1), locale=best(locale)))
    return text(locale, "size.kb", n=max(1, round(count / 1024)))
