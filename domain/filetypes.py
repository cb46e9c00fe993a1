"""What a file is, told by its first bytes: what a name or a platform claims is not believed. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from domain.messages import Attachment, AttachmentKind

HEAD = 64 * 1024
"""How many bytes `looks_of` wants."""

UNKNOWN = "application/octet-stream"

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Looks:
    """A checked type, and the size of a picture (0 where unknown). `opus`: Ogg sound that is a voice's."""

    mime: str
    width: int = 0
    height: int = 0
    opus: bool = False


def looks_of(head: bytes) -> Looks:
    """The type of a file that begins with `head`; `application/octet-stream` when nothing here knows it."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return Looks("image/png", _big(head[16:20]), _big(head[20:24]))
    if head.startswith(b"\xff\xd8\xff"):
        return Looks("image/jpeg", *_jpeg_size(head))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Looks("image/gif", _little(head[6:8]), _little(head[8:10]))
    if head.startswith(b"RIFF"):
        return _riff(head)
    if head[4:8] == b"ftyp":
        return Looks(_BRANDS.get(head[8:12].rstrip(b"\0 "), "video/mp4"))
    if head.startswith(b"OggS"):
        return Looks("audio/ogg", opus=b"OpusHead" in head[:512])
    for start, mime in _STARTS:
        if head.startswith(start):
            return Looks(mime)
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # an MPEG audio frame without tags
        return Looks("audio/mpeg")
    return Looks(UNKNOWN)


_BRANDS = {
    b"M4A": "audio/mp4",
    b"M4B": "audio/mp4",
    b"qt": "video/quicktime",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
}

_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)

_SHOWN_AS: dict[AttachmentKind, frozenset[str]] = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}),
    "animation": frozenset({"image/gif", "video/mp4", "video/webm", "video/quicktime"}),
    "video": frozenset({"video/mp4", "video/webm", "video/quicktime"}),
    "video_note": frozenset({"video/mp4"}),
    "audio": frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac"}),
    "voice": frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav"}),
    "sticker": frozenset({"image/webp", "image/png", "image/gif", "video/webm"}),
}
"""What may be behind each kind that is shown and not only saved."""


def checked(file: Attachment, looks: Looks, size: int) -> Attachment:
    """The attachment as its bytes are: of their type and size, and only to be saved when they aren't what its kind shows."""
    fits = file.kind == "document" or looks.mime in _SHOWN_AS[file.kind]
    return replace(
        file,
        kind=file.kind if fits else "document",
        name=clean_name(file.name),
        mime=looks.mime if looks.mime != UNKNOWN else _claimed(file.mime),
        size=size,
        width=looks.width or (file.width if fits else None),
        height=looks.height or (file.height if fits else None),
    )


def _claimed(mime: str) -> str:
    """A claimed type of what isn't known here: believed unless a browser or a chat would show it by that type."""
    shown = mime.startswith(
        ("image/", "video/", "audio/", "text/html", "application/xhtml", "application/pdf")
    )
    return UNKNOWN if shown or not mime.isascii() or not mime.isprintable() else mime


def clean_name(name: str) -> str:
    """A file's name without folders, signs that don't show or turn lines around, and more than 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable() and unicodedata.category(c) not in _UNSEEN)
    kept = kept.strip().lstrip(".").strip()
    if len(kept) > LONGEST_NAME:
        stem, dot, ending = kept.rpartition(".")
        short = dot and len(ending) < 12
        kept = f"{stem[: LONGEST_NAME - 1 - len(ending)]}.{ending}" if short else kept[:LONGEST_NAME]
    return kept


def belies(name: str, mime: str) -> bool:
    """Whether a name claims a kind that the bytes, of that checked type, certainly aren't."""
    claimed = next((families for endings, families in _CLAIMS if name.lower().endswith(endings)), ())
    return bool(claimed) and not mime.startswith(claimed)


_CLAIMS = (
    ((".png", ".jpg", ".jpeg", ".gif", ".webp"), ("image/",)),
    ((".mp4", ".m4v", ".mov", ".webm"), ("video/", "audio/mp4")),
    ((".mp3", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".flac"), ("audio/", "video/")),
    ((".pdf",), ("application/pdf",)),
)
"""Endings of types that are known here, and what such a file then is."""

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _riff(head: bytes) -> Looks:
    if head[8:12] == b"WAVE":
        return Looks("audio/wav")
    if head[8:12] != b"WEBP":
        return Looks(UNKNOWN)
    form = head[12:16]
    if form == b"VP8X":
        return Looks("image/webp", 1 + _little(head[24:27]), 1 + _little(head[27:30]))
    if form == b"VP8L":
        bits = _little(head[21:25])
        return Looks("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return Looks("image/webp", _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF)


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
