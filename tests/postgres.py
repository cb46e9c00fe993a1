"""A PostgreSQL server for the tests: thrown away afterwards, or the one that OKNO_TEST_POSTGRES names.

A server of our own listens on a socket in its folder only, syncs nothing, and ends with the process that started it.
"""

from __future__ import annotations

import asyncio
import atexit
import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage import migrate
from storage.schema import metadata

T = TypeVar("T")

VARIABLE = "OKNO_TEST_POSTGRES"
"""A server whose user may make databases: postgresql+asyncpg://user@host/postgres. Unset: one is started."""

_FAST = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
)
_HIDDEN = ("max_connections=200", "listen_addresses=", "shared_buffers=64MB")
_ENDS_WITH_PARENT = 1  # PR_SET_PDEATHSIG


_AT_THE_END: list[Callable[[], object]] = []


def clean() -> None:
    """Stop what was started and remove what was made; also at exit, which workers of a test run don't come by."""
    while _AT_THE_END:
        _AT_THE_END.pop()()


atexit.register(clean)


class Bridge:
    """A loop in a thread of its own, for tests that have none or one whose time isn't real."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)


@cache
def bridge() -> Bridge:
    """One for all tests of a process."""
    return Bridge()


class Server:
    """A running server. `address` is that of its first database."""

    def __init__(self, address: URL, process: subprocess.Popen[bytes] | None = None) -> None:
        self.address = address
        self.process = process

    def stop(self) -> None:
        """Stop at once; what is open breaks off."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4]))
    elsewhere = shutil.which("postgres")
    if not found and elsewhere is None:
        raise RuntimeError(
            f"PostgreSQL isn't installed: apt-get install postgresql (Debian), or let {VARIABLE} name a server; "
            "pytest --databases sqlite leaves it out"
        )
    return found[-1].parent if found else Path(str(elsewhere)).parent


def new_folder() -> Path:
    """A folder that is gone when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="okno-postgres-"))
    _AT_THE_END.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder


def make_cluster(folder: Path) -> None:
    """An empty cluster in an empty folder."""
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    command = [programs() / "initdb", "-D", folder / "data", "-U", "okno", "--auth=trust", "--no-sync"]
    subprocess.run(
        [*map(str, command), "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        stdout=subprocess.DEVNULL,
        **_not_as_root(),
    )


def start(folder: Path, *, durable: bool = False) -> Server:
    """Start the folder's cluster, and wait until it answers. `durable`: a commit waits for the disk."""
    given = _HIDDEN if durable else (*_HIDDEN, *_FAST)
    settings = [part for setting in given for part in ("-c", setting)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(programs() / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings],
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent,
            **_not_as_root(),
        )
    address = URL.create("postgresql+asyncpg", "okno", database="postgres", query={"host": str(folder)})
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        try:
            bridge().run(_execute(address, "SELECT 1"))
        except Exception:  # noqa: BLE001 (not yet)
            time.sleep(0.05)
        else:
            return Server(address, process)
    raise RuntimeError("PostgreSQL doesn't answer")


def _not_as_root() -> dict[str, Any]:
    return {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_ENDS_WITH_PARENT, signal.SIGINT)


@cache
def server() -> Server:
    """The server of this process's tests."""
    given = os.environ.get(VARIABLE)
    if given:
        return Server(make_url(given))
    folder = new_folder()
    make_cluster(folder)
    started = start(folder)
    _AT_THE_END.append(started.stop)
    return started


@cache
def database() -> URL:
    """A database of this process's own with all tables."""
    found = new_database("okno_tests")
    make_tables(found)
    return found


def make_tables(address: URL) -> None:
    """Give a database all tables."""
    bridge().run(_unit(address, migrate.create))


def new_database(name: str) -> URL:
    """Another database, with nothing in it; dropped when the tests end."""
    return new_database_on(server(), name)


def new_database_on(where: Server, name: str) -> URL:
    """The same on a server of one's own."""
    address, unique = where.address, f"{name}_{secrets.token_hex(4)}"
    bridge().run(_execute(address, f'CREATE DATABASE "{unique}"'))
    if where.process is None:
        _AT_THE_END.append(
            lambda: bridge().run(_execute(address, f'DROP DATABASE IF EXISTS "{unique}" WITH (FORCE)'))
        )
    return address.set(database=unique)


def empty_database() -> URL:
    """That database with nothing in its tables."""
    found = database()
    bridge().run(_cleaner().execute(emptying()))
    return found


@cache
def _cleaner() -> Any:
    return bridge().run(connect(database()))


@cache
def emptying() -> str:
    """Commands that leave tables and numbers as new."""
    deletions = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]
    counters = "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences"
    return ";\n".join([*deletions, f"{counters} WHERE schemaname = 'public'"])


async def connect(address: URL) -> Any:
    """The driver's own connection."""
    host = address.query.get("host") or address.host
    return await asyncpg.connect(
        host=host,
        port=address.port,
        user=address.username,
        password=address.password,
        database=address.database,
    )


def written(address: URL) -> str:
    """The address as the settings have it."""
    return address.render_as_string(hide_password=False)


async def _execute(address: URL, sql: str) -> None:
    engine = create_async_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as conn:
            await conn.execute(text(sql.replace(":", "\\:")))
    finally:
        await engine.dispose()


async def _unit(address: URL, unit: Callable[[Any], T]) -> T:
    engine = create_async_engine(address, poolclass=NullPool)
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(unit)
    finally:
        await engine.dispose()
