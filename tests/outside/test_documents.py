"""What is written down about settings is held against what the program reads."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.settings import Settings, reference
from bot.settings.faults import is_secret
from storage.schema import metadata

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
KEYS = list(reference.keys())


def test_the_reference_of_settings_is_what_the_model_says() -> None:
    """When this fails, the settings have changed: `python -m bot.settings.reference`."""
    assert reference.written(DOCUMENT) == DOCUMENT


def test_every_key_says_what_it_means() -> None:
    assert len(KEYS) > 60
    assert [key.name for key in KEYS if not key.meaning] == []
    assert [key.name for key in KEYS if "\n" in key.meaning or "|" in key.meaning.replace("\\|", "")] == []


def test_secrets_and_what_is_not_yet_in_force_are_said_to_be_so() -> None:
    later = DOCUMENT[DOCUMENT.index("## Accepted, not yet in force") :]
    for key in KEYS:
        assert (f"| `{key.name}` |" in later) is key.late
        assert key.row.count("🔑") == int(is_secret(key.name))


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
