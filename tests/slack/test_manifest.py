"""The manifest asks for what the program uses: no scope or event less, and none more."""

from __future__ import annotations

import re
from pathlib import Path

from bot.messengers.slack.checks import SCOPES
from bot.messengers.slack.settings import CUSTOMIZE
from tests.fakes.slack_manifest import EVENTS, SCOPES_ASKED, SHORTCUTS

SOURCE = Path(__file__).parents[2] / "bot" / "messengers" / "slack"
METHOD = re.compile(r'"((?:apps|auth|chat|conversations|files|reactions|users|views)\.[a-zA-Z.]+)"')

# https://docs.slack.dev/reference/methods: what a bot token needs for each
NEEDED = {
    "apps.connections.open": (),  # the app-level token's
    "auth.test": (),
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write", "chat:write.customize"),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history", "im:history"),
    "conversations.info": ("channels:read", "groups:read", "im:read"),
    "conversations.list": ("im:read",),
    "conversations.members": ("channels:read", "groups:read"),
    "conversations.replies": ("channels:history", "groups:history", "im:history"),
    "files.completeUploadExternal": ("files:write", "chat:write.customize"),
    "files.delete": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "files.info": ("files:read",),
    "reactions.add": ("reactions:write",),
    "reactions.get": ("reactions:read",),
    "reactions.remove": ("reactions:write",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
    "views.publish": (),
}

# https://docs.slack.dev/reference/events: what an app needs to be sent each
EVENT_NEEDS = {
    "app_home_opened": "",
    "channel_left": "channels:read",
    "group_left": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}


def called() -> set[str]:
    return {name for file in SOURCE.glob("*.py") for name in METHOD.findall(file.read_text())}


def test_scopes_are_those_of_the_methods_that_are_called():
    wanted = {scope for method in called() for scope in NEEDED[method]} | {"commands"}
    assert wanted == SCOPES_ASKED
    assert {*SCOPES, CUSTOMIZE} == SCOPES_ASKED


def test_events_are_those_that_are_read():
    assert set(EVENT_NEEDS) == EVENTS
    assert {scope for scope in EVENT_NEEDS.values() if scope} <= SCOPES_ASKED
    source = "".join((SOURCE / name).read_text() for name in ("convert.py", "channels.py"))
    for event in EVENTS:
        assert f'"{event.partition(".")[0]}"' in source, event


def test_shortcuts_are_those_that_are_known():
    assert {"okno_send", "okno_note", "okno_move", "okno_move_bugs"} == SHORTCUTS
