"""Conversations and who takes part in them, people, what is erased, and what a search looks at.

What was archived before is taken in by the archiver, a few conversations at a time, and not here: it may be a lot.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("archived_entries", sa.Column("words", sa.Text))
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("epoch", sa.String(16), nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String(255)),
        sa.Column("title", sa.String(100)),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("active_at", sa.BigInteger, nullable=False),
        sa.Column("preview", sa.String(200), nullable=False),
        sa.Column("closed_at", sa.BigInteger),
    )
    op.create_table(
        "members",
        sa.Column("conversation", sa.String(80), primary_key=True),
        sa.Column("participant", sa.String(255), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("joined_at", sa.BigInteger, nullable=False),
        sa.Column("left_at", sa.BigInteger),
    )
    op.create_index("ix_members_participant", "members", ["participant"])
    op.create_table(
        "people",
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(60)),
        sa.Column("language", sa.String(35)),
        sa.Column("preferences", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "erasures",
        sa.Column("conversation", sa.String(80), primary_key=True),
        sa.Column("epoch", sa.String(16), primary_key=True),
        sa.Column("successor", sa.String(16)),
        sa.Column("heir", sa.String(40), nullable=False),
        sa.Column("people", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_table("people")
    op.drop_table("members")
    op.drop_table("conversations")
    op.drop_column("archived_entries", "words")
