"""Promises by tier, language, licence and back office; replaced schedules; versions of policies; time per party.

Revision ID: 20261124_1570
Revises: 20261124_1561
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1570"
down_revision = "20261124_1561"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_CONDITIONS = ("tier", "language", "licence", "waiting_on")


def upgrade() -> None:
    for name in _CONDITIONS:
        op.add_column("policies", sa.Column(name, sa.Text))
        op.add_column("clocked_tickets", sa.Column(name, sa.Text))
    op.add_column("clocked_tickets", sa.Column("asked_id", sa.Text))
    op.add_column("clocked_tickets", sa.Column("borrowed_from", _UUID))
    op.add_column("clocked_tickets", sa.Column("party_since", _TIME))
    op.add_column("clocked_tickets", sa.Column("spent", postgresql.JSONB, nullable=False, server_default="{}"))
    _create_policy_versions()
    isolate(op, "policy_versions")
    _create_clock_schedules()
    isolate(op, "clock_schedules")


def downgrade() -> None:
    op.drop_table("clock_schedules")
    op.drop_table("policy_versions")
    for name in ("spent", "party_since", "borrowed_from", "asked_id", *_CONDITIONS):
        op.drop_column("clocked_tickets", name)
    for name in _CONDITIONS:
        op.drop_column("policies", name)


def _create_policy_versions() -> None:
    op.create_table(
        "policy_versions",
        sa.Column("policy_id", _UUID, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("policy", postgresql.JSONB, nullable=False),
        sa.Column("edited_by", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("policy_id", "version", name="pk_policy_versions"),
    )


def _create_clock_schedules() -> None:
    op.create_table(
        "clock_schedules",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("clock_id", _UUID, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("policy_id", _UUID, nullable=False),
        sa.Column("policy_version", sa.BigInteger, nullable=False),
        sa.Column("warn_at", _TIME),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("replaced_at", _TIME, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "clock_id", "generation", name="pk_clock_schedules"),
        sa.ForeignKeyConstraint(
            ["ticket_id", "clock_id"],
            ["clocks.ticket_id", "clocks.id"],
            name="fk_clock_schedules_ticket_id_clock_id_clocks",
        ),
    )
