"""Files of other messengers on their way to Telegram: from the disk they lie on, never held as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.messengers.telegram.library import types

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.messengers.contract import Carried
    from domain.messages import Attachment, AttachmentKind

MEGABYTE = 1024 * 1024

MAX_UPLOAD = 50 * MEGABYTE
MAX_DOWNLOAD = 20 * MEGABYTE
MAX_UPLOAD_LOCAL = 2000 * MEGABYTE
"""What a Bot API server of one's own takes with --local: https://core.telegram.org/bots/api#using-a-local-bot-api-server"""

MAX_PHOTO = 10 * MEGABYTE
"""Above it a photo is sent as a document: https://core.telegram.org/bots/api#sendphoto"""

MAX_SIDES = 10_000
"""Width and height of a photo together."""

MAX_RATIO = 20
"""How many times longer than the other one side of a photo may be."""

_TAKEN: dict[AttachmentKind, frozenset[str]] = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "animation": frozenset({"image/gif", "video/mp4"}),
    "video": frozenset({"video/mp4"}),
    "video_note": frozenset({"video/mp4"}),
    "audio": frozenset({"audio/mpeg", "audio/mp4"}),
    "voice": frozenset({"audio/mpeg", "audio/mp4", "audio/ogg"}),
    "sticker": frozenset({"image/webp", "video/webm"}),
}
"""What Telegram shows as each kind; anything else may only be sent as a document."""

_NAMES = {
    "photo": "photo.jpg",
    "animation": "animation.mp4",
    "audio": "audio.mp3",
    "voice": "voice.ogg",
    "video": "video.mp4",
    "video_note": "video.mp4",
    "sticker": "sticker.webp",
}

MAX_NAME = 120


class SpooledFile(types.InputFile):
    """A file on disk, as aiogram's methods take one."""

    def __init__(self, carried: Carried) -> None:
        super().__init__(filename=_clean(carried.file.name) or _NAMES.get(carried.file.kind, "file"))
        self._carried = carried

    def open(self) -> BinaryIO:
        """The bytes from their start."""
        return self._carried.open()

    async def read(self, bot: Any) -> AsyncGenerator[bytes, None]:  # noqa: ARG002 (aiogram's signature)
        """The bytes as a stream."""
        async for chunk in self._carried.chunks():
            yield chunk


def shown_by_telegram(file: Attachment) -> Attachment:
    """The attachment as a kind that Telegram can show it as."""
    if file.kind == "document" or (file.mime in _TAKEN[file.kind] and not _oversized(file)):
        return file
    if file.kind == "photo" and file.mime == "image/gif":
        return replace(file, kind="animation")
    return replace(file, kind="document")


def _oversized(file: Attachment) -> bool:
    """Whether it is a picture that Telegram won't make a photo of."""
    if file.kind != "photo":
        return False
    sides = sorted((file.width or 0, file.height or 0))
    return (file.size or 0) > MAX_PHOTO or sum(sides) > MAX_SIDES or sides[1] > sides[0] * MAX_RATIO


def _clean(name: str) -> str:
    """A file's name as a form can carry it: people choose names, and some hold quotes or line ends."""
    return "".join(c if c.isprintable() and c not in '"\\/' else "_" for c in name)[-MAX_NAME:]
