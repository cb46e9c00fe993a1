"""The figures: from what was done to what a desk and a terminal show."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import stats
from domain.figures import Deed, Line, Wait, lines, quantile, within
from storage import figures as stored
from tests.handlers.office import START, Office

AT = datetime(2026, 1, 12, 22, 30, tzinfo=UTC)


def wait(used: float, agent: str = "Ivan", desk: str = "howto", at: datetime = AT) -> Wait:
    return Wait("first", at, used, 600, desk, agent)


def test_lines_by_agent_desk_and_the_teams_own_day():
    waits = [wait(60), wait(700, "Olga", "bugs"), wait(120)]
    deeds = [Deed("opened", AT, "bugs", "Olga"), Deed("rated", AT, "howto", "Ivan", 4)]
    by_agent = lines(waits, deeds, "agent")
    assert [(line.name, len(line.first), line.opened) for line in by_agent] == [
        ("Ivan", 2, 0),
        ("Olga", 1, 1),
    ]
    assert [within(line.first) for line in lines(waits, deeds, "desk")] == [0.0, 1.0]
    assert [line.name for line in lines(waits, deeds, "day", "Europe/Moscow")] == ["2026-01-13"]
    (whole,) = lines(waits, deeds)
    assert (whole.rating, whole.ratings, quantile(whole.first, 0.5)) == (4.0, 1, 120)
    assert lines([], []) == [Line("")]


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_one_of_the_waits_and_enough_are_no_longer(used: list[float], share: float):
    found = quantile([wait(u) for u in used], share)
    assert found in used
    assert sum(u <= found for u in used) >= share * len(used) - 1e-6


def office_with_history() -> Office:
    office = Office()
    office.writes("ann", "Old question")
    office.says("ivan", "howto", "Old answer", thread=office.thread("howto"))
    office.presses("ivan", office.screen("howto").card(), "close", "howto")
    office.now += timedelta(days=10)
    office.writes("bob", "How?")
    office.now += timedelta(minutes=4)
    office.says("ivan", "howto", "So.", thread=office.thread("howto"))
    office.now += timedelta(minutes=1)
    office.writes("bob", "And now?")
    office.now += timedelta(minutes=30)
    office.says("ivan", "howto", "So too.", thread=office.thread("howto"))
    return office


def test_stats_in_a_desk_and_for_the_leads():
    office = office_with_history()
    office.says("ivan", "howto", "/stats")
    said = office.screen("howto").texts(None)[-1]
    assert said.splitlines() == [
        "За 7 дней: открыто обращений — 1, закрыто — 0",
        "Первый ответ: половина за 4 мин, девять из десяти за 4 мин, вовремя 100%",
        "Следующие ответы: половина за 30 мин, девять из десяти за 30 мин, вовремя 0%",
    ]
    office.says("ivan", "bugs", "/stats 30d")
    assert office.screen("bugs").texts(None)[-1] == "За 30 дней: открыто обращений — 0, закрыто — 0"
    office.says("ivan", "-99", "!stats 30d")
    assert "открыто обращений — 2" in office.screen("-99").texts(None)[-1]
    office.says("ivan", "howto", "/stats always")
    assert office.screen("howto").texts(None)[-1] == "Промежуток до 92 дней: stats 7d"


def test_only_what_is_since_then_is_read():
    office = office_with_history()
    assert len(stored.waits(office.conn, START + timedelta(days=5))) == 2
    assert len(stored.waits(office.conn, START - timedelta(days=1))) == 3
    assert stored.deeds(office.conn, office.now + timedelta(days=1)) == []
    assert stored.open_by_state(office.conn) == [("howto", "customer", 1)]


def test_formats_hold_the_same_figures(monkeypatch: pytest.MonkeyPatch):
    found = [Line("=cmd()", 2, 1, [wait(60)], [])]
    monkeypatch.setattr(stats, "_lines", lambda *_: found)
    rows = list(csv.DictReader(io.StringIO(stats._csv(found))))
    assert rows[0]["name"] == "'=cmd()"
    assert (rows[0]["first_median_seconds"], rows[0]["rating"]) == ("60", "")
    assert json.loads(json.dumps(found[0].plain()))["first_within_target"] == 1.0
    shown = stats._table([Line("[red]Ann", 2, 1, [wait(300)], [])], "agent")
    assert "5 min" in shown
    assert "[red]Ann" in shown
