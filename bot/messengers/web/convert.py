"""What people did on the pages, as raw events, and raw events as Okno's events. Both directions are pure.

A raw event's payload holds everything: `convert` reads nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from bot.messengers.web import ids
from domain.events import (
    AnswerHere,
    ChatSeen,
    Deleted,
    Edited,
    Event,
    Ignored,
    Introduced,
    Joined,
    PersonSeen,
    Pressed,
    RawEvent,
    Reacted,
    SeenUpTo,
    Wrote,
)
from domain.messages import Content, dump_content, load_content

if TYPE_CHECKING:
    from bot.messengers.web.store import Message, MessageEvent, Person, PressEvent, SeenEvent

PAYLOAD_VERSION = 1


def wrote(
    person: Person, reply_to: int | None, title: str, context: dict[str, str] | None = None
) -> MessageEvent:
    """Events of messages that the person wrote in the chat called `title`; `context` is what their page says."""

    def event(message: Message, _now: int) -> RawEvent:
        payload = _payload("wrote", message, person, title, message.sent_at)
        payload["content"] = orjson.loads(dump_content(message.content))
        if context:
            payload["person"]["context"] = context
        if reply_to is not None and message.quote is not None:
            payload["reply_to"] = str(message.quote.id)
        return _raw(message, payload, album=message.album)

    return event


def edited(person: Person, title: str) -> MessageEvent:
    """Events of messages that the person changed."""

    def event(message: Message, now: int) -> RawEvent:
        payload = _payload("edited", message, person, title, now)
        payload["content"] = orjson.loads(dump_content(message.content))
        return _raw(message, payload)

    return event


def deleted(person: Person, title: str) -> MessageEvent:
    """Events of messages that the person deleted."""
    return lambda message, now: _raw(message, _payload("deleted", message, person, title, now))


def reacted(person: Person, emoji: str | None, title: str) -> MessageEvent:
    """Events of messages that the person reacted to."""
    return lambda message, now: _raw(
        message, {**_payload("reacted", message, person, title, now), "emoji": emoji}
    )


def seen_up_to(person: Person, title: str) -> SeenEvent:
    """Events of messages up to which the person's screen showed everything."""

    def event(message: Message, now: int, position: int) -> RawEvent:
        payload = _payload("seen", message, person, title, now)
        lane = ids.lane(message.chat, message.thread)
        key = f"seen:{message.chat}:{message.id}"
        return RawEvent(key, lane, position, orjson.dumps(payload).decode(), parsed=payload)

    return event


def pressed(person: Person, key: str, data: str, title: str) -> PressEvent:
    """Events of buttons that the person pressed; `key` is their browser's own, good for the answer."""

    def event(message: Message, now: int, position: int) -> RawEvent:
        payload = _payload("pressed", message, person, title, now)
        payload |= {"data": data, "press": ids.press(person.native, key)}
        lane = ids.lane(message.chat, message.thread)
        return RawEvent(
            f"press:{person.native}:{key}", lane, position, orjson.dumps(payload).decode(), parsed=payload
        )

    return event


def introduced(person: Person, chat: str, position: int, now: int) -> RawEvent:
    """The event of a customer whose product has said who they are, in their chat or one that was joined into it."""
    return _of_person("introduced" if chat == person.native else "joined", person, chat, position, now)


def answer_here(person: Person, chat: str, position: int, now: int) -> RawEvent:
    """The event of a customer who wants to be answered in this chat again."""
    return _of_person("answer_here", person, chat, position, now)


def _of_person(what: str, person: Person, chat: str, position: int, now: int) -> RawEvent:
    payload = {
        "v": PAYLOAD_VERSION,
        "what": what,
        "chat": {"native": chat, "kind": "private", "title": person.name},
        "person": _person(person),
        "at": now,
    }
    dumped = orjson.dumps(payload)
    key = f"{what}:{chat}:{hashlib.sha256(dumped).hexdigest()[:16]}"
    return RawEvent(key, ids.lane(chat, 0), position, dumped.decode(), parsed=payload)


