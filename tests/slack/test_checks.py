"""What `okno check` says of Slack."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.check import check
from bot.messengers.slack.checks import SCOPES
from bot.settings import BadSettings, load
from tests.fakes.slack import SlackFake


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, fake: SlackFake, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for key, value in (
        ("WEB__PORT", "0"),
        ("SLACK__BOT_TOKEN", fake.bot_token),
        ("SLACK__APP_TOKEN", fake.app_token),
        ("SLACK__API_BASE", fake.api_base),
    ):
        monkeypatch.setenv(f"OKNO_{key}", value)


async def checked() -> tuple[int, list[str]]:
    lines: list[str] = []
    return await check(load(), lines.append), lines


async def test_all_is_well(fake: SlackFake, monkeypatch: pytest.MonkeyPatch):
    fake.methods.scopes = set(SCOPES)
    monkeypatch.setenv("OKNO_DESKS__HOWTO__CHAT", f"slack:{fake.people.channel('howto', [])}")
    code, lines = await checked()
    assert code == 0, lines
    assert "✔ Slack: okno in “Team”" in lines
    assert "✔ howto: #howto: the app is there, may post and sees the messages" in lines


async def test_what_is_missing_is_named(fake: SlackFake, monkeypatch: pytest.MonkeyPatch):
    fake.methods.scopes = set(SCOPES) - {"reactions:write"}
    outside = fake.people.channel("outside", [], invited=False)
    old = fake.people.channel("old", [])
    fake.world.channels[old].archived = True
    for name, chat in (("HOWTO", outside), ("BUGS", "C404"), ("WISHES", old)):
        monkeypatch.setenv(f"OKNO_DESKS__{name}__CHAT", f"slack:{chat}")
    monkeypatch.setenv("OKNO_AGENTS__SHOW", "name")
    monkeypatch.setenv("OKNO_SLACK__APP_TOKEN", "xapp-wrong")
    code, lines = await checked()
    faults = "\n".join(line for line in lines if line.startswith("✘"))
    assert code == 1
    for said in (
        "lacks reactions:write",
        "lacks chat:write.customize",
        "slack.app_token: Slack doesn't take it",
        "howto: #outside: the app isn't there",
        "bugs: C404: the app isn't there",
        "wishes: #old: the channel is archived",
    ):
        assert said in faults


async def test_a_messages_tab_that_is_off_is_named(fake: SlackFake, monkeypatch: pytest.MonkeyPatch):
    anna = fake.people.user("Anna")
    fake.methods.messages_tab = False
    code, lines = await checked()
    assert code == 1
    assert any("switch on Messages Tab under App Home" in line for line in lines), lines
    fake.methods.messages_tab = True
    code, lines = await checked()
    assert code == 0, lines
    assert fake.people.shows(anna) == []


async def test_channels_shared_with_customers_are_looked_at(fake: SlackFake, monkeypatch: pytest.MonkeyPatch):
    inside, outside = fake.people.channel("acme", []), fake.people.channel("globex", [], invited=False)
    monkeypatch.setenv("OKNO_SLACK__CUSTOMER_CHANNELS", f"{inside},{outside}")
    code, lines = await checked()
    assert code == 1
    assert "✔ #acme: the app is there, may post and sees the messages" in lines
    assert any(line.startswith("✘ #globex: the app isn't there") for line in lines)
    monkeypatch.setenv("OKNO_DESKS__HOWTO__CHAT", f"slack:{inside}")
    with pytest.raises(BadSettings, match="customers read along"):
        load()


async def test_a_wrong_token_is_a_fault_of_the_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OKNO_SLACK__BOT_TOKEN", "xoxb-wrong")
    code, lines = await checked()
    assert code == 2
    assert any(line.startswith("✘ slack.bot_token: ") for line in lines)
