"""What commands do that write: they ask the running Okno, or do it themselves when none runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot import loopback
from bot.check import switched_on
from bot.control import name_fault, sign_in_link
from bot.erasure import Erasure
from bot.lock import Lock
from bot.loopback import NotDone
from bot.messengers.web.messenger import CAPABILITIES
from storage import look, webchat
from storage import migrate as schema
from storage.database import Database, database_url, sqlite_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.settings import Settings
    from domain.policy import Policy

ERASING_TAKES = 600.0
"""How long the running program may take to erase a customer, in seconds."""


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


async def find(settings: Settings, wanted: str) -> dict[str, Any]:
    """Whom somebody means by `wanted`, and what there is of them. Raises NotDone, or DatabaseUnusable."""
    running = _running(settings)
    if running is not None:
        told = await loopback.ask(running, "find", {"customer": wanted})
        if told is not None:
            return told
    return await _alone(settings, lambda erasure: erasure.look(wanted))


async def erase(settings: Settings, customer_id: int) -> dict[str, Any]:
    """Erase a customer; what was done, and `later` when what is to be sent waits for the next start."""
    running = _running(settings)
    if running is not None:
        told = await loopback.ask(running, "erase", {"customer": customer_id}, ERASING_TAKES)
        if told is not None:
            return told
    return await _alone(settings, lambda erasure: erasure.erase(customer_id)) | {"later": True}


def _running(settings: Settings) -> loopback.Running | None:
    return loopback.find(loopback.folder_of(_file(settings)))


async def _alone(settings: Settings, work: Callable[[Erasure], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Do it on the database itself, which nobody else may have open then."""
    path = _file(settings)
    lock = Lock.hold(path) if path else None
    try:
        database = await Database.open(settings.storage.url)
        try:
            policy = await _policy(settings)
            return await work(Erasure(database, lambda: policy, lambda _effects: None))
        finally:
            await database.close()
    finally:
        if lock:
            lock.release()


async def _policy(settings: Settings) -> Policy:
    """The policy with what each messenger can do, without connecting to any."""
    messengers = switched_on(settings)
    capabilities = {m.name: m.capabilities for m in messengers}
    if settings.web.enabled:
        capabilities["web"] = CAPABILITIES
    for messenger in messengers:
        await messenger.close()
    return settings.policy(capabilities, {})


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
