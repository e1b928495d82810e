"""The board: faces of tickets, the ledger of their facts, measures, reasons of breaches, imported holidays.

Revision ID: 20261124_1580
Revises: 20261124_1570
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1580"
down_revision = "20261124_1570"
branch_labels = None
depends_on = None

_SHARED = ("ticket_faces", "ticket_facts", "measures")
_OF_BRANDS = ("breach_reasons", "imported_holidays")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_faces()
    _create_facts()
    _create_measures()
    _create_reasons()
    _create_imports()
    for table in _SHARED:
        isolate(op, table, worker=True)
    for table in _OF_BRANDS:
        isolate(op, table)
    # Measures count business time, for all brands.
    op.execute("CREATE POLICY calendar_versions_worker ON calendar_versions TO sla_worker USING (true)")
    op.execute("GRANT SELECT ON calendar_versions TO sla_worker")
    op.create_index(
        "ix_clocks_breached", "clocks", ["brand", "breached_at", "id"],
        postgresql_where=sa.text("breached_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index("ix_clocks_breach", "clocks", ["id"], postgresql_where=sa.text("breached_at IS NOT NULL"))
    op.create_index("ix_clocks_met", "clocks", ["brand", "met_at"], postgresql_where=sa.text("state = 'met'"))


def downgrade() -> None:
    op.drop_index("ix_clocks_met", "clocks")
    op.drop_index("ix_clocks_breach", "clocks")
    op.drop_index("ix_clocks_breached", "clocks")
    op.execute("REVOKE SELECT ON calendar_versions FROM sla_worker")
    op.execute("DROP POLICY calendar_versions_worker ON calendar_versions")
    for table in (*_OF_BRANDS, *_SHARED):
        op.drop_table(table)


def _create_faces() -> None:
    op.create_table(
        "ticket_faces",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("team_id", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("reason_class", sa.Text),
        sa.Column("tier", sa.Text),
        sa.Column("licence", sa.Text),
        sa.Column("assignee_id", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("party_since", _TIME, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("waiting_since", _TIME),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("measured", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_ticket_faces"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_ticket_faces_waiting", "ticket_faces", ["brand", "waiting_since"],
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_ticket_faces_unmeasured", "ticket_faces", ["ticket_id"], postgresql_where=sa.text("measured < sequence")
    )


def _create_facts() -> None:
    op.create_table(
        "ticket_facts",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("data", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "sequence", name="pk_ticket_facts"),
    )


def _create_measures() -> None:
    op.create_table(
        "measures",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("business_seconds", sa.Double),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("reason_class", sa.Text),
        sa.Column("team_id", sa.Text),
        sa.Column("agent_id", sa.Text),
        sa.Column("tier", sa.Text),
        sa.Column("licence", sa.Text),
        sa.PrimaryKeyConstraint("ticket_id", "kind", "ordinal", name="pk_measures"),
    )
    op.create_index("ix_measures_listed", "measures", ["brand", "ended_at", "ticket_id", "kind", "ordinal"])


def _create_reasons() -> None:
    op.create_table(
        "breach_reasons",
        sa.Column("clock_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("given_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", name="pk_breach_reasons"),
    )


def _create_imports() -> None:
    op.create_table(
        "imported_holidays",
        sa.Column("calendar_id", _UUID, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("calendar_id", "date", name="pk_imported_holidays"),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name="fk_imported_holidays_calendar_id_calendars", ondelete="CASCADE"
        ),
    )
