"""How brands want live conversations kept, and what becomes of them by these rules."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, true
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.chat.tables.conversations import metadata
from shared.db.base import brand_column, id_column, time_column, version_column

chat_policies: Final = Table(
    "chat_policies",
    metadata,
    brand_column(),
    version_column(),
    # Seconds; null: a silent conversation is never ended.
    Column("warn_after", Integer),
    Column("end_after", Integer, nullable=False),
    Column("asks_for_rating", Boolean, nullable=False),
    Column("announces_people", Boolean, nullable=False, server_default=true()),
    # Seconds in which players correct or withdraw their words; 0: never.
    Column("correct_within", Integer, nullable=False, server_default="120"),
    # Seconds an answer may stay unread before it is told by e-mail; null: it is never.
    Column("mail_after", Integer),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("transcripts_a_day", Integer, nullable=False, server_default="3"),
    # What visitors are asked first, and when somebody is there.
    Column("form", JSONB, nullable=False, server_default="{}"),
    Column("hours", JSONB(none_as_null=True)),
    Column("longest_wait", Integer),
    Column("changed_by", Text, nullable=False),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "version"),
)

# A table of its own: it changes when staff speak, so that the players' words cost nothing more.
chat_silences: Final = Table(
    "chat_silences",
    metadata,
    Column("ticket_id", UUID(as_uuid=True), primary_key=True),
    brand_column(),
    time_column("due_at"),
    Column("warned", Boolean, nullable=False),
    Index("ix_chat_silences_due_at", "due_at"),
)

chat_bans: Final = Table(
    "chat_bans",
    metadata,
    id_column(),
    brand_column(),
    Column("person_kind", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket_id", UUID(as_uuid=True)),
    Column("banned_by", Text, nullable=False),
    time_column("banned_at"),
    time_column("until", nullable=True),
    Column("lifted_by", Text),
    time_column("lifted_at", nullable=True),
    Index("ix_chat_bans_person", "brand", "person_kind", "person_id"),
)

chat_ratings: Final = Table(
    "chat_ratings",
    metadata,
    Column("ticket_id", UUID(as_uuid=True), nullable=False),
    # Counts the endings of the conversation and the times its ticket was resolved: each is asked about once.
    Column("round", Integer, nullable=False),
    brand_column(),
    time_column("asked_at"),
    Column("assignee_id", Text),
    Column("score", Integer),
    Column("comment", Text),
    time_column("rated_at", nullable=True),
    PrimaryKeyConstraint("ticket_id", "round"),
    CheckConstraint("score BETWEEN 1 AND 5", name="score_known"),
)
