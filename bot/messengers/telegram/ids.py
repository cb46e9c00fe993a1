"""Telegram's ids: event keys, lanes, references, links. The only place that makes or reads them.

A lane is a chat, or a topic of a forum, so that the tickets of one desk don't wait for each other's albums.
Edits, presses and service messages stand in the lane of their topic. Reactions carry no topic and stand in the
lane of the chat: one may overtake the message it is for only where that message still waits, and people react to
what they see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from domain.events import RawEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

_MESSAGES = ("message", "edited_message")
_SUPERGROUP = "-100"
_MOVED = "okno_moved"
_FARTHEST = 2**63 - 1
"""The last number that a journal can hold; Telegram's own are far below."""


def raw_event(update: Any) -> RawEvent | None:
    """The update as a raw event; None when it has no proper update_id, and so can't be told from others.

    Never raises: what else is wrong with it shows when it is converted.
    """
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or abs(number) > _FARTHEST:
        return None
    kind, body = _subject(update)
    message = body.get("message") if kind == "callback_query" else body
    message = message if isinstance(message, dict) else {}
    return RawEvent(
        key=f"{number}:{_identity(body, message)}",
        lane=_lane(message),
        position=number,
        payload=orjson.dumps(update).decode(),
        album=str(body.get("media_group_id") or "") if kind == "message" else "",
        parsed=update,
        moved=_moved(body) if kind == "message" else None,
    )


def _identity(body: dict[str, Any], message: dict[str, Any]) -> str:
    """What tells an update from another of the same number: a server that begins anew counts from anywhere."""
    at = body.get("edit_date") or body.get("date") or body.get("id")
    return f"{message.get('message_id', '')}:{at or ''}"


def raw_events(updates: Iterable[Any]) -> list[RawEvent]:
    """Those of the updates that can be kept."""
    return [event for event in map(raw_event, updates) if event is not None]


def beyond(events: Iterable[RawEvent], offset: int | None) -> int | None:
    """The offset that confirms these events; what it was when there are none."""
    numbers = [event.position for event in events]
    return max(numbers) + 1 if numbers else offset


def moved_event(old: str, new: str, position: int) -> RawEvent:
    """An event of the messenger's own: it learned from a refused request that a chat has another id."""
    payload = orjson.dumps({"update_id": 0, _MOVED: [old, new]}).decode()
    return RawEvent(f"moved:{old}", old, position, payload, moved=(old, new))


def is_moved_event(update: dict[str, Any]) -> bool:
    """Whether the payload is one that `moved_event` made."""
    return _MOVED in update


def _subject(update: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The update's kind and what it is about."""
    for kind, body in update.items():
        if kind != "update_id" and isinstance(body, dict):
            return kind, body
    return "", {}


def _lane(body: dict[str, Any]) -> str:
    chat = body.get("chat")
    if not isinstance(chat, dict):
        return ""
    topic = thread(body)
    return f"{chat.get('id')}" if topic is None else f"{chat.get('id')}:{topic}"


def thread(message: dict[str, Any]) -> str | None:
    """The topic a message is in. Groups without topics number their reply threads too; those are none."""
    number = message.get("message_thread_id")
    if number is None or not message.get("is_topic_message"):
        return None
    chat = message.get("chat")
    private = isinstance(chat, dict) and chat.get("type") == "private"
    return None if private else str(number)


def _moved(message: dict[str, Any]) -> tuple[str, str] | None:
    chat = message.get("chat")
    here = str(chat.get("id")) if isinstance(chat, dict) else ""
    if new := message.get("migrate_to_chat_id"):
        return here, str(new)
    if old := message.get("migrate_from_chat_id"):
        return str(old), here
    return None


def is_topic_root(reply: dict[str, Any], topic: str | None) -> bool:
    """Whether what a message seems to answer is only its topic's first message."""
    return topic is not None and (str(reply.get("message_id")) == topic or "forum_topic_created" in reply)


def anonymous(chat: str, signature: str) -> str:
    """The id of somebody who writes in the name of a chat."""
    return f"{chat}:{signature}" if signature else chat


def file_ref(file_id: str, unique: str) -> str:
    """A file's reference: the id that fetches it, and the one by which the same file is known again."""
    return f"{file_id} {unique}"


def file_id(ref: str) -> str:
    """The id that fetches a file."""
    return ref.partition(" ")[0]


def same_file(ref: str, unique: str) -> bool:
    """Whether the reference is of the file with that unique id."""
    return ref.partition(" ")[2] == unique


def same(one: str, other: str) -> bool:
    """Whether two references are of the same file: the ids that fetch it may differ."""
    return one.partition(" ")[2] == other.partition(" ")[2]


def message_id(ref: str) -> int:
    """A message's number in its chat."""
    return int(ref)


def refs_of(result: Any) -> tuple[str, ...]:
    """The references of what a sending method returned: a message, a message id, or several."""
    sent = result if isinstance(result, list) else [result]
    return tuple(str(message["message_id"]) for message in sent)


def account_of(token: str) -> str:
    """The bot's own id, which its token begins with."""
    return token.partition(":")[0]


def link(chat: str, topic: str | None, message: str | None) -> str | None:
    """An address that opens a supergroup at a topic or message; other chats have none."""
    if not chat.startswith(_SUPERGROUP) or not (topic or message):
        return None
    parts = [part for part in (topic, message) if part]
    return f"https://t.me/c/{chat.removeprefix(_SUPERGROUP)}/{'/'.join(parts)}"
