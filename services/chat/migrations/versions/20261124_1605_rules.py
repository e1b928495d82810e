"""Rules of brands for live conversations: silences, bans, ratings.

Revision ID: 20261124_1605
Revises: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1605"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_TABLES = ("chat_policies", "chat_silences", "chat_bans", "chat_ratings")


def upgrade() -> None:
    op.add_column("chat_sessions", sa.Column("ticket_status", sa.Text))
    op.add_column("chat_sessions", sa.Column("is_safety", sa.Boolean, nullable=False, server_default="false"))
    _create_policies()
    _create_bans()
    _create_ratings()
    for table in _TABLES:
        isolate(op, table, worker=table == "chat_silences")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON chat_silences FROM chat_worker")
    # What was decided once is kept.
    op.execute("REVOKE UPDATE, DELETE ON chat_policies FROM chat_app")
    for table in ("chat_bans", "chat_ratings"):
        op.execute(f"REVOKE DELETE ON {table} FROM chat_app")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_column("chat_sessions", "is_safety")
    op.drop_column("chat_sessions", "ticket_status")


def _create_policies() -> None:
    op.create_table(
        "chat_policies",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("warn_after", sa.Integer),
        sa.Column("end_after", sa.Integer, nullable=False),
        sa.Column("asks_for_rating", sa.Boolean, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "version", name="pk_chat_policies"),
    )
    op.create_table(
        "chat_silences",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("warned", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_chat_silences"),
    )
    op.create_index("ix_chat_silences_due_at", "chat_silences", ["due_at"])


def _create_bans() -> None:
    op.create_table(
        "chat_bans",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("person_kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID),
        sa.Column("banned_by", sa.Text, nullable=False),
        sa.Column("banned_at", _TIME, nullable=False),
        sa.Column("until", _TIME),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_chat_bans"),
    )
    op.create_index("ix_chat_bans_person", "chat_bans", ["brand", "person_kind", "person_id"])


def _create_ratings() -> None:
    op.create_table(
        "chat_ratings",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("assignee_id", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("comment", sa.Text),
        sa.Column("rated_at", _TIME),
        sa.PrimaryKeyConstraint("ticket_id", "round", name="pk_chat_ratings"),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="ck_chat_ratings_score_known"),
    )
