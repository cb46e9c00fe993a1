"""Units of work on their way through a group, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storage.sessions import sqlstate
from storage.trouble import InTheWay

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from greenlet import greenlet
    from sqlalchemy import Connection

    from storage.lasting import UnitMemory

    Key = tuple[str, int]
    """A row: its table and its number."""

# unique violation, deadlock, serialization failure, a lock that didn't come
_REPEATABLE = frozenset(("23505", "40P01", "40001", "55P03"))


@dataclass(slots=True, eq=False)
class Unit:
    """A unit of work, and what came of it."""

    run: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    tries: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of a group: units that are over; to be run again together; put off; to be run on their own.

    `begun`: whether its transaction ever began.
    """

    over: list[Unit] = field(default_factory=list)
    again: list[Unit] = field(default_factory=list)
    put_off: list[Unit] = field(default_factory=list)
    alone: list[Unit] = field(default_factory=list)
    begun: bool = True


@dataclass(slots=True, eq=False)
class Task:
    """A unit that runs. `shares`: others run beside it."""

    unit: Unit
    memory: UnitMemory
    greenlet: greenlet
    asked: int = 0
    first: bool = False
    shares: bool = False
    holds: set[Key] = field(default_factory=set)
    error: BaseException | None = None


@dataclass(slots=True, eq=False)
class Posted:
    """What a unit has asked without waiting. `inserts`: into this table; `otherwise`: its error when nothing is found."""

    unit: Unit
    inserts: str = ""
    otherwise: Exception | None = None


class Failed(Exception):
    """A unit's error undoes all."""

    def __init__(self, unit: Unit, error: BaseException) -> None:
        super().__init__(str(error))
        self.unit = unit
        self.error = error


def collision(error: BaseException) -> bool:
    """Whether somebody else was there first, so that the unit is to be run again."""
    return isinstance(error, InTheWay) or sqlstate(error) in _REPEATABLE
