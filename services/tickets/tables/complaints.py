"""The complaints register, its history, and what is known of the brand that answers for them."""

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column, version_column

# `received_at` cannot be updated: a trigger refuses it, whoever tries.
complaints: Final = Table(
    "complaints",
    metadata,
    id_column(),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("player_id", Text),
    Column("step", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("licence", Text),
    Column("channel", Text, nullable=False),
    Column("language", Text),
    time_column("received_at"),
    Column("owner_id", Text),
    Column("accused_staff_id", Text),
    time_column("acknowledge_due_at", nullable=True),
    time_column("legal_due_at", nullable=True),
    time_column("closed_at", nullable=True),
    # The rest of the state that facts carry, and what the register alone keeps.
    Column("state", JSONB, nullable=False),
    Column("record", JSONB, nullable=False),
    version_column(),
    UniqueConstraint("brand", "number"),
    Index("ix_complaints_newest", "brand", "received_at", "id"),
    Index("ix_complaints_ticket", "brand", "ticket_id"),
    Index("ix_complaints_due", "brand", "legal_due_at", postgresql_where=text("closed_at IS NULL")),
)

complaint_moves: Final = Table(
    "complaint_moves",
    metadata,
    id_column(),
    brand_column(),
    Column("complaint_id", PG_UUID(as_uuid=True), ForeignKey("complaints.id"), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("moved_by", Text, nullable=False),
    time_column("moved_at"),
    Column("reason", Text),
    Column("evidence_request_id", Text),
    Index("ix_complaint_moves_order", "complaint_id", "moved_at", "id"),
)
