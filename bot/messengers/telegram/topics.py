"""Forum topics as threads: made, named, closed and opened again."""

from __future__ import annotations

import unicodedata
import zlib
from typing import TYPE_CHECKING, Any

from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import NOT_MODIFIED, outcome_of
from bot.messengers.telegram.wire import ApiError, WireError
from domain.requests import OpenThread, Outcome, Sent, ShowThread, Unsure
from domain.richtext import utf16_length

if TYPE_CHECKING:
    from aiogram.methods import TelegramMethod

    from bot.messengers.telegram.calls import Caller

MAX_NAME = 128
COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
"""The colours that a topic's icon may have."""

_JOINER = "\u200d"


class Topics:
    """The topics of one bot's groups."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def open(self, request: OpenThread) -> Outcome:
        """Make a topic; the same title always has the same colour."""
        name = topic_name(request.title)
        color = COLORS[zlib.crc32(name.encode()) % len(COLORS)]
        try:
            made = await self._caller.call(
                api.CreateForumTopic(chat_id=request.chat, name=name, icon_color=color)
            )
        except WireError as error:
            if isinstance(error, ApiError) and error.code >= 500:
                return Unsure(str(error))  # it may be there all the same, and nobody wants it twice
            return outcome_of(error)
        return Sent((str(made["message_thread_id"]),))

    async def show(self, request: ShowThread) -> Outcome:
        """Name a topic, and close it or open it again."""
        where: dict[str, Any] = {"chat_id": request.chat, "message_thread_id": int(request.thread)}
        state = api.CloseForumTopic if request.closed else api.ReopenForumTopic
        try:
            if request.title:
                await self._unless_same(api.EditForumTopic(**where, name=topic_name(request.title)))
            await self._unless_same(state(**where))
        except WireError as error:
            return outcome_of(error)
        return Sent()

    async def _unless_same(self, method: TelegramMethod[Any]) -> None:
        try:
            await self._caller.call(method)
        except ApiError as error:
            if not error.says(*NOT_MODIFIED):
                raise


def topic_name(title: str) -> str:
    """The title as a topic can bear it: one line, of at most 128 UTF-16 units, its last word kept when it is cut."""
    name = " ".join(title.split()) or "–"
    if utf16_length(name) <= MAX_NAME:
        return name
    words, _, last = name.rpartition(" ")
    tail = f"… {last}" if words and utf16_length(last) <= MAX_NAME // 4 else "…"
    return _start(words or name, MAX_NAME - utf16_length(tail)) + tail


def _start(text: str, units: int) -> str:
    """As much of the text's start as fits, without cutting off what belongs to its last character."""
    end = 0
    for char in text:
        units -= utf16_length(char)
        if units < 0:
            break
        end += 1
    while 0 < end < len(text) and (_belongs(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip()


def _belongs(char: str) -> bool:
    """Whether a character only changes the one before it."""
    return char == _JOINER or unicodedata.category(char) in ("Mn", "Me", "Mc", "Sk")
