"""How a command finds the running Okno and asks it: a file beside the database, readable by its owner alone.

The file says where the running program's HTTP server listens and holds a key made anew at every start. One that
was left behind by a crash leads nowhere, which counts as "none runs".
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_FILE = "okno.key"
ASKING_TAKES = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """Where the running program can be asked, and with which key."""

    base: str
    key: str


class NotDone(Exception):
    """The running program would not do what it was asked; the text is one line for the terminal."""


def folder_of(database: Path | None) -> Path:
    """Where the key file lies: beside the database's file, or here when the database is elsewhere."""
    return database.parent if database else Path.cwd()


def publish(folder: Path, base: str) -> Running:
    """Write the key file for this run; only its owner may read it. Raises NotDone with one line."""
    running = Running(base, secrets.token_urlsafe(32))
    file = folder / KEY_FILE
    fresh = file.with_suffix(".new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(orjson.dumps({"base": running.base, "key": running.key}))
        fresh.replace(file)
    except OSError as error:
        raise NotDone(f"{file} can't be written: {error.strerror}") from error
    return running


def withdraw(folder: Path, running: Running) -> None:
    """Remove the key file, unless another run has written its own meanwhile."""
    if find(folder) == running:
        with contextlib.suppress(OSError):
            (folder / KEY_FILE).unlink()


def find(folder: Path) -> Running | None:
    """What the key file says; None when there is none that can be read."""
    try:
        said = orjson.loads((folder / KEY_FILE).read_bytes())
        return Running(str(said["base"]), str(said["key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def ask(
    running: Running, what: str, said: Mapping[str, Any], within: float = ASKING_TAKES
) -> dict[str, Any] | None:
    """Ask the running program; None when nobody is there who knows the key. Raises NotDone with its reason."""
    import aiohttp

    limit = aiohttp.ClientTimeout(total=within)
    headers = {"Authorization": f"Bearer {running.key}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.post(f"{running.base}/control/{what}", json=dict(said), headers=headers) as answer,
        ):
            if answer.status in (403, 404, 405):
                return None
            told = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    if answer.status >= 400:
        raise NotDone(str(told.get("error", answer.status)))
    return dict(told)
