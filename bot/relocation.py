"""`okno move-database`: nobody writes meanwhile, and the terminal shows how far it is."""

from __future__ import annotations

from contextlib import ExitStack

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from bot.lock import Lock
from storage import moving
from storage.database import DatabaseUnusable, database_url, sqlite_path


async def move(source: str, target: str) -> str:
    """Copy everything; what came of it in a line. Raises DatabaseUnusable, and then the target is as it was."""
    if database_url(source) == database_url(target):
        raise DatabaseUnusable("FROM and TO are the same database")
    with ExitStack() as stack:
        for url in (source, target):
            if database_url(url).get_backend_name() == "sqlite":
                stack.callback(Lock.hold(sqlite_path(url)).release)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True)))
        shown: dict[str, TaskID] = {}

        def moved(table: str, done: int, of: int) -> None:
            if of and table not in shown:
                shown[table] = progress.add_task(table, total=of)
            if of:
                progress.update(shown[table], completed=done)

        total = await moving.move(source, target, moved)
    return f"{total} rows moved, counted on both sides. Set storage.url to TO and start Okno."
