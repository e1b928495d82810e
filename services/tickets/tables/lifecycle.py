"""What time does to tickets: the policies of brands, and when which ticket moves by itself."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, time_column, version_column

lifecycles: Final = Table(
    "lifecycles",
    metadata,
    brand_column(),
    version_column(),
    # Per channel or "default": auto_close_days and reopen_days.
    Column("channels", JSONB, nullable=False),
    # Whether players are told by themselves that their complaint is registered.
    Column("acknowledge_complaints", Boolean, nullable=False, server_default=true()),
    # Seconds in which staff correct or withdraw their own words; 0: never.
    Column("correct_within", Integer, nullable=False, server_default="300"),
    Column("changed_by", Text, nullable=False),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "version"),
)

# A table of its own: the job of all brands reads it, and tickets themselves stay out of its sight.
alarms: Final = Table(
    "alarms",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    time_column("due_at"),
    # How often in a row answering it has failed.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_alarms_due", "due_at"),
)
