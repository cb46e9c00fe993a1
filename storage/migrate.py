"""The schema's revisions: what the program knows, what a database has, and the way from one to the other.

An empty database gets the tables as `storage/schema.py` has them; Alembic's migrations are for databases that have
older ones (a test holds the two against each other). Alembic is imported only then: it costs a quarter of a second
and ten megabytes.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, text
from sqlalchemy.engine import make_url

from storage.schema import metadata
from storage.trouble import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_VERSION = Table(  # Alembic's own, as Alembic makes it
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

_FOLDER = Path(__file__).with_name("migrations")


def known_revisions() -> list[str]:
    """Every revision the program knows, oldest first; a migration's file is named by its revision."""
    return sorted(path.stem.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


HEAD = (known_revisions() or [""])[-1]
"""The newest revision."""


def check_known(revision: str, where: str) -> None:
    """Raise DatabaseUnusable when a newer Okno made the database."""
    known = known_revisions()
    if revision not in known:
        raise DatabaseUnusable(
            f"{where} was made by a newer Okno (schema {revision}, this one knows {known[-1]}): install that one"
        )


def create(conn: Connection) -> None:
    """Make all tables in an empty database."""
    metadata.create_all(conn)
    _VERSION.create(conn, checkfirst=True)
    conn.execute(_VERSION.insert().values(version_num=HEAD))


def upgrade(url: str) -> None:
    """Bring the database to the newest schema. Blocks; not to be called inside an event loop's thread."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        from storage.writer import engine_for

        engine = engine_for(Path(parsed.database or ""))
        with engine.begin() as conn:
            _upgrade(conn)
        engine.dispose()
    else:
        asyncio.run(_elsewhere(url, _upgrade))


def revision_of(url: str) -> str | None:
    """The database's revision, or None when it has no tables yet. Blocks like `upgrade`."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return asyncio.run(_elsewhere(url, current))
    from storage.writer import engine_for

    engine = engine_for(Path(parsed.database or ""))
    with engine.connect() as conn:
        found = current(conn)
    engine.dispose()
    return found


def current(conn: Connection) -> str | None:
    """The revision of the database behind the connection."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


async def _elsewhere(url: str, work: Callable[[Connection], T]) -> T:
    from storage.sessions import engine_for, unreachable

    engine = engine_for(make_url(url).set(drivername="postgresql+asyncpg"), patient=True)
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(work)
    except Exception as error:
        raise unreachable(error) or error from error
    finally:
        await engine.dispose()


def _upgrade(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":  # of several who bring it up at once, the others find it done
        conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('okno migrate'))"))
    if current(conn) is None:
        create(conn)
    else:
        migrate(conn)


def migrate(conn: Connection) -> None:
    """Run the migrations that the database lacks, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
