"""Previews of pictures: decoded and encoded anew, so that nothing a stranger sent is what browsers show in a chat.

What can't be decoded within these bounds is no picture here but a file to be saved. Decoding runs in threads.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from PIL.Image import Image

    from domain.filetypes import Looks

MIME = "image/webp"
SIDE = 1280
"""The longer side of a preview, in pixels: a chat shows pictures at a quarter of that, sharp on dense screens too."""

MOST_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 30_000_000
"""What is decoded whole takes four bytes a pixel."""

MOST_PIXELS_SHRINKING = 120_000_000
"""A JPEG that is not progressive is decoded at a fraction of its size: no phone's photo is too large."""

MOST_FRAMES, MOST_PIXELS_MOVING = 200, 40_000_000
"""A longer animation is shown by its first frame; it moves when it is opened."""

QUALITY = 84
AT_ONCE = 2
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture encoded anew, and the size its original is shown at."""

    data: bytes
    width: int
    height: int


class Previews:
    """Makes previews, a few at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def make(self, mime: str, read: Callable[[], Awaitable[bytes]]) -> Preview | None:
        """The preview of a picture whose bytes `read` gives; None when they are no picture that can be shown."""
        async with self._turns:
            data = await read()
            return await asyncio.to_thread(preview, mime, data)


def has_preview(looks: Looks, size: int) -> bool:
    """Whether a file that looks so is taken for a picture at all; asked before any decoder sees it."""
    most = MOST_PIXELS_SHRINKING if looks.mime == "image/jpeg" else MOST_PIXELS
    return looks.mime in _FORMATS and size <= MOST_BYTES and looks.width * looks.height <= most


def preview(mime: str, data: bytes) -> Preview | None:
    """The preview of a picture's bytes; None for what is broken, too large, or not what it says."""
    from PIL import Image, ImageOps  # imported when a picture comes: most starts need none of it

    Image.MAX_IMAGE_PIXELS = None  # it only warns; `_bearable` refuses, before anything is decoded
    try:
        with Image.open(BytesIO(data), formats=[_FORMATS[mime]]) as opened:
            if not _bearable(opened):
                return None
            if _moves(opened):
                return _moving(opened)
            opened.draft("RGB", (SIDE, SIDE))
            shown = opened.size
            upright = ImageOps.exif_transpose(opened)
            turned = upright.size != shown and upright.size == (shown[1], shown[0])
            return _still(upright, _original_size(data, turned=turned))
    except Exception:  # noqa: BLE001 - decoders of strangers' bytes raise whatever they like
        return None


def _bearable(opened: Image) -> bool:
    width, height = opened.size
    shrinks = opened.format == "JPEG" and not opened.info.get("progressive")
    return 0 < width * height <= (MOST_PIXELS_SHRINKING if shrinks else MOST_PIXELS)


def _moves(opened: Image) -> bool:
    frames = getattr(opened, "n_frames", 1)
    return 1 < frames <= MOST_FRAMES and opened.width * opened.height * frames <= MOST_PIXELS_MOVING


def _original_size(data: bytes, *, turned: bool) -> tuple[int, int]:
    from PIL import Image

    with Image.open(
        BytesIO(data)
    ) as opened:  # reads the head alone; `draft` has changed the other one's size
        width, height = opened.size
    return (height, width) if turned else (width, height)


def _still(image: Image, size: tuple[int, int]) -> Preview:
    plain = image.convert("RGBA" if _transparent(image) else "RGB")
    plain.thumbnail((SIDE, SIDE))
    into = BytesIO()
    plain.save(into, "WEBP", quality=QUALITY, method=4)
    return Preview(into.getvalue(), *size)


def _transparent(image: Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _moving(opened: Image) -> Preview:
    from PIL import ImageSequence

    size = opened.size
    durations, frames = [], []
    for frame in ImageSequence.Iterator(opened):
        durations.append(int(frame.info.get("duration") or 100))
        shown = frame.convert("RGBA")
        shown.thumbnail((SIDE // 2, SIDE // 2))
        frames.append(shown)
    into = BytesIO()
    frames[0].save(
        into,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        quality=QUALITY,
        method=2,
    )
    return Preview(into.getvalue(), *size)
