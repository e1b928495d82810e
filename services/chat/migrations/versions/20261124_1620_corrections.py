"""Words are corrected and withdrawn by entries of their own; what was said stays beneath them.

Revision ID: 20261124_1620
Revises: 20261124_1611
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1620"
down_revision = "20261124_1611"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("corrects", postgresql.UUID(as_uuid=True)))
    op.create_index(
        "ix_chat_messages_corrects",
        "chat_messages",
        ["ticket_id", "corrects", "seq"],
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
    # Nobody changes what was said, whatever the code does: it is only ever added to.
    op.execute("REVOKE UPDATE ON chat_messages FROM chat_app")
    op.add_column("chat_policies", sa.Column("correct_within", sa.Integer, nullable=False, server_default="120"))


def downgrade() -> None:
    op.drop_column("chat_policies", "correct_within")
    op.execute("GRANT UPDATE ON chat_messages TO chat_app")
    op.drop_index("ix_chat_messages_corrects", "chat_messages")
    op.drop_column("chat_messages", "corrects")
