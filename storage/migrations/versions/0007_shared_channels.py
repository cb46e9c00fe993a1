"""customers in shared channels, pictures"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("letters", sa.Column("aloud", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("people", sa.Column("picture", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column(
        "people", sa.Column("in_desk", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("places", sa.Column("line_by", ID, nullable=True))
    op.add_column("places", sa.Column("line_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_places_lines",
        "places",
        ["chat_id", "line_by", "line_at"],
        unique=False,
        sqlite_where=sa.text("line_by IS NOT NULL"),
        postgresql_where=sa.text("line_by IS NOT NULL"),
    )
