"""Several of the staff are in one conversation.

Revision ID: 20261124_1631
Revises: 20261124_1630
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1631"
down_revision = "20261124_1630"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "participants",
        sa.Column("ticket_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("invited_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("invited_at", _TIME, nullable=False),
        sa.Column("joined_at", _TIME),
        sa.PrimaryKeyConstraint("ticket_id", "staff_id", name="pk_participants"),
        sa.CheckConstraint("state IN ('invited', 'joined')", name="ck_participants_state_known"),
    )
    op.create_index("ix_participants_newest", "participants", ["brand", "staff_id", "invited_at", "ticket_id"])
    isolate(op, "participants")


def downgrade() -> None:
    op.drop_table("participants")
