"""A brand may acknowledge complaints by hand.

Revision ID: 20261124_1603
Revises: 20261124_1592
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_1603"
down_revision = "20261124_1592"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "lifecycles", sa.Column("acknowledge_complaints", sa.Boolean, nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    op.drop_column("lifecycles", "acknowledge_complaints")
