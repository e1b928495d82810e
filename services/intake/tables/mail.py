"""Tables of what came by mail: raw deliveries, what they said, who wrote, and which mailboxes are whose."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.intake.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column

brands: Final = Table(
    "brands",
    metadata,
    Column("brand", Text, primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

# A brand's former mailboxes stay its own: players answer old mails.
mailboxes: Final = Table(
    "mailboxes",
    metadata,
    brand_column(),
    Column("address", Text, nullable=False),
    time_column("since_at"),
    PrimaryKeyConstraint("brand", "address"),
    Index(None, "address"),
)

raw_deliveries: Final = Table(
    "raw_deliveries",
    metadata,
    id_column(),
    brand_column(),
    Column("key", LargeBinary, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("rcpt_to", Text, nullable=False),
    Column("ticket_id", PG_UUID(as_uuid=True)),
    Column("mail_from", Text, nullable=False),
    Column("helo", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    time_column("received_at"),
    time_column("next_at"),
    time_column("finished_at", nullable=True),
    UniqueConstraint("brand", "key"),
    CheckConstraint("state IN ('pending', 'done', 'duplicate', 'parse_failed')", name="state_known"),
    Index("ix_raw_deliveries_due", "next_at", postgresql_where=text("state = 'pending'")),
    Index("ix_raw_deliveries_finished", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
    Index("ix_raw_deliveries_failed", "brand", "id", postgresql_where=text("state = 'parse_failed'")),
)

contacts: Final = Table(
    "contacts",
    metadata,
    id_column(),
    brand_column(),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("name", Text),
    time_column("first_seen_at"),
    time_column("last_seen_at"),
    UniqueConstraint("brand", "channel", "address"),
)

messages: Final = Table(
    "messages",
    metadata,
    id_column(),
    brand_column(),
    Column("mailbox", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("contact_id", PG_UUID(as_uuid=True), nullable=False),
    Column("delivery_id", PG_UUID(as_uuid=True), nullable=False),
    Column("automatic", Boolean, nullable=False),
    # Another message had the same Message-ID and said something else.
    Column("contested", Boolean, nullable=False),
    time_column("received_at"),
    UniqueConstraint("brand", "mailbox", "key", "digest"),
)