def seen(person: Person) -> tuple[ChatSeen, PersonSeen]:
    """A customer and their chat, in Okno's words."""
    return ChatSeen(person.native, "private", person.name), PersonSeen(**_person(person))


def convert(payload: Any) -> Event:
    """The event in Okno's words. Raises KeyError or ValueError on what this module did not make."""
    reader = _READERS.get(payload["what"])
    if reader is None:
        return Ignored(f"unknown kind {payload['what']!r}")
    return reader(payload)


def _payload(what: str, message: Message, person: Person, title: str, at: int) -> dict[str, Any]:
    private = ids.is_private(message.chat)
    payload: dict[str, Any] = {
        "v": PAYLOAD_VERSION,
        "what": what,
        "chat": {"native": message.chat, "kind": "private" if private else "group", "title": title},
        "person": _person(person),
        "ref": str(message.id),
        "at": at,
    }
    if not private:
        payload["chat"]["threaded"] = True
    if message.thread:
        payload["thread"] = str(message.thread)
    if message.album:
        payload["album"] = message.album
    return payload


def _person(person: Person) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "native": person.native,
        "name": person.name,
        "locale": person.locale,
        "timezone": person.timezone,
        "is_admin": person.admin,
    }
    if person.tier:
        shown["tier"] = person.tier
    if person.details:
        shown["details"] = person.details
    return shown


def _raw(message: Message, payload: dict[str, Any], *, album: str = "") -> RawEvent:
    return RawEvent(
        key=ids.change_key(message.chat, message.seq),
        lane=ids.lane(message.chat, message.thread),
        position=message.seq,
        payload=orjson.dumps(payload).decode(),
        album=album,
        parsed=payload,
    )


def _where(payload: Any) -> dict[str, Any]:
    return {
        "chat": ChatSeen(**payload["chat"]),
        "at": datetime.fromtimestamp(payload["at"] / 1000, UTC),
        "thread": payload.get("thread"),
    }


def _who(payload: Any) -> PersonSeen:
    return PersonSeen(**payload["person"])


def _content(payload: Any) -> Content:
    # the messenger shares stored files between its chats: nothing is fetched to copy a message
    return replace(load_content(orjson.dumps(payload["content"]).decode()), copyable=True)


def _read_wrote(payload: Any) -> Event:
    return Wrote(
        author=_who(payload),
        ref=payload["ref"],
        content=_content(payload),
        reply_to=payload.get("reply_to"),
        album=payload.get("album"),
        **_where(payload),
    )


def _read_edited(payload: Any) -> Event:
    return Edited(author=_who(payload), ref=payload["ref"], content=_content(payload), **_where(payload))


def _read_deleted(payload: Any) -> Event:
    return Deleted(refs=(payload["ref"],), **_where(payload))


def _read_reacted(payload: Any) -> Event:
    return Reacted(author=_who(payload), ref=payload["ref"], emoji=payload["emoji"], **_where(payload))


def _read_seen(payload: Any) -> Event:
    return SeenUpTo(ref=payload["ref"], **_where(payload))


def _read_pressed(payload: Any) -> Event:
    return Pressed(
        author=_who(payload),
        ref=payload["ref"],
        data=payload["data"],
        press=payload["press"],
        **_where(payload),
    )


def _read_introduced(payload: Any) -> Event:
    where = _where(payload)
    return Introduced(chat=where["chat"], author=_who(payload), at=where["at"])


def _read_joined(payload: Any) -> Event:
    where, author = _where(payload), _who(payload)
    return Joined(where["chat"], ChatSeen(author.native, "private", author.name), author, where["at"])


def _read_answer_here(payload: Any) -> Event:
    where = _where(payload)
    return AnswerHere(where["chat"], _who(payload), where["at"])


_READERS = {
    "joined": _read_joined,
    "answer_here": _read_answer_here,
    "introduced": _read_introduced,
    "wrote": _read_wrote,
    "edited": _read_edited,
    "deleted": _read_deleted,
    "reacted": _read_reacted,
    "seen": _read_seen,
    "pressed": _read_pressed,
}
