"""What is written down about settings is held against what the program reads."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_origin

import pytest
from pydantic import BaseModel

from bot.settings import NOT_YET_IN_FORCE, Settings
from bot.settings.faults import is_secret, section_in
from bot.settings.values import PerTime
from storage.schema import metadata

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([a-z_.<>]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
WHOLE = ("desks.<name>.working_hours", "desks.<name>.sla")  # sections that have no rows of their own


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """Every key with its default."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        section = section_in(field.annotation)
        if section is None or key in WHOLE or get_origin(field.annotation) is tuple:
            found[key] = field.default
        elif get_origin(field.annotation) is dict:
            found |= keys_of(section, f"{key}.<name>.")
        else:
            found |= keys_of(section, f"{key}.")
    return found


def shown(value: Any) -> str:
    """A default as people write it."""
    if value is None:
        return "–"
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return next(
            f"`{seconds // n}{unit}`" for n, unit in ((3600, "h"), (60, "m"), (1, "s")) if seconds % n == 0
        )
    if isinstance(value, PerTime):
        return (
            f"`{value.count}/{round(value.seconds) // 60}m`" if value.seconds >= 60 else f"`{value.count}/1s`"
        )
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{v}"' for v in value) + "]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
KEYS = keys_of(Settings)


def test_every_key_is_documented_with_its_default() -> None:
    rows = {key: default for key, default, _ in ROW.findall(DOCUMENT)}
    assert rows == {key: shown(default) for key, default in KEYS.items()}


def test_what_is_not_yet_in_force_is_said_to_be_so() -> None:
    later = DOCUMENT.index("## Accepted, not yet in force")
    late_rows = {key for key, _, _ in ROW.findall(DOCUMENT[later:])}
    late = {k for k in KEYS if any(fnmatchcase(k, pattern) for pattern in NOT_YET_IN_FORCE)}
    assert late_rows == late


def test_secrets_are_marked() -> None:
    assert {key for key, _, meaning in ROW.findall(DOCUMENT) if "🔑" in meaning} == {
        k for k in KEYS if is_secret(k)
    }


def test_the_settings_file_changes_nothing() -> None:
    assert tomllib.loads((ROOT / "settings.toml").read_text(encoding="utf-8")) == {}


def test_the_settings_file_without_its_signs_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (ROOT / "settings.toml").read_text(encoding="utf-8").splitlines()
    file = tmp_path / "all.toml"
    file.write_text("\n".join(line[1:] for line in lines if re.match(r"#[a-z\[]", line)), encoding="utf-8")
    monkeypatch.setenv("OKNO_SETTINGS", str(file))
    assert Settings().web.port == 8080


def test_the_glossary_knows_every_table() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)(?:\.[a-z_*]+)?`", glossary))
    assert {name for name in metadata.tables if not name.startswith("web_")} <= named


@pytest.mark.parametrize(
    "document", sorted(ROOT.glob("docs/*.md")) + sorted(ROOT.glob("*.md")), ids=lambda p: p.name
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
