"""Files on their way to Slack, from the disk they lie on: Slack wants to know the length first.

Slack tells no `ts` for what it was given: the message's own echo does, or the file's record once it lists where the
file was shared.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from bot.messengers.slack import ids
from bot.messengers.slack.blocks import blocks
from bot.messengers.slack.settings import CUSTOMIZE
from bot.messengers.slack.wire import ApiError, WireError
from domain.filetypes import belies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.messengers.contract import Carried, Carrier
    from bot.messengers.slack.wire import Json, Wire
    from domain.messages import Attachment
    from domain.requests import Send
    from domain.richtext import RichText

MAX_UPLOAD = 1024**3
"""https://slack.com/help/articles/201330736: up to 1 GB a file, both ways."""

_NAMES = {
    "photo": "photo.jpg",
    "animation": "animation.mp4",
    "audio": "audio.mp3",
    "voice": "voice.ogg",
    "video": "video.mp4",
    "video_note": "video.mp4",
    "sticker": "sticker.webp",
}
_LONGEST_NAME = 80
_LOOKS = 8
_PAUSE = 0.5
_REMEMBERED = 256


class Uploader:
    """Uploads for one app."""

    def __init__(self, wire: Wire, carry: Carrier) -> None:
        self._wire = wire
        self._carry = carry
        self._echoes: dict[str, asyncio.Future[str]] = {}
        self._completed: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    async def send(self, request: Send, words: RichText, thread: str | None) -> tuple[str, ...]:
        """One message with all files of the request; a reference for each content. Raises FileRefused, WireError."""
        attachments = [file for content in request.contents for file in content.files]
        async with self._carry(request.source, attachments, MAX_UPLOAD) as carried:
            uploaded = [(await self._upload(one), _name(one.file)) for one in carried]
        return await self._share_all(request, uploaded, words, thread)

    async def _share_all(
        self, request: Send, uploaded: Sequence[tuple[str, str]], words: RichText, thread: str | None
    ) -> tuple[str, ...]:
        """Make one message of what was uploaded."""
        files = [{"id": file, "title": name} for file, name in uploaded]
        first = uploaded[0][0]
        self._remember(request.letter, tuple(file for file, _ in uploaded))
        echo = self._echoes[first] = asyncio.get_running_loop().create_future()
        try:
            await self._complete(
                files=files,
                channel_id=request.chat,
                thread_ts=thread,
                blocks=blocks(words) or None,
                **author_of(request),
            )
            ts = await self._shown(first, request.chat, echo)
        finally:
            self._echoes.pop(first, None)
        return ids.refs(ts or ids.file_ref(first), len(request.contents))

    async def _complete(self, **given: Any) -> None:
        """Show what was uploaded; under the app's own name where no other is allowed."""
        try:
            await self._wire.call("files.completeUploadExternal", **given)
        except ApiError as error:
            if error.needed != CUSTOMIZE:
                raise
            plain = {**given, "username": None, "icon_url": None}
            await self._wire.call("files.completeUploadExternal", **plain)

    async def find(self, request: Send) -> tuple[str, ...] | None:
        """The references of an upload whose end was unknown, if its message is there after all."""
        uploaded = self._completed.get(request.letter)
        if not uploaded:
            return None
        ts = await self.shared_as(uploaded[0], request.chat)
        return ids.refs(ts, len(request.contents)) if ts else None

    def heard(self, payload: Json) -> None:
        """Slack told of a message: if it is the one that a file went out with, its `ts` is known now."""
        event = payload.get("event")
        if not isinstance(event, dict) or event.get("type") != "message":
            return
        for file in event.get("files") or ():
            waiting = self._echoes.get(file.get("id", ""))
            if waiting is not None and not waiting.done() and isinstance(event.get("ts"), str):
                waiting.set_result(event["ts"])

    def _remember(self, letter: str, files: tuple[str, ...]) -> None:
        self._completed[letter] = files
        if len(self._completed) > _REMEMBERED:
            self._completed.popitem(last=False)

    async def _upload(self, carried: Carried) -> str:
        """Bring one file's bytes to Slack, where nobody sees them yet; gives its id."""
        name, length = _name(carried.file), carried.file.size
        place = await self._wire.call("files.getUploadURLExternal", filename=name, length=length)
        await self._wire.upload(str(place["upload_url"]), carried.open())
        return str(place["file_id"])

    async def _shown(self, file: str, channel: str, echo: asyncio.Future[str]) -> str | None:
        """The `ts` of the message that shows the file; None when that doesn't become known soon: its echo tells it."""
        for _ in range(_LOOKS):
            done, _ = await asyncio.wait([echo], timeout=_PAUSE)
            if done:
                return echo.result()
            with contextlib.suppress(
                WireError
            ):  # the message is out: not knowing its `ts` is no reason to repeat it
                if ts := await self.shared_as(file, channel):
                    return ts
        return None

    async def shared_as(self, file: str, channel: str) -> str | None:
        """The `ts` of the message that shows the file in the channel, as far as the file's record tells."""
        found: dict[str, Any] = (await self._wire.call("files.info", file=file)).get("file") or {}
        for shares in (found.get("shares") or {}).values():
            if shares.get(channel):
                return str(shares[channel][-1]["ts"])
        return None


def author_of(request: Send) -> Json:
    """Under whose name and picture it goes out; nothing where it is the app's own."""
    if not request.author:
        return {}
    return {"username": request.author[:_LONGEST_NAME], "icon_url": request.picture or None}


def _name(file: Attachment) -> str:
    """The name Slack is told, by which it decides what to show: one that claims what the bytes aren't is given an end
    that claims nothing."""
    name = file.name or _NAMES.get(file.kind, "file")
    return f"{name}.bin" if belies(name, file.mime) else name
