"""Merges that can be taken back, words that name where they came from.

Revision ID: 20261124_1530
Revises: 20261124_1520
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1530"
down_revision = "20261124_1520"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_ORIGINS = ("origin_id", "copied_from", "moved_to")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("received_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_tickets_merged_into",
        "tickets",
        ["brand", "merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    for name in _ORIGINS:
        op.add_column("timeline", sa.Column(name, _UUID))
    _create_merges()


def downgrade() -> None:
    op.drop_table("merges")
    for name in reversed(_ORIGINS):
        op.drop_column("timeline", name)
    op.drop_index("ix_tickets_merged_into", "tickets")
    op.drop_column("tickets", "received_at")


def _create_merges() -> None:
    op.create_table(
        "merges",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("merged_id", _UUID, nullable=False),
        sa.Column("into_id", _UUID, nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_before", postgresql.JSONB, nullable=False),
        sa.Column("survivor_before", postgresql.JSONB, nullable=False),
        sa.Column("survivor_after", postgresql.JSONB, nullable=False),
        sa.Column("survivor_version", sa.BigInteger, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_merges"),
        sa.ForeignKeyConstraint(["merged_id"], ["tickets.id"], name="fk_merges_merged_id_tickets"),
        sa.ForeignKeyConstraint(["into_id"], ["tickets.id"], name="fk_merges_into_id_tickets"),
        sa.CheckConstraint("merged_id <> into_id", name="ck_merges_two_tickets"),
    )
    op.create_index(
        "ix_merges_standing",
        "merges",
        ["brand", "merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    isolate(op, "merges")
