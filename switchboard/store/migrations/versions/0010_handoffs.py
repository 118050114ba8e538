"""What people did where the bot did not go on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "handoffs",
        sa.Column("conversation", sa.String(80), primary_key=True),
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("team", sa.String(40), nullable=False),
        sa.Column("operator", sa.String(255)),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("assigned_at", sa.BigInteger),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.String(20)),
        sa.Column("disposition", sa.String(80)),
        sa.Column("rating", sa.BigInteger),
        sa.Column("comment", sa.Text),
    )
    op.create_index("ix_handoffs_requested_at", "handoffs", ["requested_at"])


def downgrade() -> None:
    op.drop_table("handoffs")
