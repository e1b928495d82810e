"""What a brand decides about its tickets: contact reasons and fields; every edit is a version of its own."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, time_column, version_column

reasons: Final = Table(
    "reasons",
    metadata,
    brand_column(),
    Column("code", Text, nullable=False),
    version_column(),
    Column("name", Text, nullable=False),
    Column("reason_class", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("priority", Text),
    Column("team_id", Text),
    Column("required", ARRAY(Text), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("changed_by", Text, nullable=False),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "code", "version"),
    CheckConstraint("reason_class IN ('S', 'C', 'R', 'X')", name="class_known"),
    CheckConstraint("severity BETWEEN 0 AND 5", name="severity_known"),
)

ticket_fields: Final = Table(
    "ticket_fields",
    metadata,
    brand_column(),
    Column("key", Text, nullable=False),
    version_column(),
    Column("label", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("choices", ARRAY(Text), nullable=False),
    Column("required_for", ARRAY(Text), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("changed_by", Text, nullable=False),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "key", "version"),
    CheckConstraint("type IN ('text', 'number', 'boolean', 'date', 'choice')", name="type_known"),
)
