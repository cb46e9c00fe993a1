"""What the fake Slack knows: people, channels, messages, files. Bodies are Slack's JSON as plain dictionaries."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_manifest import EVENTS

Json = dict[str, Any]

BOT_USER, BOT_ID, APP, TEAM = "U0OKNO", "B0OKNO", "A0OKNO", "T0TEAM"


class ApiError(Exception):
    """A method failed: what stands under `error`, and beside it."""

    def __init__(self, code: str, status: int = 200, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.more = more


@dataclass
class Person:
    id: str
    name: str
    locale: str = "en-US"
    tz: str = "Europe/Berlin"
    dm: str = ""
    team: str = TEAM
    hidden: bool = False
    picture: str = ""

    def body(self) -> Json:
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name.lower(),
            "real_name": self.name,
            "tz": self.tz,
            "locale": self.locale,
            "is_bot": False,
            "profile": {"display_name": self.name, "real_name": self.name, "image_192": self.picture},
        }


@dataclass
class Channel:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    archived: bool = False
    shared: bool = False
    messages: dict[str, Json] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        return self.id.startswith("D")

    def body(self) -> Json:
        more = {"is_im": True} if self.private else {"name": self.name, "is_channel": True}
        return {"id": self.id, "is_member": BOT_USER in self.members, "is_archived": self.archived, **more}


@dataclass
class File:
    id: str
    name: str
    mime: str
    content: bytes = b""
    shares: dict[str, list[Json]] = field(default_factory=dict)

    def body(self, base: str) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "title": self.name,
            "mimetype": self.mime,
            "size": len(self.content),
            "mode": "hosted",
            "url_private": f"{base}/files/{self.id}",
            "url_private_download": f"{base}/files/{self.id}",
        }


class World:
    """The workspace. `emit` takes each event that the app should hear of."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.uneditable: set[str] = set()
        self.base = ""
        self.emit: Callable[[Json], None] = lambda event: None
        self._numbers = itertools.count(1)
        self._last = 0

    def number(self, prefix: str) -> str:
        return f"{prefix}0{next(self._numbers):04d}"

    def ts(self) -> str:
        """A new moment, later than any before."""
        self._last = max(int(time.time() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def ago(self, seconds: float) -> str:
        """A moment of the past, for what was written then."""
        at = int((time.time() - seconds) * 1_000_000) + next(self._numbers)
        return f"{at // 1_000_000}.{at % 1_000_000:06d}"

    def channel(self, channel: object) -> Channel:
        found = self.channels.get(str(channel))
        if found is None:
            raise ApiError("channel_not_found")
        return found

    def message(self, channel: Channel, ts: object) -> Json:
        found = channel.messages.get(str(ts))
        if found is None:
            raise ApiError("message_not_found")
        return found

    def add(self, channel: Channel, message: Json, **event: Any) -> Json:
        """Put a message into a channel, and tell the app if it is there."""
        message = {"type": "message", "ts": self.ts(), **message}
        channel.messages[message["ts"]] = message
        root = channel.messages.get(str(message.get("thread_ts")))
        if root is not None:
            root["thread_ts"] = root["ts"]
            root["reply_count"] = root.get("reply_count", 0) + 1
            root["latest_reply"] = message["ts"]
        author = self.people.get(str(message.get("user")))
        if author is not None and author.team != TEAM:
            profile = {
                "real_name": author.name,
                "display_name": "",
                "name": author.name.lower(),
                "team": author.team,
            }
            event |= {"user_team": author.team, "source_team": author.team, "user_profile": profile}
        self.tell(channel, {**message, **event})
        return message

    def tell(self, channel: Channel, event: Json) -> None:
        """An event of a channel, for the app that is a member."""
        if BOT_USER in channel.members and _subscribed(channel, event) in EVENTS:
            stamp = event.get("event_ts") or (event["ts"] if event.get("type") == "message" else self.ts())
            place = {"channel": channel.id} if "item" not in event else {}
            kind = {"channel_type": "im" if channel.private else "channel"}
            self.emit({**event, **place, **(kind if event["type"] == "message" else {}), "event_ts": stamp})

    def replace(self, channel: Channel, message: Json, **changes: Any) -> None:
        """A message says something else, and the app is told what it said before."""
        before = dict(message)
        message.update(changes)
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": self.ts()}
        self.tell(channel, {**event, "message": dict(message), "previous_message": before})

    def remove(self, channel: Channel, ts: str) -> None:
        before = channel.messages.pop(ts)
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": self.ts()}
        self.tell(channel, {**event, "deleted_ts": ts, "previous_message": before})

    def share(self, channel: Channel, files: list[File], message: Json) -> Json:
        """A message with files; their records list it."""
        bodies = [file.body(self.base) for file in files]
        author = self.people.get(str(message.get("user")))
        if author is not None and author.team != TEAM:  # of files of other workspaces Slack tells no more
            bodies = [
                {"id": file.id, "mode": "file_access", "file_access": "check_file_info"} for file in files
            ]
        shared = self.add(channel, {"subtype": "file_share", **message, "files": bodies})
        for file in files:
            place: Json = {"ts": shared["ts"]}
            file.shares.setdefault(channel.id, []).append(place)
        return shared


def _subscribed(channel: Channel, event: Json) -> str:
    """As what the app must have subscribed to it."""
    return (
        f"message.{'im' if channel.private else 'channels'}" if event["type"] == "message" else event["type"]
    )


def typed(text: str) -> Json:
    """Text as a person's message carries it: escaped, and as rich text."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"text": escaped, "blocks": [{"type": "rich_text", "elements": [section]}] if text else []}
