"""Merges with what an undo needs to know."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column

merges: Final = Table(
    "merges",
    metadata,
    id_column(),
    brand_column(),
    Column("merged_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    # The ticket it was merged into by hand; `tickets.merged_into` names where that one ended up.
    Column("into_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    time_column("merged_at"),
    Column("merged_before", JSONB, nullable=False),
    Column("survivor_before", JSONB, nullable=False),
    Column("survivor_after", JSONB, nullable=False),
    Column("survivor_version", BigInteger, nullable=False),
    time_column("undone_at", nullable=True),
    CheckConstraint("merged_id <> into_id", name="two_tickets"),
    Index("ix_merges_standing", "brand", "merged_id", unique=True, postgresql_where=text("undone_at IS NULL")),
    Index("ix_merges_age", "undone_at", postgresql_where=text("undone_at IS NOT NULL")),
)
