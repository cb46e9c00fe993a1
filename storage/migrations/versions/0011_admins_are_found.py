"""Admins are found without looking through everybody"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    admins = sa.text("admin = 1")
    op.create_index("ix_people_admin", "people", ["id"], sqlite_where=admins, postgresql_where=admins)
