"""Alarms that fail ring again later and later; tickets resolved before there were alarms get theirs.

Revision ID: 20261124_1593
Revises: 20261124_1591
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_1593"
down_revision = "20261124_1591"
branch_labels = None
depends_on = None

_TABLES = ("tickets", "alarms", "lifecycles")

# Without a time of resolving, words would reopen them for ever. Their alarms are spread over a day, so that they do not
# all close within one minute; a brand that has decided anything about closing is left to its decision. Nobody reads a
# ticket while this runs, hence the bound: older ones stay as they were.
_BACKFILL = """
    WITH newest AS (
        SELECT id FROM tickets
        WHERE status IN ('resolved', 'closed') AND resolved_at IS NULL AND merged_into IS NULL
        ORDER BY updated_at DESC LIMIT 20000
    ), finished AS (
        UPDATE tickets t SET resolved_at = t.updated_at FROM newest n WHERE t.id = n.id
        RETURNING t.id, t.brand, t.status, t.resolved_at
    )
    INSERT INTO alarms (ticket_id, brand, due_at)
    SELECT f.id, f.brand, greatest(f.resolved_at + interval '7 days', now() + random() * interval '1 day')
    FROM finished f
    WHERE f.status = 'resolved' AND NOT EXISTS (SELECT FROM lifecycles l WHERE l.brand = f.brand)
    ON CONFLICT DO NOTHING
"""
# FORCE binds the owner too, and this is about all brands.
BACKFILL = (
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in _TABLES),
    _BACKFILL,
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in _TABLES),
)


def upgrade() -> None:
    op.add_column("alarms", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    for statement in BACKFILL:
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("alarms", "attempts")
