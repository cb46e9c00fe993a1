"""A PostgreSQL server for the tests: thrown away afterwards, or the one that TEST_POSTGRES names.

A server of our own listens on a socket in its folder only, syncs nothing, and ends with the process that started it:
that is the one that hands tests to workers, whose databases are their own.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

from storage import migrate
from storage.schema import metadata

VARIABLE = "TEST_POSTGRES"
"""A server whose user may make databases: postgresql+asyncpg://user@host/postgres. Unset: one is started."""

_FAST = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "max_wal_size=4GB",
)
_HIDDEN = ("max_connections=400", "listen_addresses=", "shared_buffers=64MB")
_ENDS_WITH_PARENT = 1  # PR_SET_PDEATHSIG; of a thread, which must be the main one
_ANSWERS_WITHIN = 60.0


_AT_THE_END: list[Callable[[], object]] = []


def clean() -> None:
    """Stop what was started and remove what was made; also at exit, which workers of a test run don't come by."""
    while _AT_THE_END:
        _AT_THE_END.pop()()


atexit.register(clean)


class Server:
    """A running server. `address` is that of its first database."""

    def __init__(self, address: URL, process: subprocess.Popen[bytes] | None = None) -> None:
        self.address = address
        self.process = process

    def stop(self) -> None:
        """Stop at once; what is open breaks off."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


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
    over = time.monotonic() + _ANSWERS_WITHIN
    while time.monotonic() < over:
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        try:
            connect(address).close()
        except psycopg.OperationalError:  # not yet
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


def share() -> None:
    """Start the server now, and let the processes that are started from here use it."""
    os.environ[VARIABLE] = written(server().address)


@cache
def database() -> URL:
    """A database of this process's own with all tables, for tests that commit."""
    return _copy_of(_with_tables(), "okno_tests")


@cache
def untouched_database() -> URL:
    """Another, in which nobody commits."""
    return _copy_of(_with_tables(), "okno_untouched")


@cache
def _with_tables() -> URL:
    made = new_database("okno_template")
    make_tables(made)
    return made


def _copy_of(original: URL, name: str) -> URL:
    return new_database_on(server(), name, like=original)


def make_tables(address: URL) -> None:
    """Give a database all tables."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(address), poolclass=NullPool)
    with engine.begin() as conn:
        migrate.create(conn)
    engine.dispose()


def new_database(name: str) -> URL:
    """Another database, with nothing in it; dropped when the tests end."""
    return new_database_on(server(), name)


def new_database_on(where: Server, name: str, *, like: URL | None = None) -> URL:
    """The same on a server of one's own; `like` one to which nobody is connected."""
    address, unique = where.address, f"{name}_{secrets.token_hex(4)}"
    template = f' TEMPLATE "{like.database}"' if like is not None else ""
    _execute(address, f'CREATE DATABASE "{unique}"{template}')
    if where.process is None:
        _AT_THE_END.append(lambda: _execute(address, f'DROP DATABASE IF EXISTS "{unique}" WITH (FORCE)'))
    return address.set(database=unique)


def empty_database() -> URL:
    """The database for tests that commit, with nothing in its tables."""
    found = database()
    cleaner = _cleaner()
    try:
        cleaner.execute(_emptying())
    except psycopg.OperationalError:  # the connection is lost
        _cleaner.cache_clear()
        _cleaner().execute(_emptying())
    return found


@cache
def _cleaner() -> psycopg.Connection[Any]:
    return connect(database())


COUNT_ANEW = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""
"""Numbers begin again at one."""


@cache
def _emptying() -> bytes:
    """Commands that leave tables and numbers as new."""
    deletions = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)]
    return ";\n".join([*deletions, COUNT_ANEW]).encode()


def connect(address: URL) -> psycopg.Connection[Any]:
    """A connection on which each statement is committed."""
    return psycopg.connect(
        host=str(address.query.get("host") or address.host),
        port=address.port,
        user=address.username,
        password=address.password,
        dbname=address.database,
        autocommit=True,
        prepare_threshold=None,
    )


def written(address: URL) -> str:
    """The address as the settings have it."""
    return address.render_as_string(hide_password=False)


def _execute(address: URL, sql: str) -> None:
    with connect(address) as conn:
        conn.execute(sql.encode())
