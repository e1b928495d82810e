"""What raises a place in the queue, and how long each brand waits.

Revision ID: 20261124_1591
Revises: 20261124_1560
"""

import sqlalchemy as sa
from alembic import op

from shared.db.ground import isolate

revision = "20261124_1591"
down_revision = "20261124_1560"
branch_labels = None
depends_on = None

_BOUNDS = ("silence_seconds", "grace_seconds", "sleeper_seconds", "manager_seconds")


def upgrade() -> None:
    op.add_column("queue", sa.Column("raised", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "queue_settings",
        sa.Column("brand", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _BOUNDS),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("brand", name="pk_queue_settings"),
        sa.CheckConstraint("version > 0", name="ck_queue_settings_version_positive"),
    )
    isolate(op, "queue_settings")


def downgrade() -> None:
    op.drop_table("queue_settings")
    op.drop_column("queue", "raised")
