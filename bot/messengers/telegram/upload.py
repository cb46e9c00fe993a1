"""Files of other messengers on their way to Telegram: streamed, never held as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.messengers.contract import FileRefused
from bot.messengers.telegram.library import types
from domain.requests import Outcome, Refused, TryLater

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.messengers.contract import FileSource
    from domain.messages import Attachment

MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
"""Above it a photo is sent as a document."""

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

TOO_BIG = "refused.file_too_big"


class StreamedFile(types.InputFile):
    """A file that is read from its messenger while it goes out. `trouble` says why its bytes ended early."""

    def __init__(self, files: FileSource, source: str, file: Attachment) -> None:
        super().__init__(filename=_clean(file.name) or _NAMES.get(file.kind, "file"))
        self._files = files
        self._source = source
        self._ref = file.ref
        self.trouble: Outcome | None = None

    async def read(self, bot: Any) -> AsyncGenerator[bytes, None]:  # noqa: ARG002 (aiogram's signature)
        """The bytes. Raises FileRefused and keeps the reason, so that the call's own error can be told from it."""
        sent = 0
        try:
            async with self._files(self._source, self._ref) as chunks:
                async for chunk in chunks:
                    sent += len(chunk)
                    _check_size(sent)
                    yield chunk
        except FileRefused as refused:
            self.trouble = TryLater(refused.reason) if refused.later else Refused("message", refused.reason)
            raise


def _clean(name: str) -> str:
    """A file's name as a form can carry it: people choose names, and some hold quotes or line ends."""
    return "".join(c if c.isprintable() and c not in '"\\/' else "_" for c in name)[-MAX_NAME:]


def _check_size(sent: int) -> None:
    if sent > MAX_UPLOAD:
        raise FileRefused(TOO_BIG)
