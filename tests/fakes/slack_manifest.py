"""What the app's manifest asks for: the fake grants that and no more."""

from __future__ import annotations

import re
from pathlib import Path

_TEXT = (Path(__file__).parents[2] / "slack-manifest.yaml").read_text(encoding="utf-8")


def _list(name: str) -> set[str]:
    found = re.search(rf"^ +{name}:\n((?: +- \S+\n)+)", _TEXT, re.MULTILINE)
    assert found, name
    return set(re.findall(r"- (\S+)", found[1]))


SCOPES_ASKED = _list("bot")
EVENTS = _list("bot_events")
SHORTCUTS = set(re.findall(r"callback_id: (\S+)", _TEXT))
HOME_TAB = "home_tab_enabled: true" in _TEXT
MESSAGES_TAB = "messages_tab_enabled: true" in _TEXT and "messages_tab_read_only_enabled: false" in _TEXT
