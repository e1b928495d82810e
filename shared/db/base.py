"""How every table is declared: constraint names, identifiers, times and the brand column."""

from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

NAMING: Final = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """Return metadata whose constraint names are derived, so that migrations can name them."""
    return MetaData(naming_convention=NAMING)


def id_column(name: str = "id") -> Column[UUID]:
    """Return a UUIDv7 primary key; the application mints it (see `shared.ids`)."""
    return Column(name, PG_UUID(as_uuid=True), primary_key=True)


def brand_column() -> Column[str]:
    """Return the column that row-level security compares."""
    return Column("brand", Text, nullable=False)


def time_column(name: str, *, nullable: bool = False) -> Column[object]:
    """Return a UTC timestamp; names end in `_at`."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def version_column() -> Column[int]:
    """Return the counter that is the ETag of a row and the sequence of its last event."""
    return Column("version", BigInteger, nullable=False, server_default="1")
