"""What a broken promise did to its ticket is remembered, so that it can be taken back.

Revision ID: 20261124_1650
Revises: 20261124_1631
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1650"
down_revision = "20261130_1700"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("breaches", sa.Column("version", sa.BigInteger))
    op.add_column("breaches", sa.Column("priority", sa.Text))
    op.add_column("breaches", sa.Column("holder_id", sa.Text))
    op.add_column("breaches", sa.Column("escalated_at", _TIME))
    op.add_column("breaches", sa.Column("asked", postgresql.JSONB(none_as_null=True)))
    op.add_column("breaches", sa.Column("withdrawn_at", _TIME))
    op.create_index(
        "ix_breaches_answered", "breaches", ["ticket_id", "version"], postgresql_where=sa.text("version IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_breaches_answered", table_name="breaches")
    for name in ("withdrawn_at", "asked", "escalated_at", "holder_id", "priority", "version"):
        op.drop_column("breaches", name)
