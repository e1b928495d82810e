"""How people work on one ticket together: mentions, watchers, drafts, macros and their uses; what a brand is called.

Revision ID: 20261124_1540
Revises: 20261124_1530
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1540"
down_revision = "20261124_1530"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TABLES = ("mentions", "watchers", "drafts", "macros", "macro_uses", "brands")


def upgrade() -> None:
    _create_people()
    _create_macros()
    for table in _TABLES:
        isolate(op, table)
    op.create_index(
        "ix_tickets_tagged", "tickets", ["brand", "updated_at"], postgresql_where=sa.text("tags <> '{}'::text[]")
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_tagged", "tickets")
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "mentions",
        sa.Column("entry_id", _UUID, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("mentioned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("entry_id", "staff_id", name="pk_mentions"),
    )
    order = ["brand", "staff_id", "mentioned_at", "entry_id"]
    op.create_index("ix_mentions_newest", "mentions", order)
    op.create_index("ix_mentions_unread", "mentions", order, postgresql_where=sa.text("read_at IS NULL"))
    op.create_table(
        "watchers",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "staff_id", name="pk_watchers"),
    )
    op.create_index("ix_watchers_newest", "watchers", ["brand", "staff_id", "since_at", "ticket_id"])
    op.create_table(
        "drafts",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "staff_id", name="pk_drafts"),
        sa.CheckConstraint("kind IN ('reply', 'note')", name="ck_drafts_kind_known"),
    )


def _create_macros() -> None:
    op.create_table(
        "macros",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("shortcut", sa.Text),
        *(sa.Column(name, postgresql.JSONB, nullable=False) for name in ("texts", "actions", "conditions")),
        *(
            sa.Column(name, sa.Boolean, nullable=False)
            for name in ("promotional", "allowed_in_safety", "allowed_in_complaints", "active")
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name="pk_macros"),
    )
    op.create_index("ix_macros_order", "macros", ["brand", "id"])
    op.execute("CREATE UNIQUE INDEX uq_macros_shortcut ON macros (brand, coalesce(owner_id, ''), shortcut)")
    op.create_table(
        "macro_uses",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("macro_id", _UUID, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_macro_uses"),
    )
    op.create_index("ix_macro_uses_newest", "macro_uses", ["brand", "macro_id", "used_at"])
    op.create_table(
        "brands",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("default_language", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="pk_brands"),
    )
