"""What is shipped for whoever runs Okno is held against the program: the dashboard, the image, the unit, the pages."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from bot.health import EDGES, METRICS, Health
from bot.settings import BadSettings, Settings
from storage import export

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text(encoding="utf-8"))
NAME = re.compile(r"\bokno_[a-z_]+")


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    asked = {
        name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    assert {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in asked} <= set(METRICS)
    assert len(asked) > 15


def test_panels_have_places_of_their_own() -> None:
    spots = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(spots)) == len(spots)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(spots)


def test_every_metric_is_told_under_the_name_that_is_documented() -> None:
    health = Health()
    health.count("events_received", "telegram", by=3)
    health.gauge("messenger_connected", 1, "telegram")
    health.gauges("tickets_open", {("bugs", "agent"): 2})
    health.gauges("tickets_open", {("howto", "agent"): 1})
    health.observe("delivery_seconds", 0.3, "telegram", "desk")
    health.observe("delivery_seconds", 4000, "telegram", "desk")
    told = generate_latest(health.registry).decode()
    families = set(re.findall(r"^# TYPE (okno_\w+) ", told, re.MULTILINE))
    assert {name.removesuffix("_total") for name in families} == set(METRICS)
    assert 'okno_events_received_total{messenger="telegram"} 3.0' in told
    assert 'okno_tickets_open{desk="howto",state="agent"} 1.0' in told
    assert 'desk="bugs"' not in told
    assert 'okno_delivery_seconds_bucket{le="0.5",messenger="telegram",to="desk"} 1.0' in told
    assert 'okno_delivery_seconds_bucket{le="+Inf",messenger="telegram",to="desk"} 2.0' in told
    assert 'okno_delivery_seconds_sum{messenger="telegram",to="desk"} 4000.3' in told
    assert list(EDGES) == sorted(EDGES)


def documents() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def test_every_test_that_documents_name_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", documents()))
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in sorted(named)
        if not (ROOT / file).exists()
        or not re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


SECRET = re.compile(r"secret|signature|digest|authorization|key$", re.IGNORECASE)
WHO_COMPARE = (
    "bot/control.py",
    "bot/handout.py",
    "bot/messengers/telegram/receiving.py",
    "bot/messengers/web/identities.py",
)


def compared(source: str) -> list[str]:
    """Comparisons of secrets with `==` or `!=`, which take the longer the more is right."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
            if any(SECRET.search(side.rsplit(".", 1)[-1]) for side in sides):
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("file", WHO_COMPARE)
def test_secrets_are_compared_in_constant_time(file: str) -> None:
    assert compared("if given != self.secret: pass") == ["given != self.secret"]
    assert compared((ROOT / file).read_text(encoding="utf-8")) == []


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_STORAGE__URL", "mysql://okno:hunter22@database/okno")
    with pytest.raises(BadSettings) as raised:
        Settings()
    assert "hunter22" not in str(raised.value)
    assert "mysql" in str(raised.value)


def test_an_installed_okno_has_all_its_files() -> None:
    """The image installs a copy, not the checkout: what isn't named in pyproject.toml would be missing there."""
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = packed["package-data"]["*"]
    packages = [name.removesuffix("*") for name in packed["packages"]["find"]["include"]]
    others = [
        path
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    assert len(others) > 20
    assert [str(p) for p in others if not any(fnmatch(p.name, pattern) for pattern in patterns)] == []


def test_every_metric_is_documented() -> None:
    said = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(okno_\w+)`", said, re.MULTILINE)) == set(METRICS)


def test_every_field_of_an_export_is_documented() -> None:
    said = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    for name, page in export.PAGES.items():
        row = next(line for line in said.splitlines() if line.startswith(f"| `{name}.jsonl`"))
        source = inspect.getsource(page) + (inspect.getsource(export._message) if name == "messages" else "")
        fields = set(re.findall(r'"(\w+)":', source))
        assert fields, name
        assert [field for field in fields if f"`{field}`" not in row] == [], name
