"""The archive of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "archived_entries",
        sa.Column("conversation", sa.String(80), primary_key=True),
        sa.Column("epoch", sa.String(16), primary_key=True),
        sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("message", sa.String(255)),
        sa.Column("json", sa.Text, nullable=False),
    )
    op.create_index("ix_archived_entries_message", "archived_entries", ["conversation", "message"])


def downgrade() -> None:
    op.drop_table("archived_entries")
