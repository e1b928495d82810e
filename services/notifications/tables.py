"""The tables of notifications: endpoints, what they are told, how each attempt went, and mail on its way out."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from shared.db.base import brand_column, id_column, new_metadata, time_column, version_column

metadata: Final = new_metadata()

brands: Final = Table(
    "brands",
    metadata,
    Column("brand", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("support_email", Text),
    Column("sequence", BigInteger, nullable=False),
)

webhook_endpoints: Final = Table(
    "webhook_endpoints",
    metadata,
    id_column(),
    brand_column(),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("ordered", Boolean, nullable=False),
    Column("include_content", Boolean, nullable=False),
    Column("api_version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("disabled_reason", Text),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    time_column("previous_until_at", nullable=True),
    Column("cap", Integer, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    time_column("failing_since_at", nullable=True),
    time_column("open_until_at", nullable=True),
    Column("troubled", Boolean, nullable=False, server_default="false"),
    Column("warned_hours", Integer, nullable=False, server_default="0"),
    Column("told", BigInteger, nullable=False, server_default="0"),
    version_column(),
    time_column("created_at"),
    time_column("updated_at"),
    time_column("deleted_at", nullable=True),
    CheckConstraint("state IN ('enabled', 'paused', 'disabled')", name="state_known"),
    Index(None, "brand", "id", postgresql_where=text("deleted_at IS NULL")),
    postgresql_with={"fillfactor": "70"},
)

webhook_events: Final = Table(
    "webhook_events",
    metadata,
    id_column(),
    brand_column(),
    Column("type", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # Null where the body holds no words anyway.
    Column("content_body", LargeBinary),
    time_column("created_at"),
    Index(None, "created_at"),
)

webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    id_column(),
    # Grows in the order of arrival, which within one aggregate is the order of its facts.
    Column("position", BigInteger, Identity(always=True), nullable=False),
    brand_column(),
    Column("endpoint_id", PG_UUID(as_uuid=True), nullable=False),
    Column("event_id", PG_UUID(as_uuid=True), nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("ordered", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    # Failed attempts of this round of the schedule; a replay begins a new round.
    Column("step", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # A claim moves `next_at` to the end of its lease: a lease that expires is due again by itself.
    time_column("next_at"),
    Column("lease_token", PG_UUID(as_uuid=True)),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("told", BigInteger, nullable=False, server_default="0"),
    time_column("created_at"),
    time_column("finished_at", nullable=True),
    UniqueConstraint("endpoint_id", "event_id"),
    CheckConstraint("state IN ('pending', 'delivered', 'exhausted', 'skipped')", name="state_known"),
    Index("ix_webhook_deliveries_due", "endpoint_id", "next_at", postgresql_where=text("state = 'pending'")),
    Index(
        "ix_webhook_deliveries_heads",
        "endpoint_id",
        "aggregate_id",
        "position",
        postgresql_where=text("state = 'pending' AND ordered"),
    ),
    Index("ix_webhook_deliveries_leased", "endpoint_id", postgresql_where=text("lease_token IS NOT NULL")),
    Index(None, "endpoint_id", "position"),
    Index(None, "created_at"),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
)

delivery_attempts: Final = Table(
    "delivery_attempts",
    metadata,
    Column("delivery_id", PG_UUID(as_uuid=True), nullable=False),
    Column("number", Integer, nullable=False),
    brand_column(),
    time_column("attempted_at"),
    Column("latency_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("response", LargeBinary, nullable=False),
    PrimaryKeyConstraint("delivery_id", "number"),
)

outgoing_messages: Final = Table(
    "outgoing_messages",
    metadata,
    id_column("message_id"),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("number", Text, nullable=False),
    Column("channel", Text, nullable=False),
    # Words and address are kept by tickets; here only until they have left.
    Column("subject", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("html", Text),
    Column("automatic", Boolean, nullable=False, server_default="false"),
    # Our own mail that this one goes on from, where the player has written none.
    Column("first_message_id", PG_UUID(as_uuid=True)),
    Column("contact", JSONB, nullable=False),
    time_column("written_at"),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    time_column("next_at"),
    Column("lease_token", PG_UUID(as_uuid=True)),
    Column("provider_id", Text),
    Column("last_error", Text),
    time_column("finished_at", nullable=True),
    CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state_known"),
    Index("ix_outgoing_messages_due", "next_at", postgresql_where=text("state = 'pending'")),
    Index(None, "finished_at"),
)
