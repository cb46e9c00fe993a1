"""Handing out the bytes of files that people sent."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.messengers.contract import FileRefused
from bot.messengers.slack.wire import ApiError, Wire, WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def opened(wire: Wire, ref: str) -> AsyncIterator[AsyncIterator[bytes]]:
    """A stream of the file's bytes. Raises FileRefused, also while reading.

    The address is asked for each time: files of other workspaces are told of without one.
    """
    try:
        found = (await wire.call("files.info", file=ref)).get("file") or {}
    except WireError as error:
        raise _refused(error) from None
    address = found.get("url_private_download") or found.get("url_private")
    if not address:
        raise FileRefused("refused.file_gone")
    yield _chunks(wire, str(address))


async def _chunks(wire: Wire, address: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in wire.download(address):
            yield chunk
    except WireError as error:
        raise _refused(error) from None


def _refused(error: WireError) -> FileRefused:
    if isinstance(error, ApiError) and error.retry_after is None:
        return FileRefused("refused.file_gone")
    return FileRefused("refused.file_later", later=True)
