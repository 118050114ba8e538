"""Who is to be erased, and the turns that answered whoever was."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "erasure_requests",
        sa.Column("person", sa.String(255), primary_key=True),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("erased_at", sa.BigInteger),
    )
    op.add_column("erasures", sa.Column("turns", sa.JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("erasures", "turns")
    op.drop_table("erasure_requests")
