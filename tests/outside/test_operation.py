"""What is shipped for whoever runs Okno is held against the program: the dashboard, the image, the unit, the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

from prometheus_client import generate_latest

from bot.health import EDGES, METRICS, Health

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
