"""The complaints register and its history; brands with their licences.

Revision ID: 20261124_1560
Revises: 20261124_1550
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1560"
down_revision = "20261124_1550"
branch_labels = None
depends_on = None

_TABLES = ("complaints", "complaint_moves")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
# A complaint is as old as the player's words, and nobody can make it younger.
_GUARD = """
    CREATE FUNCTION refuse_other_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'received_at of a complaint never changes' USING ERRCODE = 'check_violation';
    END $$
"""
_TRIGGER = """
    CREATE TRIGGER complaints_received_at BEFORE UPDATE ON complaints FOR EACH ROW
    WHEN (OLD.received_at IS DISTINCT FROM NEW.received_at) EXECUTE FUNCTION refuse_other_receipt()
"""


def upgrade() -> None:
    op.add_column("brands", sa.Column("licence", sa.Text))
    _create_complaints()
    _create_moves()
    for table in _TABLES:
        isolate(op, table)
    op.execute(_GUARD)
    op.execute(_TRIGGER)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_other_receipt()")
    op.drop_column("brands", "licence")


def _create_complaints() -> None:
    texts = ("number", "step", "type", "jurisdiction", "channel")
    maybe = ("player_id", "licence", "language", "owner_id", "accused_staff_id")
    op.create_table(
        "complaints",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(sa.Column(name, sa.Text) for name in maybe),
        sa.Column("received_at", _TIME, nullable=False),
        *(sa.Column(name, _TIME) for name in ("acknowledge_due_at", "legal_due_at", "closed_at")),
        sa.Column("state", postgresql.JSONB, nullable=False),
        sa.Column("record", postgresql.JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name="pk_complaints"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_complaints_ticket_id_tickets"),
        sa.UniqueConstraint("brand", "number", name="uq_complaints_brand_number"),
    )
    op.create_index("ix_complaints_newest", "complaints", ["brand", "received_at", "id"])
    op.create_index("ix_complaints_ticket", "complaints", ["brand", "ticket_id"])
    open_ones = sa.text("closed_at IS NULL")
    op.create_index("ix_complaints_due", "complaints", ["brand", "legal_due_at"], postgresql_where=open_ones)


def _create_moves() -> None:
    op.create_table(
        "complaint_moves",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("complaint_id", _UUID, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("moved_by", sa.Text, nullable=False),
        sa.Column("moved_at", _TIME, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("evidence_request_id", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_complaint_moves"),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaints.id"], name="fk_complaint_moves_complaint_id_complaints"),
    )
    op.create_index("ix_complaint_moves_order", "complaint_moves", ["complaint_id", "moved_at", "id"])
