"""Words are corrected and withdrawn; what they said before is kept.

Revision ID: 20261124_1630
Revises: 20261124_1613
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1630"
down_revision = "20261124_1613"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("timeline", sa.Column("edited_at", _TIME))
    op.add_column("timeline", sa.Column("withdrawn_at", _TIME))
    none = sa.text("'{}'::uuid[]")
    op.add_column("timeline", sa.Column("heard_in", postgresql.ARRAY(_UUID), nullable=False, server_default=none))
    op.add_column("timeline", sa.Column("sent_out", sa.Boolean, nullable=False, server_default="false"))
    op.add_column("lifecycles", sa.Column("correct_within", sa.Integer, nullable=False, server_default="300"))
    op.create_table(
        "revisions",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("message_id", _UUID, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("replaced_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["timeline.id"], name="fk_revisions_message_id_timeline", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_revisions_message", "revisions", ["message_id", "replaced_at"])
    isolate(op, "revisions")
    # What was said once is kept.
    op.execute("REVOKE UPDATE, DELETE ON revisions FROM tickets_app")


def downgrade() -> None:
    op.drop_table("revisions")
    op.drop_column("lifecycles", "correct_within")
    for column in ("sent_out", "heard_in", "withdrawn_at", "edited_at"):
        op.drop_column("timeline", column)
