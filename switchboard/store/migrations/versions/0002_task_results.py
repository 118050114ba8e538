"""What a task with effects returned, for another try of its turn."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("result", sa.JSON))


def downgrade() -> None:
    op.drop_column("tasks", "result")
