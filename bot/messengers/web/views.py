"""What browsers are told, as plain data for JSON. All of it is text; pages never take any of it for markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quote

import orjson

from bot.messengers.web import ids

if TYPE_CHECKING:
    from bot.messengers.web.store import Change, Message, Person, Quote, Thread
    from domain.messages import Attachment, Content

SNIPPET = 160


def message(found: Message) -> dict[str, Any]:
    """A message; fields that are empty are left out."""
    shown: dict[str, Any] = {
        "id": str(found.id),
        "seq": found.seq,
        "at": found.sent_at,
        "role": found.role,
        "thread": str(found.thread) if found.thread else "",
        "by": found.person or "",
    }
    if found.deleted:
        return shown | {"deleted": True}
    shown |= _content(found.content)
    if found.buttons:
        shown["buttons"] = [[{"label": b.label, "data": b.data} for b in row] for row in found.buttons]
    if found.quote is not None:
        shown["reply"] = _quote(found.quote)
        if found.content.quote:
            shown["reply"]["quote"] = found.content.quote[:SNIPPET]
    if found.reactions:
        shown["reactions"] = [{"by": who, "emoji": emoji} for who, emoji in found.reactions.items()]
    optional = {
        "key": ids.own_key(found.key),
        "author": found.author,
        "album": found.album,
        "mark": found.mark,
        "edited": found.edited,
    }
    return shown | {name: value for name, value in optional.items() if value}


def thread(found: Thread) -> dict[str, Any]:
    """A thread as the list shows it."""
    last = found.last
    return {
        "id": str(found.id),
        "seq": found.seq,
        "title": found.title,
        "closed": found.closed,
        "waiting": found.waiting,
        "at": found.last_at,
        "unread": found.unread,
        "last": None
        if last is None
        else {"by": last.person or "", "author": last.author, "role": last.role, **_snippet(last.content)},
    }


def change(found: Change) -> str:
    """The frame that tells browsers of a change; the same for everybody who may see the chat."""
    frame: dict[str, Any] = {"t": "change", "chat": found.chat, "seq": found.seq}
    if found.message is not None:
        frame["message"] = message(found.message)
    if found.thread is not None:
        shown = thread(found.thread)
        del shown["unread"]  # everybody's own
        frame["thread"] = shown
    return orjson.dumps(frame).decode()


def person(found: Person) -> dict[str, Any]:
    """Whoever is signed in."""
    return {"id": found.native, "name": found.name, "admin": found.admin}


def _quote(found: Quote) -> dict[str, Any]:
    head = {"id": str(found.id), "by": found.person or "", "author": found.author, "role": found.role}
    return head | {"deleted": True} if found.content is None else head | _snippet(found.content)


def _content(content: Content) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": content.kind, "text": content.text.text}
    if content.text.spans:
        shown["spans"] = [[s.kind, s.start, s.length, s.value] for s in content.text.spans]
    if content.files:
        shown["files"] = [_file(f) for f in content.files]
    if content.location is not None:
        spot = content.location
        shown["location"] = [spot.latitude, spot.longitude, spot.title, spot.address]
    if content.contact is not None:
        shown["contact"] = [content.contact.name, content.contact.phone]
    words = {"label": content.label, "forwarded": content.forwarded_from}
    return shown | {name: value for name, value in words.items() if value}


def _snippet(content: Content) -> dict[str, Any]:
    """The first words, and what stands in for them where there are none."""
    text = " ".join(content.text.text[: SNIPPET * 2].split())[:SNIPPET]
    return {"kind": content.kind, "text": text or content.label[:SNIPPET]}


def _file(found: Attachment) -> dict[str, Any]:
    shown = {
        "kind": found.kind,
        "url": f"/web/files/{found.ref}/{url_quote(found.name or 'file', safe='')}",
        "token": found.ref,
        "name": found.name,
        "mime": found.mime,
        "size": found.size,
        "width": found.width,
        "height": found.height,
        "duration": found.duration,
        "spoiler": found.spoiler,
    }
    return {name: value for name, value in shown.items() if value}
