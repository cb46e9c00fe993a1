"""Indexes that every message paid for, and hardly any of them used"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ALBUMS = sa.text("album_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_journal_received_at", "journal")
    op.drop_index("ix_messages_album_id", "messages")
    op.create_index(
        "ix_messages_album_id", "messages", ["album_id"], sqlite_where=_ALBUMS, postgresql_where=_ALBUMS
    )
