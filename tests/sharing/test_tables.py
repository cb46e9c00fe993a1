"""The tables that a new database is given on PostgreSQL are those that migrations make of an older one."""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from storage import migrate
from tests import postgres

_EVERYTHING = """
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""


def told(conn: Connection) -> set[str]:
    """Every column, index and rule."""
    return set(conn.execute(text(_EVERYTHING)).scalars())


def on(address: URL) -> Connection:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: postgres.connect(address), poolclass=NullPool
    )
    return engine.connect()


def test_migrations_and_schema_agree() -> None:
    made, migrated = postgres.new_database("okno_made"), postgres.new_database("okno_migrated")
    postgres.make_tables(made)
    with on(migrated) as conn, conn.begin():
        migrate.migrate(conn)
        found = told(conn)
    with on(made) as conn:
        assert found == told(conn)
    assert any("USING gin" in index for index in found)
