"""Where players of live conversations got e-mails, and the reason a conversation began with.

Revision ID: 20261124_1632
Revises: 20261124_1631
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1632"
down_revision = "20261124_1631"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("reason", sa.Text))
    op.create_table(
        "written_to",
        sa.Column("ticket_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "address", name="pk_written_to"),
    )
    isolate(op, "written_to")


def downgrade() -> None:
    op.drop_table("written_to")
    op.drop_column("conversations", "reason")
