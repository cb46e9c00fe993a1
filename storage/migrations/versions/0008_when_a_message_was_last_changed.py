"""When a message was last changed, so that an older change that comes later changes nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages", sa.Column("edited_at", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
