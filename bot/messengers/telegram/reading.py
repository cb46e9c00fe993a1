"""Reading Telegram's JSON: fields that must be there, and a clear complaint when they aren't.

Not aiogram's models: their required fields change with every version of the Bot API, and an update that says all
we need must not be lost because a server is older or newer than the library.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias, TypeVar

import orjson

T = TypeVar("T")

Json: TypeAlias = dict[str, Any]


class MalformedError(ValueError):
    """An update lacks what every such update has; the text names the field, never its content."""


def parsed(raw: bytes) -> Any:
    """JSON as a value. Raises ValueError when it is none.

    What no text can hold (half a surrogate pair, bytes that are no UTF-8, NaN) is replaced: one such character in
    one update must not keep all others from being read.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _forgiven(raw)


def _forgiven(raw: bytes) -> Any:
    try:
        value = json.loads(raw.decode(errors="replace"), parse_constant=lambda _: None, parse_float=_finite)
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def need(body: Json, key: str, kind: type[T]) -> T:
    """The field, which must be there and of that type."""
    value = body.get(key)
    if not isinstance(value, kind):
        raise MalformedError(f"{key!r} is {'missing' if value is None else f'no {kind.__name__}'}")
    return value


def maybe(body: Json, key: str, kind: type[T]) -> T | None:
    """The field, which may be left out but else must be of that type."""
    return None if body.get(key) is None else need(body, key, kind)


def number(body: Json, key: str) -> float:
    """A number, which must be there."""
    value = body.get(key)
    if not isinstance(value, int | float):
        raise MalformedError(f"{key!r} is missing or no number")
    return float(value)


def objects(body: Json, key: str) -> list[Json]:
    """A list of objects, empty when left out."""
    items = maybe(body, key, list) or []
    if not all(isinstance(item, dict) for item in items):
        raise MalformedError(f"{key!r} holds something that is no object")
    return items
