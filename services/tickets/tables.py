"""The tables of tickets; every one carries a brand and is isolated by it."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
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

from shared.db.base import brand_column, id_column, new_metadata, time_column, version_column

metadata: Final = new_metadata()

tickets: Final = Table(
    "tickets",
    metadata,
    id_column(),
    brand_column(),
    Column("number", Text, nullable=False),
    Column("player_id", Text),
    Column("visitor_id", Text),
    Column("subject", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("assignee_id", Text),
    Column("language", Text),
    Column("reason", Text),
    Column("reason_class", Text),
    # A ContactRef: where an outside writer is answered.
    Column("contact", JSONB(none_as_null=True)),
    # Chat holds the conversation: answers go to its sockets.
    Column("live", Boolean, nullable=False),
    time_column("created_at"),
    time_column("updated_at"),
    version_column(),
    UniqueConstraint("brand", "number"),
    CheckConstraint("status IN ('new', 'open', 'pending', 'resolved', 'closed')", name="status_known"),
    CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority_known"),
    CheckConstraint("version > 0", name="version_positive"),
    # Lists sort on what never changes, so that no row can slip from one page to another while it is being read.
    Index("ix_tickets_newest", "brand", "created_at", "id"),
    Index("ix_tickets_status", "brand", "status", "created_at", "id"),
    Index("ix_tickets_assignee", "brand", "assignee_id", "created_at", "id"),
    Index(
        "ix_tickets_player", "brand", "player_id", "created_at", "id", postgresql_where=text("player_id IS NOT NULL")
    ),
    Index(
        "ix_tickets_visitor", "brand", "visitor_id", "created_at", "id", postgresql_where=text("visitor_id IS NOT NULL")
    ),
    Index("ix_tickets_updated", "brand", "updated_at"),
    # Most edits change no indexed column but updated_at; room on the page keeps the others cheap.
    postgresql_with={"fillfactor": "85"},
)

timeline: Final = Table(
    "timeline",
    metadata,
    id_column(),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    Column("kind", Text, nullable=False),
    time_column("occurred_at"),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text),
    Column("text", Text),
    Column("automatic", Boolean, nullable=False),
    Column("change", JSONB(none_as_null=True)),
    Column("public", Boolean, nullable=False),
    version_column(),
    UniqueConstraint("ticket_id", "version"),
    CheckConstraint("kind IN ('message', 'reply', 'note', 'change')", name="kind_known"),
    CheckConstraint(
        "(kind = 'change') = (text IS NULL) AND (kind = 'change') = (change IS NOT NULL)", name="words_or_change"
    ),
    Index("ix_timeline_order", "ticket_id", "occurred_at", "id"),
)

staff: Final = Table(
    "staff",
    metadata,
    brand_column(),
    Column("staff_id", Text, nullable=False),
    Column("membership_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    time_column("changed_at"),
    # The sequence of the last fact applied: older ones that arrive later are ignored.
    Column("sequence", BigInteger, nullable=False),
    PrimaryKeyConstraint("brand", "staff_id"),
)

conversations: Final = Table(
    "conversations",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("subject", Text),
    Column("language", Text),
    time_column("started_at"),
    time_column("ended_at", nullable=True),
)

breaches: Final = Table(
    "breaches",
    metadata,
    Column("clock_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    Column("kind", Text, nullable=False),
    time_column("breached_at"),
)

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
