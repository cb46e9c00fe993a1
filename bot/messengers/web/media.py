"""What a file is, told by its first bytes: what a browser claims is not believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AttachmentKind = Literal["photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker"]

HEAD = 64 * 1024
"""How many bytes `sniff` wants."""

INLINE = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/webm",
        "audio/mpeg",
        "audio/ogg",
        "audio/mp4",
        "audio/wav",
        "audio/flac",
        "application/pdf",
    }
)
"""Types that a browser may show by itself; everything else is only ever saved."""

UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A checked type, and the size of a picture (0 where unknown)."""

    mime: str
    width: int = 0
    height: int = 0


def sniff(head: bytes) -> Sniffed:
    """The type of a file that begins with `head`; `application/octet-stream` when it is none of INLINE."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return Sniffed("image/png", _big(head[16:20]), _big(head[20:24]))
    if head.startswith(b"\xff\xd8\xff"):
        return Sniffed("image/jpeg", *_jpeg_size(head))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Sniffed("image/gif", _little(head[6:8]), _little(head[8:10]))
    if head.startswith(b"RIFF"):
        return _riff(head)
    if head[4:8] == b"ftyp":
        return Sniffed("audio/mp4" if head[8:11] in (b"M4A", b"M4B") else "video/mp4")
    for start, mime in _STARTS:
        if head.startswith(start):
            return Sniffed(mime)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # an MPEG audio frame without tags
        return Sniffed("audio/mpeg")
    return Sniffed(UNKNOWN)


_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)


def kind_of(mime: str) -> AttachmentKind:
    """How a file of a checked type is shown in a chat."""
    if mime == "image/gif":
        return "animation"
    family = mime.split("/", 1)[0]
    if mime in INLINE and family in ("image", "audio", "video"):
        return "photo" if family == "image" else "audio" if family == "audio" else "video"
    return "document"


def clean_name(name: str) -> str:
    """A file's name without folders, control characters and more than 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip()
    if len(kept) > 120:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[: 119 - len(ending)]}.{ending}" if dot and len(ending) < 12 else kept[:120]
    return kept


def _riff(head: bytes) -> Sniffed:
    if head[8:12] == b"WAVE":
        return Sniffed("audio/wav")
    if head[8:12] != b"WEBP":
        return Sniffed(UNKNOWN)
    form = head[12:16]
    if form == b"VP8X":
        return Sniffed("image/webp", 1 + _little(head[24:27]), 1 + _little(head[27:30]))
    if form == b"VP8L":
        bits = _little(head[21:25])
        return Sniffed("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return Sniffed("image/webp", _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF)


def _jpeg_size(head: bytes) -> tuple[int, int]:
    """Width and height from the frame header; (0, 0) when it is not within `head`."""
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _big(head[at + 7 : at + 9]), _big(head[at + 5 : at + 7])
        at += 2 + _big(head[at + 2 : at + 4])
    return 0, 0


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
