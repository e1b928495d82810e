"""Mails that a machine writes, with HTML, and that go on from our own.

Revision ID: 20261124_1640
Revises: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1640"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outgoing_messages", sa.Column("html", sa.Text))
    op.add_column("outgoing_messages", sa.Column("automatic", sa.Boolean, nullable=False, server_default="false"))
    op.add_column("outgoing_messages", sa.Column("first_message_id", postgresql.UUID(as_uuid=True)))


def downgrade() -> None:
    for column in ("first_message_id", "automatic", "html"):
        op.drop_column("outgoing_messages", column)
