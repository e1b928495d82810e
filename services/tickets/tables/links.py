"""Which tickets belong together; each link is stored once from either side."""

from typing import Final

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, time_column

links: Final = Table(
    "links",
    metadata,
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("other_id", PG_UUID(as_uuid=True), nullable=False),
    # What the other one is to this one.
    Column("relation", Text, nullable=False),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "ticket_id", "other_id", "relation"),
)
