"""How the people of a desk work on one ticket together: mentions, watchers, drafts, macros and what was used."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column, version_column

# Nothing here refers to tickets by foreign key: that would make a draft wait for whoever changes its ticket.
_TICKET: Final = PG_UUID(as_uuid=True)

mentions: Final = Table(
    "mentions",
    metadata,
    Column("entry_id", PG_UUID(as_uuid=True), nullable=False),
    Column("staff_id", Text, nullable=False),
    brand_column(),
    Column("ticket_id", _TICKET, nullable=False),
    time_column("mentioned_at"),
    time_column("read_at", nullable=True),
    PrimaryKeyConstraint("entry_id", "staff_id"),
    Index("ix_mentions_newest", "brand", "staff_id", "mentioned_at", "entry_id"),
    Index(
        "ix_mentions_unread", "brand", "staff_id", "mentioned_at", "entry_id", postgresql_where=text("read_at IS NULL")
    ),
)

watchers: Final = Table(
    "watchers",
    metadata,
    Column("ticket_id", _TICKET, nullable=False),
    Column("staff_id", Text, nullable=False),
    brand_column(),
    time_column("since_at"),
    PrimaryKeyConstraint("ticket_id", "staff_id"),
    Index("ix_watchers_newest", "brand", "staff_id", "since_at", "ticket_id"),
)

# Who is asked into a conversation or is in it beside its holder; the timeline knows who was.
participants: Final = Table(
    "participants",
    metadata,
    Column("ticket_id", _TICKET, nullable=False),
    Column("staff_id", Text, nullable=False),
    brand_column(),
    Column("state", Text, nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("reason", Text),
    time_column("invited_at"),
    time_column("joined_at", nullable=True),
    PrimaryKeyConstraint("ticket_id", "staff_id"),
    CheckConstraint("state IN ('invited', 'joined')", name="state_known"),
    Index("ix_participants_newest", "brand", "staff_id", "invited_at", "ticket_id"),
)

drafts: Final = Table(
    "drafts",
    metadata,
    Column("ticket_id", _TICKET, nullable=False),
    Column("staff_id", Text, nullable=False),
    brand_column(),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    time_column("updated_at"),
    PrimaryKeyConstraint("ticket_id", "staff_id"),
    CheckConstraint("kind IN ('reply', 'note')", name="kind_known"),
    Index("ix_drafts_age", "updated_at"),
)

macros: Final = Table(
    "macros",
    metadata,
    id_column(),
    brand_column(),
    # Whose it is; null: the whole brand's.
    Column("owner_id", Text),
    Column("name", Text, nullable=False),
    Column("shortcut", Text),
    Column("texts", JSONB, nullable=False),
    Column("actions", JSONB, nullable=False),
    Column("conditions", JSONB, nullable=False),
    Column("promotional", Boolean, nullable=False),
    Column("allowed_in_safety", Boolean, nullable=False),
    Column("allowed_in_complaints", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    time_column("created_at"),
    time_column("updated_at"),
    version_column(),
    Index("ix_macros_order", "brand", "id"),
)
Index(
    "uq_macros_shortcut", macros.c.brand, func.coalesce(macros.c.owner_id, text("''")), macros.c.shortcut, unique=True
)

macro_uses: Final = Table(
    "macro_uses",
    metadata,
    id_column(),
    brand_column(),
    Column("macro_id", PG_UUID(as_uuid=True), nullable=False),
    Column("ticket_id", _TICKET, nullable=False),
    Column("staff_id", Text, nullable=False),
    time_column("used_at"),
    Index("ix_macro_uses_newest", "brand", "macro_id", "used_at"),
    Index("ix_macro_uses_age", "used_at"),
)

brands: Final = Table(
    "brands",
    metadata,
    Column("brand", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("default_language", Text, nullable=False),
    Column("licence", Text),
    # The sequence of the last fact applied: older ones that arrive later are ignored.
    Column("sequence", BigInteger, nullable=False),
)
