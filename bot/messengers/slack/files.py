"""Files that people sent: what they are, and their bytes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messengers.contract import FileRefused
from bot.messengers.slack.convert import attachment
from bot.messengers.slack.wire import ApiError, Wire, WireError
from domain.events import Edited, Wrote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from domain.events import Event
    from domain.messages import Attachment

_SECONDS = 2.0
_GONE = ("file_not_found", "file_deleted", "file_not_shared")
_CLOSED = ("missing_scope", "not_allowed_token_type", "no_permission", "access_denied", "login_page")


async def completed(wire: Wire, event: Event) -> Event:
    """The event with what its files are: of those of other workspaces, Slack's events tell nothing but their ids."""
    if not isinstance(event, Wrote | Edited) or not any(_is_bare(file) for file in event.content.files):
        return event
    try:
        async with asyncio.timeout(_SECONDS):
            files = tuple([await _told(wire, file) for file in event.content.files])
    except (TimeoutError, WireError):
        return event
    kind = files[0].kind if event.content.kind == "document" else event.content.kind
    return replace(event, content=replace(event.content, kind=kind, files=files))


def _is_bare(file: Attachment) -> bool:
    return not file.mime and not file.name


async def _told(wire: Wire, file: Attachment) -> Attachment:
    if not _is_bare(file):
        return file
    found = (await wire.call("files.info", file=file.ref)).get("file") or {}
    return attachment({**found, "id": file.ref})


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
    if not address or found.get("mode") in ("tombstone", "hidden_by_limit"):
        raise FileRefused("refused.file_gone")
    if found.get("is_external") or found.get("mode") == "external":
        raise FileRefused("refused.file_elsewhere")
    page = found.get("mimetype") == "text/html"
    yield _chunks(wire, str(address), found.get("size") if page else None, page=page)


async def _chunks(wire: Wire, address: str, size: int | None, *, page: bool) -> AsyncIterator[bytes]:
    """`size`: how long a page is that isn't to be taken for the one to sign in."""
    came = 0
    try:
        async for chunk in wire.download(address, html=page):
            came += len(chunk)
            yield chunk
    except WireError as error:
        raise _refused(error) from None
    if size is not None and came != size:
        raise FileRefused("refused.file_closed")


def _refused(error: WireError) -> FileRefused:
    if isinstance(error, ApiError) and error.retry_after is None:
        if error.code in _GONE:
            return FileRefused("refused.file_gone")
        if error.code in _CLOSED or error.needed:
            return FileRefused("refused.file_closed")
    return FileRefused("refused.file_later", later=True)
