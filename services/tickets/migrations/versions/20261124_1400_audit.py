"""The audit trail: entries, the links that chain them, and which of them still wait for theirs.

Revision ID: 20261124_1400
Revises: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1400"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TABLES = ("audit", "audit_links", "audit_waiting")
# Only what recording and chaining need: nobody but the owner can change or delete an entry or a link.
_RIGHTS = {
    "audit": {"app": "SELECT, INSERT", "worker": "SELECT"},
    "audit_links": {"app": "SELECT", "worker": "SELECT, INSERT"},
    "audit_waiting": {"app": "INSERT", "worker": "SELECT, DELETE"},
}


def upgrade() -> None:
    _create_audit()
    _create_chain()
    for table in _TABLES:
        isolate(op, table, worker=True)
        op.execute(f"REVOKE ALL ON {table} FROM tickets_app, tickets_worker")
        for role, rights in _RIGHTS[table].items():
            op.execute(f"GRANT {rights} ON {table} TO tickets_{role}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("actor_name", sa.Text),
        sa.Column("actor_role", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID),
        sa.Column("player_id", sa.Text),
        sa.Column("filter", postgresql.JSONB),
        sa.Column("reason", sa.Text),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("trace_id", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_newest", "audit", ["brand", "occurred_at", "id"])
    op.create_index("ix_audit_actor", "audit", ["brand", "actor_id", "occurred_at", "id"])
    for about in ("ticket", "player"):
        op.create_index(
            f"ix_audit_{about}",
            "audit",
            ["brand", f"{about}_id", "occurred_at", "id"],
            postgresql_where=sa.text(f"{about}_id IS NOT NULL"),
        )


def _create_chain() -> None:
    op.create_table(
        "audit_links",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("entry_id", _UUID, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("brand", "position", name="pk_audit_links"),
        sa.UniqueConstraint("entry_id", name="uq_audit_links_entry_id"),
        sa.CheckConstraint("position > 0", name="ck_audit_links_position_positive"),
    )
    op.create_table(
        "audit_waiting",
        sa.Column("entry_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_waiting"),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
    )
