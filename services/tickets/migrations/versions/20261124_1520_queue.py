"""Teams, people, the queue and asked seniors.

Revision ID: 20261124_1520
Revises: 20261124_1510
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1520"
down_revision = "20261124_1510"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TEXTS = postgresql.ARRAY(sa.Text)
_TIME = sa.DateTime(timezone=True)
_FOR_APPLICATION = ("teams", "agents", "presence", "personal_managers", "queue", "queues", "escalations")


def upgrade() -> None:
    _create_people()
    _create_queue()
    for table in _FOR_APPLICATION:
        isolate(op, table)
    isolate(op, "queue_calls", worker=True)


def downgrade() -> None:
    for table in ("queue_calls", *reversed(_FOR_APPLICATION)):
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "teams",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("team_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("brand", "team_id", name="pk_teams"),
        sa.CheckConstraint("version > 0", name="ck_teams_version_positive"),
    )
    op.create_table(
        "agents",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("teams", _TEXTS, nullable=False, server_default="{}"),
        sa.Column("languages", _TEXTS, nullable=False, server_default="{}"),
        sa.Column("skills", _TEXTS, nullable=False, server_default="{}"),
        sa.Column("capacity", postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("shifts", postgresql.JSONB, nullable=False, server_default="[]"),
        sa.Column("time_zone", sa.Text, nullable=False, server_default="UTC"),
        sa.Column("last_given_at", _TIME),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("brand", "staff_id", name="pk_agents"),
        sa.CheckConstraint("version > 0", name="ck_agents_version_positive"),
    )
    op.create_table(
        "presence",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("connected", sa.Boolean, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "staff_id", name="pk_presence"),
    )
    op.create_table(
        "personal_managers",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("player_id", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("brand", "player_id", name="pk_personal_managers"),
    )


def _create_queue() -> None:
    op.create_table(
        "queue",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("rank", postgresql.SMALLINT, nullable=False),
        sa.Column("skill", sa.Text),
        sa.Column("reason_group", sa.Text),
        sa.Column("team_id", sa.Text),
        sa.Column("player_id", sa.Text),
        sa.Column("due_at", _TIME),
        sa.Column("legal_due_at", _TIME),
        sa.Column("enqueued_at", _TIME, nullable=False),
        sa.Column("holder_id", sa.Text),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("silent_at", _TIME),
        sa.Column("reserved_for", sa.Text),
        sa.Column("reserved_until", _TIME),
        sa.Column("passed_over", _TEXTS, nullable=False, server_default="{}"),
        sa.Column("stalled_at", _TIME),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_queue"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_queue_ticket_id_tickets"),
    )
    waiting, held = sa.text("holder_id IS NULL"), sa.text("holder_id IS NOT NULL")
    op.create_index("ix_queue_waiting", "queue", ["brand", "rank", "due_at", "enqueued_at"], postgresql_where=waiting)
    op.create_index("ix_queue_held", "queue", ["brand", "holder_id"], postgresql_where=held)
    op.create_table(
        "queue_calls",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_queue_calls"),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
    )
    op.create_index("ix_queue_calls_due", "queue_calls", ["due_at"])
    op.create_index("ix_queue_calls_brand", "queue_calls", ["brand", "due_at"])
    op.create_table(
        "queues",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("told_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "queue", name="pk_queues"),
    )
    op.create_table(
        "escalations",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("senior_id", sa.Text),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("declined", _TEXTS, nullable=False, server_default="{}"),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_escalations"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_escalations_ticket_id_tickets"),
    )
    op.create_index("ix_escalations_senior", "escalations", ["brand", "senior_id"])
