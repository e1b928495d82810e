"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import create_ground, drop_ground, isolate

revision = "20261122_0900"
down_revision = None
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_TABLES = (
    "brands",
    "webhook_endpoints",
    "webhook_events",
    "webhook_deliveries",
    "delivery_attempts",
    "outgoing_messages",
)


def upgrade() -> None:
    create_ground(op)
    _create_endpoints()
    _create_events()
    _create_deliveries()
    _create_outgoing()
    for table in _TABLES:
        isolate(op, table, worker=True)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    drop_ground(op)


def _create_endpoints() -> None:
    op.create_table(
        "brands",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("support_email", sa.Text),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="pk_brands"),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("ordered", sa.Boolean, nullable=False),
        sa.Column("include_content", sa.Boolean, nullable=False),
        sa.Column("api_version", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("previous_secret", sa.LargeBinary),
        sa.Column("previous_until_at", _TIME),
        sa.Column("cap", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failing_since_at", _TIME),
        sa.Column("open_until_at", _TIME),
        sa.Column("troubled", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("warned_hours", sa.Integer, nullable=False, server_default="0"),
        sa.Column("told", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("deleted_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
        sa.CheckConstraint("state IN ('enabled', 'paused', 'disabled')", name="ck_webhook_endpoints_state_known"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_webhook_endpoints_brand_webhook_endpoints_id",
        "webhook_endpoints",
        ["brand", "id"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _create_events() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("content_body", sa.LargeBinary),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_events"),
    )
    op.create_index("ix_webhook_events_created_at", "webhook_events", ["created_at"])


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("endpoint_id", _UUID, nullable=False),
        sa.Column("event_id", _UUID, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("aggregate_id", sa.Text, nullable=False),
        sa.Column("ordered", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, nullable=False, server_default="0"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("lease_token", _UUID),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.Column("told", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint("endpoint_id", "event_id", name="uq_webhook_deliveries_endpoint_id_event_id"),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'exhausted', 'skipped')", name="ck_webhook_deliveries_state_known"
        ),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
    )
    table, pending = "webhook_deliveries", "state = 'pending'"
    op.create_index(f"ix_{table}_due", table, ["endpoint_id", "next_at"], postgresql_where=sa.text(pending))
    op.create_index(
        f"ix_{table}_heads",
        table,
        ["endpoint_id", "aggregate_id", "position"],
        postgresql_where=sa.text(f"{pending} AND ordered"),
    )
    op.create_index(f"ix_{table}_leased", table, ["endpoint_id"], postgresql_where=sa.text("lease_token IS NOT NULL"))
    op.create_index(f"ix_{table}_endpoint_id_{table}_position", table, ["endpoint_id", "position"])
    op.create_index(f"ix_{table}_created_at", table, ["created_at"])
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery_id", _UUID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("attempted_at", _TIME, nullable=False),
        sa.Column("latency_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("response", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_delivery_attempts"),
    )


def _create_outgoing() -> None:
    op.create_table(
        "outgoing_messages",
        sa.Column("message_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("contact", postgresql.JSONB, nullable=False),
        sa.Column("written_at", _TIME, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("lease_token", _UUID),
        sa.Column("provider_id", sa.Text),
        sa.Column("last_error", sa.Text),
        sa.Column("finished_at", _TIME),
        sa.PrimaryKeyConstraint("message_id", name="pk_outgoing_messages"),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name="ck_outgoing_messages_state_known"),
    )
    op.create_index(
        "ix_outgoing_messages_due", "outgoing_messages", ["next_at"], postgresql_where=sa.text("state = 'pending'")
    )
    op.create_index("ix_outgoing_messages_finished_at", "outgoing_messages", ["finished_at"])
