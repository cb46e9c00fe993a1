"""What people send, and what a message looks like to whoever reads it, in words of no messenger."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field, replace
from typing import Any

from domain.richtext import RichText, Span, plain

_numbers = itertools.count(1)

_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQ"
    "CgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)
_STARTS = {
    "photo": _JPEG,
    "sticker": b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00",
    "animation": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    "video": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    "video_note": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    "voice": b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead",
    "audio": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "document": b"%PDF-1.4\n",
}
_NAMES = {
    "photo": ("shot.jpg", "image/jpeg"),
    "sticker": ("sticker.webp", "image/webp"),
    "animation": ("moving.mp4", "video/mp4"),
    "video": ("clip.mp4", "video/mp4"),
    "video_note": ("round.mp4", "video/mp4"),
    "voice": ("voice.ogg", "audio/ogg"),
    "audio": ("song.mp3", "audio/mpeg"),
    "document": ("report.pdf", "application/pdf"),
}


@dataclass(frozen=True)
class File:
    """A file of a kind; `content` begins as such files do and is like no other file's."""

    kind: str
    name: str
    mime: str
    content: bytes


def file(kind: str, size: int = 0) -> File:
    """A new file, of about so many bytes."""
    name, mime = _NAMES[kind]
    content = _STARTS[kind] + f"#{next(_numbers):06}#".encode()
    return File(kind, name, mime, content + b"." * max(size - len(content), 0))


@dataclass(frozen=True)
class Thing:
    """Something to send: a text, files with a caption, or what Telegram's own `body` says.

    `says`: what must be read where the kind itself can't be shown. `forwarded`: whose words it was;
    `protected`: its chat lets nobody pass it on.
    """

    kind: str = "text"
    text: RichText = field(default_factory=RichText)
    files: tuple[File, ...] = ()
    body: dict[str, Any] = field(default_factory=dict, hash=False)
    says: tuple[str, ...] = ()
    forwarded: str = ""
    protected: bool = False

    def saying(self, text: RichText | str) -> Thing:
        """The same with other words."""
        return replace(self, text=plain(text) if isinstance(text, str) else text)


def words(text: str, *spans: tuple[Any, str] | tuple[Any, str, str]) -> RichText:
    """Text with spans, each given by the words it covers; a number makes it like no other text."""
    whole = f"{text} №{next(_numbers)}"
    return RichText(whole, tuple(_span(whole, *s) for s in spans))


def _span(text: str, kind: Any, covered: str, value: str | None = None) -> Span:
    return Span(kind, text.index(covered), len(covered), value)


def media(kind: str, caption: str = "") -> Thing:
    """One file of a kind."""
    return Thing(kind, words(caption) if caption else RichText(), (file(kind),))


@dataclass
class Seen:
    """A message as somebody in the conversation sees it.

    `mine`: this side's own people wrote it. `reactions`: what the other side's people show on it through the bot.
    `mark`: how far the program says that it got.
    """

    ref: str
    kind: str
    text: RichText
    mine: bool = False
    files: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    album: str = ""
    reply_to: str = ""
    quote: str = ""
    reactions: tuple[str, ...] = ()
    mark: str = ""
    body: dict[str, Any] = field(default_factory=dict)


class Lacks(Exception):
    """People can't do this in that messenger; `link` is where its documentation says so."""

    def __init__(self, reason: str, link: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.link = link


def same_words(shown: RichText, wanted: RichText) -> bool:
    """Whether text and formatting are the same, however the formatting is cut into stretches."""
    return shown.text == wanted.text and stretches(shown) == stretches(wanted)


def stretches(text: RichText) -> set[tuple[str, str | None, int]]:
    """Every character that is formatted, with how."""
    return {
        (s.kind, s.value or None, at)
        for s in text.spans
        for at in range(s.start, s.end)
        if not text.text[at].isspace()
    }
