"""What words said before they were corrected or withdrawn."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column

# Goes with its message and never alone: whatever erases words erases what they were, too.
revisions: Final = Table(
    "revisions",
    metadata,
    id_column(),
    brand_column(),
    Column("message_id", PG_UUID(as_uuid=True), ForeignKey("timeline.id", ondelete="CASCADE"), nullable=False),
    Column("text", Text, nullable=False),
    # Who replaced it, when, and why he withdrew it, as far as he says so.
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text),
    Column("reason", Text),
    time_column("replaced_at"),
    Index("ix_revisions_message", "message_id", "replaced_at"),
)
