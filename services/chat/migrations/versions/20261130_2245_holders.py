"""Players are told the name of whoever holds their conversation.

Revision ID: 20261130_2245
Revises: 20261124_1622
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_2245"
down_revision = "20261124_1622"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat_staff", sa.Column("name", sa.Text))


def downgrade() -> None:
    op.drop_column("chat_staff", "name")
