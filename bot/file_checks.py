"""What `okno check` says of files: is there room for them, and does the address under which they are handed out lead here."""

from __future__ import annotations

import ipaddress
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp

from domain.texts import size

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_ASKING_TAKES = 10.0


def about_room(folder: Path, room: int, locale: str) -> str | None:
    """A warning when the disk has less room than files may take; None when all is well."""
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), None)
    if there is None:
        return f"files.folder: {folder}: there is no such place; choose another, or take the key out"
    free = shutil.disk_usage(there).free
    if free >= room:
        return None
    return f"files.room: {size(locale, room)}: the disk has {size(locale, free)} left; free some, or set a smaller one"


async def about_address(address: str, *, runs: bool) -> AsyncIterator[str]:
    """Warnings about `files.public_url`. Asked only while Okno runs: else nothing would answer behind a proxy."""
    parts = urlsplit(address)
    if not _is_public(parts.hostname or ""):
        yield f"files.public_url: {address}: nobody outside reaches this address; set the one that customers can open"
        return
    if parts.scheme != "https":
        yield f"files.public_url: {address}: not https; whoever is on the way can read the files"
    if runs and (fault := await _fault(f"{address}/healthz")):
        yield (
            f"files.public_url: {address}: doesn't lead to Okno ({fault}); "
            "have it forwarded to web.host and web.port"
        )


def _is_public(host: str) -> bool:
    """Whether the host can be reached from elsewhere, by all that its name tells."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".localhost", ".internal", ".lan"))


async def _fault(address: str) -> str:
    """Why Okno isn't found at an address; empty when it is."""
    timeout = aiohttp.ClientTimeout(total=_ASKING_TAKES)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(address) as answer,
        ):
            if answer.status != 200:
                return f"HTTP {answer.status}"
            return "" if await answer.content.read(16) == b"ok\n" else "something else answers there"
    except (aiohttp.ClientError, TimeoutError, OSError):
        return "no answer"
