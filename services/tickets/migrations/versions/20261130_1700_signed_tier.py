"""A live conversation remembers what the operator signed about its player's tier until its first words open a ticket.

Revision ID: 20261130_1700
Revises: 20261124_1632
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_1700"
down_revision = "20261124_1632"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("vip", sa.Text()))


def downgrade() -> None:
    op.drop_column("conversations", "vip")
