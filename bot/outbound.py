"""`okno export` and `okno backup`: the data out. Both only read, beside a running Okno or without one."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Any

import orjson

from bot.loopback import NotDone
from storage import backup, export, look
from storage.database import database_url, sqlite_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.settings import Settings

PAGE = 1000
FILES = "files"
_UNSAFE = re.compile(r"[^\w.-]+")


async def export_to(settings: Settings, folder: Path, say: Callable[[str], None]) -> None:
    """Write everything into a new folder, readable by its owner alone. Raises NotDone, DatabaseUnusable."""
    url = settings.storage.url
    if (await look.standing(url)).schema != "newest":
        raise NotDone("the database has no data in the newest schema: run `okno migrate` first")
    _make(folder)
    for name in export.PAGES:
        say(f"{name}: {await _records(url, folder, name)}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True)
        (folder / FILES).mkdir(mode=0o700)
    except FileExistsError:
        raise NotDone(f"{folder} is there already: name a folder that is not") from None
    except OSError as error:
        raise NotDone(f"{folder} can't be made: {error.strerror}") from error


async def _records(url: str, folder: Path, name: str) -> int:
    """One kind of records, a line each; how many there are."""
    count = after = 0
    with _opened(folder / f"{name}.jsonl") as out:
        while page := await look.read(url, lambda conn: export.PAGES[name](conn, after, PAGE)):  # noqa: B023 - awaited at once
            for record in page:
                if name == "files":
                    record["path"] = await _file(url, folder / FILES, record)
                out.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count, after = count + len(page), page[-1]["number"]
    return count


async def _file(url: str, folder: Path, record: dict[str, Any]) -> str:
    """Write one file's bytes; its path within the export. People choose names: only harmless signs of them stay."""
    name = _UNSAFE.sub("_", record["name"]).strip("._")[-100:] or "file"
    path, number = folder / f"{record['number']}-{name}", 0
    with _opened(path) as out:
        while piece := await look.read(url, lambda conn: export.chunk(conn, record["number"], number)):  # noqa: B023
            out.write(piece)
            number += 1
    return f"{folder.name}/{path.name}"


def _opened(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


async def backup_to(settings: Settings, file: Path) -> str:
    """Copy the database into a file; what came of it. Raises NotDone, DatabaseUnusable."""
    url = settings.storage.url
    if database_url(url).get_backend_name() != "sqlite":
        raise NotDone("storage.url is a PostgreSQL database: back it up with pg_dump, see docs/operations.md")
    size = await asyncio.to_thread(backup.copy, sqlite_path(url), file)
    return f"{file}: {size / 1024 / 1024:.1f} MB, checked"
