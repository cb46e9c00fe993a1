"""What people send: content in a form that every messenger can read and write.

Ids of platforms are opaque strings here; only a messenger's own `ids.py` makes and parses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from domain.richtext import RichText, Span

Kind = Literal[
    "text",
    "photo",
    "document",
    "animation",
    "audio",
    "voice",
    "video",
    "video_note",
    "sticker",
    "location",
    "venue",
    "contact",
    "poll",
    "dice",
    "checklist",
    "story",
    "told",
    "paid",
    "other",
]
"""Of `told` the `label` says everything in words (a gift, say); of `paid` and `other` only what it was."""

AttachmentKind = Literal["photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker"]

CONTENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message. `ref` is the source messenger's own reference, good for fetching its bytes.

    `size` is in bytes, `duration` in seconds; None where the platform doesn't say.
    """

    kind: AttachmentKind
    ref: str
    name: str = ""
    mime: str = ""
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    """A point, optionally a named venue; degrees. `live`: it moves on for so many seconds after it was sent."""

    latitude: float
    longitude: float
    title: str = ""
    address: str = ""
    live: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """A shared contact."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one message says.

    `text` is the text or the caption. `label` describes in words what can't be carried as it is (a poll with
    its options, a dice with its value); it stands in where the other side has no such kind. `forwarded_from`
    names the source of a forward. `copyable` tells that the messenger it came from can copy it natively. `quote`: the
    part of the answered message that is meant, or words of a message elsewhere that it answers.
    """

    kind: Kind = "text"
    text: RichText = field(default_factory=RichText)
    files: tuple[Attachment, ...] = ()
    location: Location | None = None
    contact: Contact | None = None
    label: str = ""
    forwarded_from: str = ""
    copyable: bool = False
    quote: str = ""


def with_files(contents: Sequence[Content], files: Sequence[Attachment]) -> tuple[Content, ...]:
    """The contents with these files in place of theirs, in order; a content is of the kind of its first file."""
    left = iter(files)
    changed = []
    for content in contents:
        own = tuple(next(left) for _ in content.files)
        changed.append(replace(content, kind=own[0].kind, files=own) if own else content)
    return tuple(changed)


def dump_content(content: Content) -> str:
    """The content as JSON text for storage; empty fields are left out."""
    data: dict[str, Any] = {"v": CONTENT_VERSION}
    if content.kind != "text":
        data["kind"] = content.kind
    if content.text.text:
        data["text"] = content.text.text
    if content.text.spans:
        data["spans"] = [[s.kind, s.start, s.length, s.value] for s in content.text.spans]
    if content.files:
        data["files"] = list(content.files)
    for name in ("location", "contact", "label", "forwarded_from", "copyable", "quote"):
        if value := getattr(content, name):
            data[name] = value
    return orjson.dumps(data).decode()


def load_content(stored: str) -> Content:
    """The content that `dump_content` stored."""
    data = orjson.loads(stored)
    return Content(
        kind=data.get("kind", "text"),
        text=RichText(data.get("text", ""), tuple(Span(*s) for s in data.get("spans", ()))),
        files=tuple(Attachment(**f) for f in data.get("files", ())),
        location=Location(**data["location"]) if "location" in data else None,
        contact=Contact(**data["contact"]) if "contact" in data else None,
        label=data.get("label", ""),
        forwarded_from=data.get("forwarded_from", ""),
        copyable=data.get("copyable", False),
        quote=data.get("quote", ""),
    )


def files_in(stored: str) -> set[str]:
    """References of the files in a stored content."""
    return {file.ref for file in load_content(stored).files} if '"files"' in stored else set()
