"""How far everybody has read, and what they have not.

Overviews that there are stay as they are until the archiver has made them anew, a few at a time: it may be a lot.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("members", sa.Column("read_up_to", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("members", sa.Column("unread", sa.JSON, nullable=False, server_default="[]"))
    op.execute(sa.text('UPDATE conversations SET "offset" = -1'))


def downgrade() -> None:
    op.drop_column("members", "unread")
    op.drop_column("members", "read_up_to")
