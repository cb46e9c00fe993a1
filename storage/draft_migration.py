"""Writes the next migration: `python -m storage.draft_migration "what changes"`. For whoever changes the tables.

It compares `storage/schema.py` with what the migrations so far make of an empty database. Read what it wrote before
committing it: it sees new and dropped columns, not renamed ones, and moves no data.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine

from storage import migrate
from storage.schema import Id, metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_VERSIONS = Path(__file__).with_name("migrations") / "versions"
_HEAD = '''"""{words}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
'''


def draft(conn: Connection, words: str) -> str:
    """The next migration's text, for a database that has what the migrations so far make."""
    known = migrate.known_revisions()
    head = _HEAD.format(
        words=words,
        revision=f"{int(known[-1]) + 1:04}" if known else "0001",
        before=f'"{known[-1]}"' if known else None,
    )
    context = MigrationContext.configure(conn, opts={"target_metadata": metadata})
    operations = produce_migrations(context, metadata).upgrade_ops
    if operations is None:
        raise RuntimeError("Alembic found no operations")
    body = render_python_code(operations, render_item=_render)
    return head + re.sub(r"^ *# ###.*\n?", "", body, flags=re.MULTILINE).rstrip() + "\n"


def _render(_kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Keys are integers on SQLite and wider elsewhere; Alembic would lose the variant."""
    return "ID" if thing is Id else False


def main() -> None:
    """Write it beside the others."""
    words = (
        sys.argv[1]
        if len(sys.argv) == 2
        else sys.exit('usage: python -m storage.draft_migration "what changes"')
    )
    engine = create_engine("sqlite://")
    with engine.connect() as conn:
        if migrate.known_revisions():
            migrate.migrate(conn)
        text = draft(conn, words)
    number = re.search(r'revision = "(\d+)"', text)
    name = re.sub(r"\W+", "_", words.lower()).strip("_")
    path = _VERSIONS / f"{number[1] if number else '0000'}_{name}.py"
    path.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=False)  # noqa: S603 (our own command)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
