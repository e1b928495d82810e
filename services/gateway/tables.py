"""Tables of the gateway: who may come in, and with what proof. Nothing here can be shown to anyone as it is stored."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from shared.db.base import brand_column, id_column, new_metadata, time_column, version_column

metadata = new_metadata()

GLOBAL_TABLES = frozenset({"staff_accounts", "sign_in_failures"})
"""A person may work for several brands and a failed sign-in has no brand yet: these two belong to none."""

brands = Table(
    "brands",
    metadata,
    Column("brand", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("default_language", Text, nullable=False),
    Column("support_email", Text, nullable=True),
    Column("mailbox", Text, nullable=True, unique=True),
    Column("licence", Text),
    Column("allowed_origins", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    version_column(),
    time_column("created_at"),
    time_column("updated_at"),
)
"""`mailbox` is the support address in its normal form: mail to it must belong to one brand, so none else gets it."""

staff_accounts = Table(
    "staff_accounts",
    metadata,
    id_column(),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    time_column("created_at"),
    time_column("updated_at"),
)

memberships = Table(
    "memberships",
    metadata,
    id_column(),
    brand_column(),
    Column("staff_id", PG_UUID(as_uuid=True), ForeignKey("staff_accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'offline'")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    version_column(),
    time_column("created_at"),
    time_column("updated_at"),
    UniqueConstraint("brand", "staff_id"),
    CheckConstraint("role in ('agent', 'senior', 'lead', 'admin')", name="role"),
    CheckConstraint("status in ('online', 'busy', 'away', 'offline')", name="status"),
    Index(None, "staff_id"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    id_column(),
    brand_column(),
    Column("membership_id", PG_UUID(as_uuid=True), ForeignKey("memberships.id", ondelete="CASCADE"), nullable=False),
    Column("access_digest", LargeBinary, nullable=False, unique=True),
    time_column("access_expires_at"),
    Column("refresh_digest", LargeBinary, nullable=False, unique=True),
    Column("spent_digest", LargeBinary, nullable=True, unique=True),
    time_column("rotated_at"),
    time_column("last_seen_at"),
    time_column("created_at"),
    time_column("revoked_at", nullable=True),
    Index(None, "membership_id"),
)

visitor_sessions = Table(
    "visitor_sessions",
    metadata,
    id_column(),
    brand_column(),
    Column("digest", LargeBinary, nullable=False, unique=True),
    time_column("created_at"),
    time_column("expires_at"),
    Index(None, "expires_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    brand_column(),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_by", PG_UUID(as_uuid=True), nullable=False),
    time_column("created_at"),
    time_column("expires_at", nullable=True),
    time_column("last_used_at", nullable=True),
    time_column("revoked_at", nullable=True),
    Index("ix_api_keys_live_name", "brand", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
)

player_keys = Table(
    "player_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    brand_column(),
    Column("algorithm", Text, nullable=False),
    Column("material", LargeBinary, nullable=False),
    Column("created_by", PG_UUID(as_uuid=True), nullable=False),
    time_column("created_at"),
    time_column("revoked_at", nullable=True),
    CheckConstraint("algorithm in ('EdDSA', 'ES256', 'HS256')", name="algorithm"),
    Index(None, "brand"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    time_column("since"),
    time_column("locked_until", nullable=True),
)
"""`subject` is a keyed digest of an e-mail address or a network address: neither stands here in the clear."""
