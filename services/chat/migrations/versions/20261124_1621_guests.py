"""Several of the staff hear one conversation by themselves; a brand may keep from its players who comes and goes.

Revision ID: 20261124_1621
Revises: 20261124_1620
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1621"
down_revision = "20261124_1620"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_guests",
        sa.Column("ticket_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "staff_id", name="pk_chat_guests"),
    )
    op.create_index("ix_chat_guests_staff", "chat_guests", ["brand", "staff_id"])
    isolate(op, "chat_guests", worker=True)
    op.execute("REVOKE INSERT, UPDATE, DELETE ON chat_guests FROM chat_worker")
    yes = sa.text("true")
    op.add_column("chat_policies", sa.Column("announces_people", sa.Boolean, nullable=False, server_default=yes))


def downgrade() -> None:
    op.drop_column("chat_policies", "announces_people")
    op.drop_table("chat_guests")
