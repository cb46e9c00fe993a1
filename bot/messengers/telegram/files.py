"""Handing out the bytes of files that people sent to the bot."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.messengers.contract import FileRefused
from bot.messengers.telegram import ids
from bot.messengers.telegram.library import api
from bot.messengers.telegram.outcomes import outcome_of
from bot.messengers.telegram.wire import ApiError, Wire, WireError
from domain.requests import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PIECE = 256 * 1024
_TOO_BIG = "refused.file_too_big"
_GONE = "refused.file_gone"


@asynccontextmanager
async def opened(
    wire: Wire, ref: str, *, local: bool, most: int | None
) -> AsyncIterator[AsyncIterator[bytes]]:
    """A stream of the file's bytes, of `most` of them where Telegram says no more. Raises FileRefused, also while reading.

    `local`: the server keeps files on a disk that is ours as well, and names them by their path.
    """
    try:
        found = await wire.call(api.GetFile(file_id=ids.file_id(ref)))
    except WireError as error:
        raise _refused(error, most) from None
    path = str((found.get("file_path") if isinstance(found, dict) else None) or "")
    if not path:
        raise FileRefused(_GONE, later=True)
    yield _lying(Path(path)) if local and path.startswith("/") else _chunks(wire, path)


async def _chunks(wire: Wire, path: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in wire.download(path):
            yield chunk
    except ApiError as error:
        if error.code == 404:  # the address is good for an hour: another try asks for a new one
            raise FileRefused(_GONE, later=True) from None
        raise _refused(error, None) from None
    except WireError as error:
        raise _refused(error, None) from None


async def _lying(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    except OSError:
        raise FileRefused("refused.file_not_shared") from None


def _refused(error: WireError, most: int | None) -> FileRefused:
    outcome = outcome_of(error)
    if not isinstance(outcome, Refused) or outcome.scope == "account":
        return FileRefused("refused.file_later", later=True)
    if outcome.reason == _TOO_BIG:
        return FileRefused("refused.file_not_given", detail=str(most or ""))
    return FileRefused(
        _GONE, later=True
    )  # Telegram says in one sentence "wrong file_id or temporarily unavailable"
