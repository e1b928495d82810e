"""Who takes a ticket by his own hand while he is away keeps it: when he took it, and since when he is what he is.

Revision ID: 20261130_1800
Revises: 20261124_1650
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_1800"
down_revision = "20261124_1650"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("queue", sa.Column("taken_at", _TIME))
    op.add_column("staff", sa.Column("status_since", _TIME))


def downgrade() -> None:
    op.drop_column("staff", "status_since")
    op.drop_column("queue", "taken_at")
