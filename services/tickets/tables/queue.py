"""The queue: what awaits staff, when it must be looked at again, and which senior is asked."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, SMALLINT
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column, version_column

# One row for each ticket that awaits staff, held or not: what comes back has kept its place.
queue: Final = Table(
    "queue",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), primary_key=True),
    brand_column(),
    Column("channel", Text, nullable=False),
    Column("language", Text),
    Column("rank", SMALLINT, nullable=False),
    Column("skill", Text),
    Column("reason_group", Text),
    Column("team_id", Text),
    Column("player_id", Text),
    time_column("due_at", nullable=True),
    time_column("legal_due_at", nullable=True),
    time_column("enqueued_at"),
    Column("holder_id", Text),
    Column("answered", Boolean, nullable=False),
    time_column("silent_at", nullable=True),
    Column("reserved_for", Text),
    time_column("reserved_until", nullable=True),
    Column("passed_over", ARRAY(Text), nullable=False, server_default="{}"),
    time_column("stalled_at", nullable=True),
    Column("raised", Boolean, nullable=False, server_default=false()),
    # When its holder took it by his own hand, null if it was given to him.
    time_column("taken_at", nullable=True),
    Index("ix_queue_waiting", "brand", "rank", "due_at", "enqueued_at", postgresql_where=text("holder_id IS NULL")),
    Index("ix_queue_held", "brand", "holder_id", postgresql_where=text("holder_id IS NOT NULL")),
)

# A call asks for the queue of a brand to be looked at, now or when something falls due; whoever looks removes it.
queue_calls: Final = Table(
    "queue_calls",
    metadata,
    id_column(),
    brand_column(),
    time_column("due_at"),
    Index("ix_queue_calls_due", "due_at"),
    Index("ix_queue_calls_brand", "brand", "due_at"),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
)

# Since when nobody at all is there for a queue; `sequence` numbers its facts, of every queue there ever was.
queues: Final = Table(
    "queues",
    metadata,
    brand_column(),
    Column("queue", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    time_column("stalled_at", nullable=True),
    PrimaryKeyConstraint("brand", "queue"),
)

# When the places of a brand were last told: all processes together tell them no more often than they should.
queue_tellings: Final = Table(
    "queue_tellings",
    metadata,
    Column("brand", Text, primary_key=True),
    time_column("told_at"),
)

# How fast tickets are taken: one row for each that somebody took, deleted once it says nothing about today.
queue_takings: Final = Table(
    "queue_takings",
    metadata,
    id_column(),
    brand_column(),
    Column("tongue", Text),
    Column("team_id", Text),
    time_column("enqueued_at"),
    time_column("taken_at"),
    Index("ix_queue_takings_newest", "brand", "taken_at"),
)

escalations: Final = Table(
    "escalations",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), primary_key=True),
    brand_column(),
    Column("senior_id", Text),
    Column("cause", Text, nullable=False),
    Column("declined", ARRAY(Text), nullable=False, server_default="{}"),
    time_column("asked_at"),
    Index("ix_escalations_senior", "brand", "senior_id"),
)

# How patient a brand's queue is, one row per version; brands without a row have the defaults.
queue_settings: Final = Table(
    "queue_settings",
    metadata,
    brand_column(),
    version_column(),
    Column("silence_seconds", Integer, nullable=False),
    Column("sleeper_seconds", Integer, nullable=False),
    Column("manager_seconds", Integer, nullable=False),
    Column("push_seconds", Integer, nullable=False),
    # Per channel: how many conversations a person holds who has no limit of his own.
    Column("capacity", JSONB, nullable=False),
    Column("changed_by", Text, nullable=False),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "version"),
)
