"""Lifecycle of tickets, contact reasons and fields of brands, links between tickets.

Revision ID: 20261124_1510
Revises: 20261124_1500
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1510"
down_revision = "20261124_1500"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TEXTS = postgresql.ARRAY(sa.Text)
_TABLES = ("links", "lifecycles", "alarms", "reasons", "ticket_fields")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("resolved_at", sa.DateTime(timezone=True)))
    _create_lifecycle()
    _create_reasons()
    _create_fields()
    for table in _TABLES:
        isolate(op, table, worker=table == "alarms")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON alarms FROM tickets_worker")
    # What was decided once is kept: a ticket's past is read with the reasons and fields of its time.
    for table in ("lifecycles", "reasons", "ticket_fields"):
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM tickets_app")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_column("tickets", "resolved_at")


def _create_lifecycle() -> None:
    op.create_table(
        "links",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("other_id", _UUID, nullable=False),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand", "ticket_id", "other_id", "relation", name="pk_links"),
    )
    op.create_table(
        "lifecycles",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("channels", postgresql.JSONB, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand", "version", name="pk_lifecycles"),
    )
    op.create_table(
        "alarms",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_due", "alarms", ["due_at"])


def _create_reasons() -> None:
    op.create_table(
        "reasons",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason_class", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("priority", sa.Text),
        sa.Column("team_id", sa.Text),
        sa.Column("required", _TEXTS, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand", "code", "version", name="pk_reasons"),
        sa.CheckConstraint("reason_class IN ('S', 'C', 'R', 'X')", name="ck_reasons_class_known"),
        sa.CheckConstraint("severity BETWEEN 0 AND 5", name="ck_reasons_severity_known"),
    )


def _create_fields() -> None:
    op.create_table(
        "ticket_fields",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("choices", _TEXTS, nullable=False),
        sa.Column("required_for", _TEXTS, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand", "key", "version", name="pk_ticket_fields"),
        sa.CheckConstraint(
            "type IN ('text', 'number', 'boolean', 'date', 'choice')", name="ck_ticket_fields_type_known"
        ),
    )
