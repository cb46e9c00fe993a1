"""Slack's ids: event keys, lanes, references, links. The only place that makes or reads them.

A chat is a channel, a message its `ts` in it, a thread its first message's `ts`. Slack puts several files into one
message; Okno knows one file a message, so such a message becomes an album: the parts after the first are called
`ts#1`, `ts#2`.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import orjson

from domain.events import RawEvent

if TYPE_CHECKING:
    from collections.abc import Collection

PART = "okno_part"
"""Which file of its message an event of ours is about; beside the event in the payload."""

RECEIVED = "okno_received"
"""When a slash command came, in Unix seconds: Slack doesn't say."""

_FILE = "file:"
_TS = re.compile(r"\d{1,12}\.\d{1,6}")
_PERSON = re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")


def is_person(native: str | None) -> bool:
    """Whether it is an id of a person in Slack."""
    return native is not None and _PERSON.fullmatch(native) is not None


def is_private(channel: str) -> bool:
    """Whether the channel is a direct message to the app."""
    return channel.startswith("D")


def is_channel(native: str) -> bool:
    """Whether it can be an id of a channel."""
    return _CHANNEL.fullmatch(native) is not None


def ts_of(ref: str | None) -> str | None:
    """The message that a reference names; None when it names no message (a slash command has none)."""
    ts = (ref or "").partition("#")[0]
    return ts if _TS.fullmatch(ts) else None


def is_part(ref: str) -> bool:
    """Whether the reference names a file after a message's first."""
    return "#" in ref


def file_ref(file: str) -> str:
    """The reference of a message that only its file is known of."""
    return f"{_FILE}{file}"


def file_of(ref: str) -> str | None:
    """The file in a reference that `file_ref` made; None for others."""
    return ref.removeprefix(_FILE).partition("#")[0] if ref.startswith(_FILE) else None


def refs(ts: str, count: int) -> tuple[str, ...]:
    """The references of a message with so many files, at least one."""
    return (ts, *(f"{ts}#{n}" for n in range(1, count)))


def order(ts: str) -> int:
    """Where a `ts` stands in time, in microseconds."""
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int((rest + "000000")[:6])


def oldest(seconds: float) -> str:
    """The `ts` of that moment."""
    return f"{seconds:.6f}"


def raw_events(payload: Any, shared: Collection[str] = ()) -> list[RawEvent]:
    """What Slack sent, as raw events: none when it can't be told from others, one for each file of a new message.

    `shared` are channels shared with customers. Never raises: what else is wrong shows when it is converted.
    """
    try:
        return _raw_events(payload, shared)
    except (TypeError, ValueError, AttributeError):
        return []


def _raw_events(payload: dict[str, Any], shared: Collection[str]) -> list[RawEvent]:
    if payload.get("type") != "event_callback":
        return _interaction(payload, shared)
    event = payload["event"] if isinstance(payload.get("event"), dict) else {}
    if event.get("type") != "message":
        return _other(payload, event)
    channel, ts = event.get("channel"), event.get("ts")
    subtype = event.get("subtype", "")
    about = _about(event)
    if not (isinstance(channel, str) and isinstance(ts, str)):
        return []
    lane = lane_of(channel, about.get("thread_ts") or about.get("ts"), shared)
    if subtype == "message_changed":
        return [_raw(payload, f"{channel}:{about.get('ts')}:{_change(event, about)}", lane, ts)]
    if subtype == "message_deleted":
        return [_raw(payload, f"{channel}:{event.get('deleted_ts')}:deleted", lane, ts)]
    return message_events(payload, channel, event, lane)


def _change(event: dict[str, Any], message: dict[str, Any]) -> str:
    """Which change of a message an event tells of: a person's edit has a moment of its own, Slack's doings don't."""
    edited, before = message.get("edited"), event.get("previous_message")
    if not isinstance(edited, dict) or (isinstance(before, dict) and before.get("edited") == edited):
        return f"changed:{event.get('ts')}"
    return str(edited.get("ts"))


def message_events(
    payload: dict[str, Any], channel: str, message: dict[str, Any], lane: str
) -> list[RawEvent]:
    """A new message's raw events, the same whether it was sent as an event or is read from history."""
    ts = str(message["ts"])
    files = message.get("files")
    count = len(files) if isinstance(files, list) else 0
    if count < 2:
        return [_raw(payload, f"{channel}:{ts}", lane, ts)]
    album = f"{channel}:{ts}"
    parts = [payload, *({**payload, PART: n} for n in range(1, count))]
    keys = refs(album, count)
    return [_raw(part, key, lane, ts, album) for part, key in zip(parts, keys, strict=True)]


