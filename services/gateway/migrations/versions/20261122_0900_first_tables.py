"""The first tables of the gateway.

Revision ID: 20261122_0900
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import create_ground, drop_ground, isolate, share

revision = "20261122_0900"
down_revision = None
branch_labels = None
depends_on = None

_SHARED = ("staff_accounts", "sign_in_failures")
_ISOLATED = ("brands", "memberships", "staff_sessions", "visitor_sessions", "api_keys", "player_keys")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_ground(op)
    _create_brands()
    _create_staff()
    _create_sessions()
    _create_keys()
    _create_failures()
    for table in _ISOLATED:
        isolate(op, table, worker=True)
    for table in _SHARED:
        share(op, table)


def downgrade() -> None:
    for table in ("staff_sessions", "memberships", "visitor_sessions", "api_keys", "player_keys", "brands", *_SHARED):
        op.drop_table(table)
    drop_ground(op)


def _create_brands() -> None:
    op.create_table(
        "brands",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("default_language", sa.Text(), nullable=False),
        sa.Column("support_email", sa.Text(), nullable=True),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.Column("allowed_origins", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="pk_brands"),
        sa.UniqueConstraint("mailbox", name="uq_brands_mailbox"),
    )


def _create_staff() -> None:
    op.create_table(
        "staff_accounts",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_accounts"),
        sa.UniqueConstraint("email", name="uq_staff_accounts_email"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'offline'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.CheckConstraint("role in ('agent', 'senior', 'lead', 'admin')", name="ck_memberships_role"),
        sa.CheckConstraint("status in ('online', 'busy', 'away', 'offline')", name="ck_memberships_status"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_accounts.id"], name="fk_memberships_staff_id_staff_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.UniqueConstraint("brand", "staff_id", name="uq_memberships_brand_staff_id"),
    )
    op.create_index("ix_memberships_staff_id", "memberships", ["staff_id"], unique=False)


def _create_sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.UUID(), nullable=False),
        sa.Column("access_digest", sa.LargeBinary(), nullable=False),
        sa.Column("access_expires_at", _TIME, nullable=False),
        sa.Column("refresh_digest", sa.LargeBinary(), nullable=False),
        sa.Column("spent_digest", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["memberships.id"],
            name="fk_staff_sessions_membership_id_memberships",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_staff_sessions"),
        sa.UniqueConstraint("access_digest", name="uq_staff_sessions_access_digest"),
        sa.UniqueConstraint("refresh_digest", name="uq_staff_sessions_refresh_digest"),
        sa.UniqueConstraint("spent_digest", name="uq_staff_sessions_spent_digest"),
    )
    op.create_index("ix_staff_sessions_membership_id", "staff_sessions", ["membership_id"], unique=False)
    op.create_table(
        "visitor_sessions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_visitor_sessions"),
        sa.UniqueConstraint("digest", name="uq_visitor_sessions_digest"),
    )
    op.create_index("ix_visitor_sessions_expires_at", "visitor_sessions", ["expires_at"], unique=False)


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("last_used_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )
    op.create_index(
        "ix_api_keys_live_name",
        "api_keys",
        ["brand", "name"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "player_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("material", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.CheckConstraint("algorithm in ('EdDSA', 'ES256', 'HS256')", name="ck_player_keys_algorithm"),
        sa.PrimaryKeyConstraint("kid", name="pk_player_keys"),
    )
    op.create_index("ix_player_keys_brand", "player_keys", ["brand"], unique=False)


def _create_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("locked_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_sign_in_failures"),
    )
