"""Several processes share the work: an event is claimed by its row in the journal, in its lane's order"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("inbound_lanes")
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_journal_lane",
            "journal",
            ["messenger", "account", "lane", "position", "id"],
            postgresql_where=sa.text("state = 'new'"),
        )
