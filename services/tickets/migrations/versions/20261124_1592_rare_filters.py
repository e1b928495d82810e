"""Lists by what few tickets have are read from indexes of their own.

Revision ID: 20261124_1592
Revises: 20261124_1593
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_1592"
down_revision = "20261124_1593"
branch_labels = None
depends_on = None

_ALWAYS_THERE = ("channel", "priority")
_SOMETIMES_THERE = ("language", "licence", "reason_class")


def upgrade() -> None:
    for column in _ALWAYS_THERE:
        op.create_index(f"ix_tickets_{column}", "tickets", ["brand", column, "created_at", "id"])
    for column in _SOMETIMES_THERE:
        op.create_index(
            f"ix_tickets_{column}",
            "tickets",
            ["brand", column, "created_at", "id"],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )


def downgrade() -> None:
    for column in (*_ALWAYS_THERE, *_SOMETIMES_THERE):
        op.drop_index(f"ix_tickets_{column}", "tickets")