def from_history(
    channel: str, message: dict[str, Any], oldest: str, shared: Collection[str] = ()
) -> list[RawEvent]:
    """A message read from a channel's history, as the events that should have told of it; its edit too, if later."""
    event = {**message, "type": "message", "channel": channel}
    found = raw_events({"type": "event_callback", "event": event}, shared)
    edited = message.get("edited")
    if isinstance(edited, dict) and str(edited.get("ts", "")) > oldest:
        stamp = edited["ts"]
        change = {"type": "message", "subtype": "message_changed", "channel": channel, "ts": stamp}
        found += raw_events({"type": "event_callback", "event": {**change, "message": message}}, shared)
    return found


def _about(event: dict[str, Any]) -> dict[str, Any]:
    """The message that an event about a message is about."""
    for key in ("message", "previous_message"):
        if isinstance(event.get(key), dict):
            found: dict[str, Any] = event[key]
            return found
    return event


def lane_of(channel: str, thread: object, shared: Collection[str] = ()) -> str:
    """A direct message is one lane, and so is a channel shared with customers, where lines that follow one another
    belong together; in any other channel every thread is, so that tickets don't wait for each other.
    """
    alone = is_private(channel) or channel in shared
    return channel if alone or not thread else f"{channel}:{thread}"


def _other(payload: dict[str, Any], event: dict[str, Any]) -> list[RawEvent]:
    """A reaction, or the bot's coming and going."""
    item = event.get("item") if isinstance(event.get("item"), dict) else {}
    channel = str((item or event).get("channel", ""))
    ts = str(event.get("event_ts") or payload.get("event_time") or "")
    what = f"{item.get('ts', '') if item else ''}:{event.get('type')}:{event.get('user', '')}:{event.get('reaction', '')}"
    return [_raw(payload, f"{channel}:{what}:{ts}", channel, ts)] if ts else []


def _interaction(payload: dict[str, Any], shared: Collection[str]) -> list[RawEvent]:
    """A press, a shortcut or a slash command. `trigger_id` is each one's own."""
    trigger = payload.get("trigger_id")
    native = channel_of(payload)
    if not trigger or not native:
        return []
    message = payload.get("message") if isinstance(payload.get("message"), dict) else {}
    thread = (message.get("thread_ts") or message.get("ts")) if message else None
    at = str(payload.get("action_ts") or _action_ts(payload))
    if "command" in payload:
        payload = {**payload, RECEIVED: time.time()}
    return [
        _raw(payload, f"trigger:{trigger}", lane_of(native, thread, shared), at if ts_of(at) else _UNKNOWN)
    ]


def channel_of(payload: dict[str, Any]) -> str:
    """Where a press, a shortcut or a slash command happened; on somebody's Home tab, their direct message."""
    channel, view = payload.get("channel"), payload.get("view")
    if isinstance(channel, dict):
        return str(channel.get("id") or "")
    if isinstance(view, dict):
        return str(view.get("private_metadata") or "")
    return str(payload.get("channel_id") or "")


def _action_ts(payload: dict[str, Any]) -> str:
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return str(first.get("action_ts", "")) if isinstance(first, dict) else ""


def _raw(payload: dict[str, Any], key: str, lane: str, ts: str, album: str = "") -> RawEvent:
    slim = {name: value for name, value in payload.items() if name not in _NEEDLESS}
    return RawEvent(key, lane, order(ts), orjson.dumps(slim).decode(), album, slim)


_UNKNOWN = "0.0"
"""The moment of what says none: it goes first in its lane."""

_NEEDLESS = ("token", "authorizations", "authed_users", "response_url", "enterprise")
"""What is not kept: Slack's old verification token is a secret, a response_url works like one."""


def press(channel: str, person: str, thread: str | None) -> str:
    """What answering a press needs."""
    return orjson.dumps([channel, person, thread]).decode()


def read_press(stored: str) -> tuple[str, str, str | None]:
    """Channel, person and thread of a press."""
    channel, person, thread = orjson.loads(stored)
    return channel, person, thread


def link(base: str, channel: str, thread: str | None, message: str | None) -> str | None:
    """An address that opens a message, in its thread if it is in one; None when nothing is to be opened."""
    ts = ts_of(message) or ts_of(thread)
    if not base or ts is None:
        return None
    address = f"{base.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    root = ts_of(thread)
    return f"{address}?thread_ts={root}&cid={channel}" if root and root != ts else address
