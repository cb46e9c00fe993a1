"""The words of the pages, one file a language beside them; the server needs a few of them itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson

FOLDER = Path(__file__).with_name("pages") / "strings"

LOCALES: tuple[str, ...] = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
"""The languages the pages speak."""


@cache
def words(locale: str) -> dict[str, str]:
    """The words of one of LOCALES."""
    found: dict[str, str] = orjson.loads((FOLDER / f"{locale}.json").read_bytes())
    return found
