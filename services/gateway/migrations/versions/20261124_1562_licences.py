"""Brands say under which licence they serve their players.

Revision ID: 20261124_1562
Revises: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_1562"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("brands", sa.Column("licence", sa.Text))


def downgrade() -> None:
    op.drop_column("brands", "licence")
