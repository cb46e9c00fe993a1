"""Beginnings of files of each type, as long as one likes."""

from __future__ import annotations

import zlib


def png(width: int = 640, height: int = 480, *, size: int = 0) -> bytes:
    """A picture; of one colour, so that even a huge one is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress((b"\0" + b"\0" * ((width + 7) // 8)) * min(height, 2000))
    made = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return made.ljust(size, b"\0")


SAMPLES = {
    "photo": png(),
    "jpeg": b"\xff\xd8\xff\xc0\0\x11\x08\x01\xe0\x02\x80" + b"\0" * 400,
    "animation": b"GIF89a" + bytes([4, 0, 2, 0]) + b"\0" * 400,
    "video": b"\0\0\0\x18ftypmp42" + b"\0" * 400,
    "video_note": b"\0\0\0\x18ftypisom" + b"\0" * 400,
    "audio": b"ID3\x03" + b"\0" * 400,
    "voice": b"OggS" + b"\0" * 24 + b"OpusHead" + b"\0" * 400,
    "sticker": b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + bytes([7, 2, 0, 7, 2, 0]) + b"\0" * 400,
    "document": b"what the file says" * 30,
    "pdf": b"%PDF-1.7\n" + b"\0" * 400,
    "html": b"<html><script>alert(1)</script>",
    "exe": b"MZ\x90\0" + b"\0" * 400,
    "zip": b"PK\x03\x04" + b"\0" * 400,
    "mov": b"\0\0\0\x14ftypqt  " + b"\0" * 400,
    "heic": b"\0\0\0\x18ftypheic" + b"\0" * 400,
}
"""A sample of every kind of attachment, and some that pretend to be one."""
