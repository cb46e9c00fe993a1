"""Pictures for tests, drawn when asked for."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image


def drawn(width: int, height: int, kind: str = "PNG", **how: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    into = BytesIO()
    image.save(into, kind, **how)
    return into.getvalue()


def moving(width: int, height: int, frames: int) -> bytes:
    """An animation."""
    shown = [Image.new("RGB", (width, height), (n * 7 % 256, 0, 0)) for n in range(frames)]
    into = BytesIO()
    shown[0].save(into, "GIF", save_all=True, append_images=shown[1:], duration=50, loop=0)
    return into.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
