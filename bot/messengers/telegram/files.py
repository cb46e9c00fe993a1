"""Handing out the bytes of files that people sent to the bot."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.messengers.contract import FileRefused
from bot.messengers.telegram import ids
from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import outcome_of
from bot.messengers.telegram.wire import Wire, WireError
from domain.requests import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def opened(wire: Wire, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """A stream of the file's bytes; Telegram hands out 20 MB at most. Raises FileRefused, also while reading."""
    try:
        found = await wire.call(api.GetFile(file_id=ids.file_id(ref)))
    except WireError as error:
        raise _refused(error) from None
    yield _chunks(wire, str(found.get("file_path") or ""))


async def _chunks(wire: Wire, path: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in wire.download(path):
            yield chunk
    except WireError as error:
        raise _refused(error) from None


def _refused(error: WireError) -> FileRefused:
    outcome = outcome_of(error)
    if isinstance(outcome, Refused):
        known = outcome.reason in ("refused.file_too_big", "refused.file_gone")
        return FileRefused(outcome.reason if known else "refused.file_gone")
    return FileRefused("refused.file_later", later=True)
