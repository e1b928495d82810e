"""What lists and search are read from besides the tickets: clocks, tags, documents of words, saved views."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column, version_column

ticket_clocks: Final = Table(
    "ticket_clocks",
    metadata,
    id_column("clock_id"),
    brand_column(),
    # No foreign key: a clock's fact may come before the ticket it is about is visible here.
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    time_column("due_at"),
    Column("sequence", BigInteger, nullable=False),
    Index("ix_ticket_clocks_ticket", "ticket_id"),
)

# Kept by a trigger of the tickets' own tags.
ticket_tags: Final = Table(
    "ticket_tags",
    metadata,
    brand_column(),
    Column("tag", Text, nullable=False),
    time_column("created_at"),
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    PrimaryKeyConstraint("brand", "tag", "created_at", "ticket_id"),
    Index("ix_ticket_tags_ticket", "ticket_id"),
)

# Every word of one ticket; `version` is the ticket's when it was read.
search_documents: Final = Table(
    "search_documents",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), primary_key=True),
    brand_column(),
    time_column("created_at"),
    Column("version", BigInteger, nullable=False),
    Column("document", TSVECTOR, nullable=False),
    Index("ix_search_documents_newest", "brand", "created_at"),
    Index("ix_search_documents_words", "document", postgresql_using="gin"),
)

# The words that were ever written, to be found by their trigrams when somebody mistypes one.
search_words: Final = Table(
    "search_words",
    metadata,
    brand_column(),
    Column("word", Text, nullable=False),
    Column("grams", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("brand", "word"),
    Index("ix_search_words_grams", "grams", postgresql_using="gin"),
)

# Tickets whose words changed and are not in their document yet.
search_waiting: Final = Table(
    "search_waiting",
    metadata,
    id_column("entry_id"),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
)

views: Final = Table(
    "views",
    metadata,
    id_column(),
    brand_column(),
    Column("owner_id", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("filters", JSONB, nullable=False),
    Column("sort", Text, nullable=False),
    Column("order", Text, nullable=False),
    Column("columns", ARRAY(Text), nullable=False),
    Column("position", Integer, nullable=False),
    time_column("created_at"),
    time_column("updated_at"),
    version_column(),
    Index("ix_views_owner", "brand", "owner_id"),
    Index("ix_views_shared", "brand", postgresql_where=text("shared")),
)
