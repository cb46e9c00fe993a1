"""What is wrong with settings, one line a fault: the key, the value, what is wrong, what would be right."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_origin

from pydantic import BaseModel

from bot.settings.sources import SECRETS, origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


_PASSWORD = re.compile(r"://[^/\s]*@")  # who and with which password, in an address


class BadSettings(Exception):
    """The settings can't be used; `lines` has one finished line for each fault."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def line(key: str, value: object, wrong: str, right: str) -> str:
    """One fault. The value of a secret is never shown, of a long one its beginning."""
    source = origin(key.partition("[")[0])
    where = f" (from {source})" if source else ""
    shown = "" if value is None or is_secret(key) else f" = {_PASSWORD.sub('://…@', _shown(value))}"
    return f"{key}{where}{shown}: {wrong}; {right}"


def lines_of(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """The faults that pydantic found, in the order of their keys."""
    return sorted(_line(detail, model) for detail in error.errors(include_url=False))


def is_secret(key: str) -> bool:
    """Whether the value of this key may be shown nowhere."""
    return key.partition("[")[0] in SECRETS


def _line(detail: ErrorDetails, model: type[BaseModel]) -> str:
    key = _key(detail["loc"])
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":  # its value isn't shown: it may be a secret with a mistyped name
        return line(key, None, "there is no such key", _suggestion(detail["loc"], model))
    if kind == "okno":
        return line(
            key, None if isinstance(given, dict | BaseModel) else given, context["wrong"], context["right"]
        )
    if kind == "missing":
        return line(key, None, "is missing", "write it")
    wrong, right = _EXPECTED.get(kind, ("not right", detail["msg"][:1].lower() + detail["msg"][1:]))
    return line(key, given, wrong, right.format(**context))


_EXPECTED = {
    "literal_error": ("not one of the choices", "write {expected}"),
    "int_parsing": ("not a whole number", "write one, like 8080"),
    "int_type": ("not a whole number", "write one, like 8080"),
    "int_from_float": ("not a whole number", "write one, like 8080"),
    "greater_than_equal": ("too small", "write {ge} or more"),
    "less_than_equal": ("too large", "write {le} or less"),
    "bool_parsing": ("neither true nor false", "write true or false"),
    "bool_type": ("neither true nor false", "write true or false"),
    "string_type": ("not text", 'write it in quotes: "…"'),
    "string_too_short": ("empty", "write something, or leave the key out"),
    "string_too_long": ("too long", "write at most {max_length} characters"),
    "string_pattern_mismatch": ("not of the right form", "it must match {pattern}"),
    "tuple_type": ("not a list", 'write it in brackets: ["…"]'),
    "model_type": ("not a table", "write its keys, each on a line of its own"),
    "dict_type": ("not a table", "write its keys, each on a line of its own"),
}


def _key(loc: Iterable[str | int]) -> str:
    key = ""
    for part in loc:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def _suggestion(loc: Sequence[str | int], model: type[BaseModel]) -> str:
    """The key that was probably meant, or those that there are."""
    parent = _section_of(loc[:-1], model)
    names = sorted(parent.model_fields) if parent else []
    near = get_close_matches(str(loc[-1]), names, n=1)
    prefix = _key(loc[:-1])
    if near:
        return f"perhaps {prefix}{'.' if prefix else ''}{near[0]} is meant"
    return f"there are {', '.join(names)}" if names else "take it out"


def _section_of(loc: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    """The class of the section that stands at `loc`; tables by name (`desks`) have a level of names."""
    found: type[BaseModel] | None = model
    named = False
    for part in loc:
        if isinstance(part, int) or named:
            named = False
            continue
        if found is None or part not in found.model_fields:
            return None
        annotation = found.model_fields[part].annotation
        named = get_origin(annotation) is dict
        found = section_in(annotation)
    return found


def section_in(annotation: object) -> type[BaseModel] | None:
    """The section class that a field's annotation holds, if it holds one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in getattr(annotation, "__args__", ()) if (found := section_in(arg))), None)


def _shown(value: object) -> str:
    said = f'"{value}"' if isinstance(value, str) else str(value)
    if "://" in said and "@" in said:  # an address with a password
        said = said.split("://", 1)[0] + "://…" + said.rsplit("@", 1)[1]
    said = " ".join(said.split())
    return said if len(said) <= 80 else said[:79] + "…"
