"""One request made at its messenger: the right method, and an end even if the messenger hangs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.messengers.contract import Deletes, Edits, LooksUp, Reacts, Threads
from domain.requests import (
    Delete,
    Edit,
    OpenThread,
    Outcome,
    React,
    Refused,
    Request,
    Send,
    ShowThread,
    Unsure,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bot.messengers.contract import Messenger

PATIENCE = 90.0
"""How long a request may take, in seconds; a messenger's own time limits are shorter."""

PATIENCE_WITH_FILES = 1800.0
"""The same when bytes are carried from one messenger to another: they wait for room, come, and go on."""


async def perform(messenger: Messenger, request: Request, *, unsure: bool = False) -> Outcome:
    """Make the request. Raises only what the messenger raises by mistake.

    `unsure`: it was begun before and its end is unknown; where the messenger can look, a send isn't made twice.
    """
    try:
        async with asyncio.timeout(_patience(request)):
            found = await _looked_up(messenger, request) if unsure else None
            if found is not None:
                return found
            call = _call(messenger, request)
            return Refused("message", "refused.not_possible") if call is None else await call
    except TimeoutError:
        return Unsure("no answer in time")


async def _looked_up(messenger: Messenger, request: Request) -> Outcome | None:
    if isinstance(request, Send) and isinstance(messenger, LooksUp):
        return await messenger.look_up(request)
    return None


def _call(messenger: Messenger, request: Request) -> Awaitable[Outcome] | None:
    """The request as a call of the extra that makes it; None where the messenger hasn't got it."""
    match request:
        case Send():
            return messenger.send(request)
        case Edit() if isinstance(messenger, Edits):
            return messenger.edit(request)
        case Delete() if isinstance(messenger, Deletes):
            return messenger.delete(request)
        case React() if isinstance(messenger, Reacts):
            return messenger.react(request)
        case OpenThread() if isinstance(messenger, Threads):
            return messenger.open_thread(request)
        case ShowThread() if isinstance(messenger, Threads):
            return messenger.show_thread(request)
    return None


def carries_files(request: Request) -> bool:
    """Whether bytes may have to be brought from one messenger to another."""
    return isinstance(request, Send) and request.original is None and any(c.files for c in request.contents)


def _patience(request: Request) -> float:
    return PATIENCE_WITH_FILES if carries_files(request) else PATIENCE
