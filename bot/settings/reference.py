"""Writes the tables of keys in docs/settings.md: `python -m bot.settings.reference`. For whoever changes the settings.

Keys and defaults come from the model, what they mean from the words under each field of its source.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, get_origin

from pydantic import BaseModel

from bot.settings.faults import is_secret, section_in
from bot.settings.root import NOT_YET_IN_FORCE, Settings
from bot.settings.values import PerTime

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
WHOLE = ("desks.<name>.working_hours", "desks.<name>.sla")
"""Sections that have no rows of their own."""

_HEAD = "| key | default | meaning |\n|---|---|---|\n"
_UNITS = ((3600, "h"), (60, "m"), (1, "s"))


class Key(NamedTuple):
    """One key with its default and what it means."""

    name: str
    default: Any
    meaning: str

    @property
    def late(self) -> bool:
        """Whether nothing heeds it yet."""
        return any(fnmatchcase(self.name, pattern) for pattern in NOT_YET_IN_FORCE)

    @property
    def row(self) -> str:
        """Its line of the table."""
        sign = "🔑 " if is_secret(self.name) else ""
        return f"| `{self.name}` | {shown(self.default)} | {sign}{self.meaning} |"


def keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[Key]:
    """Every key, in the order of the model."""
    meanings = dict(_meanings(model))
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        section = section_in(field.annotation)
        if section is None or key in WHOLE or get_origin(field.annotation) is tuple:
            yield Key(key, field.default, meanings.get(name, ""))
        elif get_origin(field.annotation) is dict:
            yield from keys(section, f"{key}.<name>.")
        else:
            yield from keys(section, f"{key}.")


def shown(value: Any) -> str:
    """A default as people write it."""
    if value is None:
        return "–"
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return next(f"`{seconds // n}{unit}`" for n, unit in _UNITS if seconds % n == 0)
    if isinstance(value, PerTime):
        minutes, seconds = divmod(round(value.seconds), 60)
        return f"`{value.count}/{f'{minutes}m' if minutes else f'{seconds}s'}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{v}"' for v in value) + "]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def written(document: str) -> str:
    """The document with its tables as they should be."""
    for name, late in (("in force", False), ("later", True)):
        rows = "\n".join(key.row for key in keys() if key.late is late)
        part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        found = part.search(document)
        if found is None:
            raise SystemExit(f"{DOCUMENT} has no part named {name}")
        table = f"{found[1]}{_HEAD}{rows}\n{found[2]}"
        document = document[: found.start()] + table + document[found.end() :]
    return document


def _meanings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The words under each field, those of the classes it comes from first."""
    for owner in reversed(model.__mro__):
        if not issubclass(owner, BaseModel) or owner.__module__.startswith("pydantic"):
            continue
        body = ast.parse(inspect.getsource(owner)).body[0]
        if not isinstance(body, ast.ClassDef):
            continue
        for field, words in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                said = words.value if isinstance(words, ast.Expr) else None
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    yield field.target.id, said.value.strip()


def main() -> None:
    """Write the tables into the document."""
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{DOCUMENT}\n")


if __name__ == "__main__":
    main()
