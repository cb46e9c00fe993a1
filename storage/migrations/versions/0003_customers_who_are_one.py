"""Customers who turned out to be one person, and the links that join them"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("customers", sa.Column("same_as_id", ID, nullable=True))
    op.create_table(
        "crossings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_crossings_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crossings")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_crossings_token_hash")),
    )
    op.create_index("ix_crossings_customer_id", "crossings", ["customer_id"])
