"""A letter gets its number in its place's order where it is written"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("places", "next_seq")
