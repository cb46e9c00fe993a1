"""What commands do that write: they ask the running Okno, or do it themselves when none runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot import loopback
from bot.control import name_fault, sign_in_link
from bot.lock import Lock
from bot.loopback import NotDone
from storage import look, webchat
from storage import migrate as schema
from storage.database import Database, database_url, sqlite_path

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Settings


async def invite(settings: Settings, name: str) -> str:
    """A link that signs the agent in. Raises NotDone, or DatabaseUnusable."""
    if wrong := name_fault(name):
        raise NotDone(wrong)
    if not settings.web.enabled:
        raise NotDone("web.enabled = false: there is no staff page to sign in to")
    path = _file(settings)
    running = loopback.find(loopback.folder_of(path))
    if running is not None and (told := await loopback.ask(running, "invite", {"name": name})) is not None:
        return str(told["link"])
    if not settings.web.port and not settings.web.public_url:
        raise NotDone("web.port = 0: the link's port is known only while Okno runs; start it first")
    lock = Lock.hold(path) if path else None
    try:
        database = await Database.open(settings.storage.url)
        try:
            token = await database.run(webchat.invite, name.strip(), datetime.now(UTC))
        finally:
            await database.close()
    finally:
        if lock:
            lock.release()
    return sign_in_link(settings.web_base(settings.web.port), token)


def migrate(settings: Settings) -> str:
    """Bring the database to the newest schema; what came of it in a line. Raises DatabaseUnusable. Blocks."""
    path = _file(settings)
    lock = Lock.hold(path) if path else None
    try:
        return _bring_up(settings.storage.url, path)
    finally:
        if lock:
            lock.release()


def _bring_up(url: str, path: Path | None) -> str:
    standing = asyncio.run(look.standing(url))
    if standing.schema == "newest":
        return f"The database has the newest schema already ({standing.revision})."
    if path:
        asyncio.run(_open_once(url))  # which copies an older file first
    else:
        schema.upgrade(url)
    return f"The database has the newest schema now ({schema.HEAD})."


async def _open_once(url: str) -> None:
    await (await Database.open(url)).close()


def _file(settings: Settings) -> Path | None:
    """The database's file; None where there is none."""
    url = settings.storage.url
    return sqlite_path(url) if database_url(url).get_backend_name() == "sqlite" else None
