"""The legal clocks of complaints, and their timers.

Revision ID: 20261124_1561
Revises: 20261124_1300
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1561"
down_revision = "20261124_1300"
branch_labels = None
depends_on = None

_TABLES = ("clocked_complaints", "complaint_clocks", "complaint_timers")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_clocks()
    _create_timers()
    for table in _TABLES:
        isolate(op, table, worker=True)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_clocks() -> None:
    op.create_table(
        "clocked_complaints",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("jurisdiction", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("told", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clocked_complaints"),
    )
    op.create_table(
        "complaint_clocks",
        sa.Column("complaint_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("stands", sa.Boolean, nullable=False),
        sa.Column("met_at", _TIME),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("breached_at", _TIME),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("complaint_id", "kind", name="pk_complaint_clocks"),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["clocked_complaints.id"], name="fk_complaint_clocks_complaint_id_clocked_complaints"
        ),
    )


def _create_timers() -> None:
    op.create_table(
        "complaint_timers",
        sa.Column("complaint_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("percent", sa.Integer, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("complaint_id", "kind", "percent", name="pk_complaint_timers"),
        sa.ForeignKeyConstraint(
            ["complaint_id", "kind"],
            ["complaint_clocks.complaint_id", "complaint_clocks.kind"],
            name="fk_complaint_timers_complaint_id_kind_complaint_clocks",
        ),
    )
    op.create_index(
        "ix_complaint_timers_due", "complaint_timers", ["due_at"], postgresql_where=sa.text("state = 'pending'")
    )
