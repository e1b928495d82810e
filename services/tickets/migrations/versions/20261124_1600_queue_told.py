"""What the queue tells, how fast it moves, and how patient each brand is.

Revision ID: 20261124_1600
Revises: 20261124_1592
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1600"
down_revision = "20261124_1592"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_BOUNDS = ("silence_seconds", "sleeper_seconds", "manager_seconds", "push_seconds")
_NEVER_USED = ("waiting", "fingerprint", "told_at")
_NEW = ("queue_tellings", "queue_takings", "queue_settings")


def upgrade() -> None:
    for column in _NEVER_USED:
        op.drop_column("queues", column)
    op.add_column("queues", sa.Column("stalled_at", _TIME))
    # No code ever wrote or read the one before.
    op.drop_table("queue_settings")
    op.create_table(
        "queue_tellings",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("told_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="pk_queue_tellings"),
    )
    op.create_table(
        "queue_takings",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("tongue", sa.Text),
        sa.Column("team_id", sa.Text),
        sa.Column("enqueued_at", _TIME, nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_queue_takings"),
    )
    op.create_index("ix_queue_takings_newest", "queue_takings", ["brand", "taken_at"])
    op.create_table(
        "queue_settings",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _BOUNDS),
        sa.Column("capacity", postgresql.JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "version", name="pk_queue_settings"),
    )
    for table in _NEW:
        isolate(op, table)


def downgrade() -> None:
    for table in _NEW:
        op.drop_table(table)
    op.create_table(
        "queue_settings",
        sa.Column("brand", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("silence_seconds", "grace_seconds", "sleeper_seconds", "manager_seconds")
        ),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("brand", name="pk_queue_settings"),
        sa.CheckConstraint("version > 0", name="ck_queue_settings_version_positive"),
    )
    isolate(op, "queue_settings")
    op.drop_column("queues", "stalled_at")
    op.add_column("queues", sa.Column("waiting", sa.Integer, nullable=False, server_default="0"))
    op.add_column("queues", sa.Column("fingerprint", sa.Text, nullable=False, server_default=""))
    op.add_column("queues", sa.Column("told_at", _TIME, nullable=False, server_default=sa.func.now()))
