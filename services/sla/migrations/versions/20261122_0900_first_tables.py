"""The first tables of sla.

Revision ID: 20261122_0900
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import create_ground, drop_ground, isolate

revision = "20261122_0900"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = ("policies", "clocked_tickets", "clocks", "timers")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
# Every step of a clock updates its row and its ticket's: room on the page keeps those updates out of the indexes.
_ROOMY = {"fillfactor": "80"}


def upgrade() -> None:
    create_ground(op)
    _create_policies()
    _create_tickets()
    _create_clocks()
    _create_timers()
    for table in _TABLES:
        isolate(op, table, worker=True)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    drop_ground(op)


def _create_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("reason_class", sa.Text),
        sa.Column("priority", sa.Text),
        sa.Column("targets", postgresql.JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
    )
    op.create_index("ix_policies_asked", "policies", ["brand", "position", "id"])


def _create_tickets() -> None:
    op.create_table(
        "clocked_tickets",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("reason_class", sa.Text),
        sa.Column("assignee_id", sa.Text),
        sa.Column("greeted", sa.Boolean, nullable=False),
        sa.Column("waiting_since", _TIME),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.Column("escalated", sa.Boolean, nullable=False),
        sa.Column("clock_sequence", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_clocked_tickets"),
        postgresql_with=_ROOMY,
    )


def _create_clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("warn_at", _TIME),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("policy_id", _UUID, nullable=False),
        sa.Column("policy_version", sa.BigInteger, nullable=False),
        sa.Column("warned_at", _TIME),
        sa.Column("breached_at", _TIME),
        sa.Column("met_at", _TIME),
        sa.Column("paused_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.Column("paused_for", sa.Interval, nullable=False),
        sa.Column("corrected", sa.Boolean, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "id", name="pk_clocks"),
        sa.ForeignKeyConstraint(["ticket_id"], ["clocked_tickets.id"], name="fk_clocks_ticket_id_clocked_tickets"),
        postgresql_with=_ROOMY,
    )


def _create_timers() -> None:
    op.create_table(
        "timers",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("clock_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "clock_id", "kind", name="pk_timers"),
        sa.ForeignKeyConstraint(
            ["ticket_id", "clock_id"], ["clocks.ticket_id", "clocks.id"], name="fk_timers_ticket_id_clock_id_clocks"
        ),
    )
    op.create_index("ix_timers_due", "timers", ["due_at"], postgresql_where=sa.text("state = 'pending'"))
