"""The kinds of values that settings are written in: durations, allowances, chat addresses, hours.

Each is a type that pydantic reads from text and turns into a plain value of the domain. A value that can't be
read says what is wrong with it and what would be right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from domain.policy import Address, Interval
from domain.texts import LOCALES

MESSENGERS = ("telegram", "slack", "pachca", "web")
"""Every messenger that an address may name."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = time(0)
ALL_DAY = Interval(MIDNIGHT, MIDNIGHT)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=3660)


def fault(wrong: str, right: str) -> PydanticCustomError:
    """What is wrong with a value, and what would be right; becomes one line for the terminal."""
    return PydanticCustomError("okno", "{wrong}; {right}", {"wrong": wrong, "right": right})


@dataclass(frozen=True, slots=True)
class PerTime:
    """So many per time: what `20/1m` means."""

    count: int
    seconds: float


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d{1,9})([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise fault("not a duration", "write a number with s, m, h or d, like 90s, 15m, 2h or 7d")
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > _LONGEST:
        raise fault("longer than ten years", "write a shorter one")
    return length


def _target(value: object) -> timedelta:
    length = _duration(value)
    if not length:
        raise fault("no time at all", "write a duration above zero, like 15m")
    return length


def _reminder(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d?%", value):
        return value
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,8}[smhd]", value):
        return value
    raise fault("neither a share of the target nor a working time", "write one like 66% or 10m")


def reminder_length(written: str) -> timedelta:
    """The working time of a reminder that is no share."""
    return _duration(written)


def _per_time(value: object) -> PerTime:
    if isinstance(value, PerTime):
        return value
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})([smhd])", value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0 or int(found[2]) == 0:
        raise fault("not so many per time", "write a number, a slash and a duration, like 20/1m")
    return PerTime(int(found[1]), timedelta(**{_UNITS[found[3]]: int(found[2])}).total_seconds())


class Size(int):
    """So many bytes, written `50MB`."""

    def __str__(self) -> str:
        unit = "GB" if self % 1024**3 == 0 else "MB"
        return f"{self // _BYTES[unit]}{unit}"


_BYTES = {"MB": 1024**2, "GB": 1024**3}


def _size(value: object) -> Size:
    if isinstance(value, Size):
        return value
    found = re.fullmatch(r"([1-9]\d{0,5})(MB|GB)", value) if isinstance(value, str) else None
    if found is None:
        raise fault("not a size", "write a number with MB or GB, like 50MB or 2GB")
    return Size(int(found[1]) * _BYTES[found[2]])


def _address(value: object) -> Address:
    if isinstance(value, Address):
        return value
    messenger, colon, native = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not messenger or not native or native != native.strip():
        raise fault("not an address", "write messenger:id, like telegram:-1001234567890 or web:bugs")
    if messenger not in MESSENGERS:
        raise fault(f'there is no messenger "{messenger}"', f"it is one of {', '.join(MESSENGERS)}")
    if messenger == "telegram" and not re.fullmatch(r"-?\d{1,20}", native):
        raise fault("Telegram's ids are numbers", "write it like telegram:-1001234567890")
    return Address(messenger, native)


def _chat(value: object) -> Address:
    address = _address(value)
    if address.messenger == "web" and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", address.native):
        raise fault(
            "no name for a chat of the staff page", "use small letters, digits, _ and -, like web:bugs"
        )
    return address


def _timezone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ValueError, OSError, LookupError):
        raise fault("no such time zone", "write an IANA name like Europe/Moscow") from None


def _locale(value: object) -> str:
    if value not in LOCALES:
        raise fault("no texts in this language", f"it is one of {', '.join(LOCALES)}")
    return str(value)


def _web_address(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        raise fault("not a web address", "write it like https://support.example.org")
    return value.rstrip("/")


def _database(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"postgresql\+asyncpg://\S+", value):
        return value
    if isinstance(value, str) and re.fullmatch(r"sqlite\+aiosqlite:///(?!:memory:)[^?]+(\?.*)?", value):
        return value
    raise fault("not a database", "write sqlite+aiosqlite:///okno.db or postgresql+asyncpg://user@host/name")


def _time_of_day(written: str) -> time | None:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", written)
    if found is None or int(found[2]) > 59 or int(found[1]) > 23:
        return None
    return time(int(found[1]), int(found[2]))


def interval(value: object) -> Interval:
    """`10:00-20:00` or `24h` as an interval; raises a fault."""
    if isinstance(value, Interval):
        return value
    if value == "24h":
        return ALL_DAY
    first, _, last = value.partition("-") if isinstance(value, str) else ("", "", "")
    start = _time_of_day(first.strip())
    end = MIDNIGHT if last.strip() == "24:00" else _time_of_day(last.strip())
    if start is None or end is None:
        raise fault("not an interval", 'write it like "10:00-20:00", or "24h"')
    if start == end and start != MIDNIGHT:
        raise fault("begins and ends at the same time", 'write "24h" for the whole day, or leave it out')
    return Interval(start, end)


def _day(value: object) -> tuple[Interval, ...]:
    if not isinstance(value, list | tuple):
        raise fault(
            "not a list of intervals", 'write it like ["10:00-13:00", "14:00-20:00"], or [] for closed'
        )
    intervals = sorted((interval(v) for v in value), key=lambda i: i.start)
    for earlier, later in pairwise(intervals):
        if earlier.end <= earlier.start or later.start < earlier.end:
            raise fault(
                "intervals of one day overlap", 'write them apart, like ["10:00-13:00", "14:00-20:00"]'
            )
    return tuple(intervals)


def _date(value: object) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise fault("not a date", "write it like 2026-12-31") from None


def _listed(value: object) -> object:
    """Lets the environment write a list as `a,b`."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Duration = Annotated[timedelta, PlainValidator(_duration)]
Target = Annotated[timedelta, PlainValidator(_target)]
Reminder = Annotated[str, PlainValidator(_reminder)]
FileSize = Annotated[Size, PlainValidator(_size)]
Allowance = Annotated[PerTime, PlainValidator(_per_time)]
ChatAddress = Annotated[Address, PlainValidator(_chat)]
PersonAddress = Annotated[Address, PlainValidator(_address)]
TimeZone = Annotated[str, PlainValidator(_timezone)]
Locale = Annotated[str, PlainValidator(_locale)]
WebAddress = Annotated[str, PlainValidator(_web_address)]
DatabaseUrl = Annotated[str, PlainValidator(_database)]
Hours = Annotated[tuple[Interval, ...], PlainValidator(_day)]
ShiftHours = Annotated[Interval, PlainValidator(interval)]
Day = Annotated[date, PlainValidator(_date)]
Listed = BeforeValidator(_listed)
