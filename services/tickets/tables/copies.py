"""What other services own and this one keeps a copy of: staff, live conversations, where their players got e-mails."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, time_column

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
    # Since when the status is what it is; null where that was not kept yet.
    time_column("status_since", nullable=True),
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
    Column("reason", Text),
    # What the operator signed about the player's tier.
    Column("vip", Text),
    time_column("started_at"),
    time_column("ended_at", nullable=True),
)

# Where chat let the player of a conversation be written to: from there he may answer.
written_to: Final = Table(
    "written_to",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("address", Text, nullable=False),
    brand_column(),
    time_column("told_at"),
    PrimaryKeyConstraint("ticket_id", "address"),
)
