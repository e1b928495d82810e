"""The audit trail and the chain that seals it."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column

audit: Final = Table(
    "audit",
    metadata,
    id_column(),
    brand_column(),
    time_column("occurred_at"),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text),
    Column("actor_role", Text),
    Column("action", Text, nullable=False),
    Column("ticket_id", PG_UUID(as_uuid=True)),
    Column("player_id", Text),
    Column("filter", JSONB(none_as_null=True)),
    Column("reason", Text),
    Column("request_id", Text, nullable=False),
    Column("trace_id", Text),
    Index("ix_audit_newest", "brand", "occurred_at", "id"),
    Index("ix_audit_actor", "brand", "actor_id", "occurred_at", "id"),
    Index("ix_audit_ticket", "brand", "ticket_id", "occurred_at", "id", postgresql_where=text("ticket_id IS NOT NULL")),
    Index("ix_audit_player", "brand", "player_id", "occurred_at", "id", postgresql_where=text("player_id IS NOT NULL")),
)

# Without a foreign key: a link must outlive its entry to testify that there was one.
audit_links: Final = Table(
    "audit_links",
    metadata,
    brand_column(),
    Column("position", BigInteger, nullable=False),
    Column("entry_id", PG_UUID(as_uuid=True), nullable=False),
    Column("mac", LargeBinary, nullable=False),
    PrimaryKeyConstraint("brand", "position"),
    UniqueConstraint("entry_id"),
    CheckConstraint("position > 0", name="position_positive"),
)

# Which entries wait for their link; finding them as those without one would read the whole trail.
audit_waiting: Final = Table(
    "audit_waiting",
    metadata,
    Column("entry_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
)
