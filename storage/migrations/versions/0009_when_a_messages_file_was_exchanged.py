"""When a message's file was last exchanged, so that a copy made before gets the new one"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages", sa.Column("file_revision", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
