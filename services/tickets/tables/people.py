"""Teams, the people who take tickets, who is at the desk, and whose players they look after."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, time_column, version_column

teams: Final = Table(
    "teams",
    metadata,
    brand_column(),
    Column("team_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    version_column(),
    PrimaryKeyConstraint("brand", "team_id"),
    CheckConstraint("version > 0", name="version_positive"),
)

# A brand with at least one row here has its tickets assigned by the queue.
agents: Final = Table(
    "agents",
    metadata,
    brand_column(),
    Column("staff_id", Text, nullable=False),
    Column("teams", ARRAY(Text), nullable=False, server_default="{}"),
    Column("languages", ARRAY(Text), nullable=False, server_default="{}"),
    Column("skills", ARRAY(Text), nullable=False, server_default="{}"),
    Column("capacity", JSONB, nullable=False, server_default="{}"),
    Column("shifts", JSONB, nullable=False, server_default="[]"),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    time_column("last_given_at", nullable=True),
    version_column(),
    PrimaryKeyConstraint("brand", "staff_id"),
    CheckConstraint("version > 0", name="version_positive"),
)

presence: Final = Table(
    "presence",
    metadata,
    brand_column(),
    Column("staff_id", Text, nullable=False),
    Column("connected", Boolean, nullable=False),
    time_column("changed_at"),
    PrimaryKeyConstraint("brand", "staff_id"),
)

personal_managers: Final = Table(
    "personal_managers",
    metadata,
    brand_column(),
    Column("player_id", Text, nullable=False),
    Column("staff_id", Text, nullable=False),
    PrimaryKeyConstraint("brand", "player_id"),
)
