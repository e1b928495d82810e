"""Lists by update that end long ago pass by what is younger inside the index, without reading the tickets.

Revision ID: 20261124_1602
Revises: 20261124_1600
"""

from alembic import op

revision = "20261124_1602"
down_revision = "20261124_1600"
branch_labels = None
depends_on = None

_NAME = "ix_tickets_changed"


def upgrade() -> None:
    op.drop_index(_NAME, "tickets")
    op.create_index(_NAME, "tickets", ["brand", "updated_at", "id", "created_at"])


def downgrade() -> None:
    op.drop_index(_NAME, "tickets")
    op.create_index(_NAME, "tickets", ["brand", "updated_at", "id"])
