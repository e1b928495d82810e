"""A brand may acknowledge complaints by hand; what is kept for a time only is found by its age, in all brands.

Revision ID: 20261124_1603
Revises: 20261124_1602
"""

import sqlalchemy as sa
from alembic import op

from shared.db.ground import isolate

revision = "20261124_1603"
down_revision = "20261124_1602"
branch_labels = None
depends_on = None

_AGEING = {"drafts": "updated_at", "macro_uses": "used_at", "merges": "undone_at"}


def upgrade() -> None:
    op.add_column(
        "lifecycles", sa.Column("acknowledge_complaints", sa.Boolean, nullable=False, server_default=sa.true())
    )
    for table, column in _AGEING.items():
        where = sa.text("undone_at IS NOT NULL") if table == "merges" else None
        op.create_index(f"ix_{table}_age", table, [column], postgresql_where=where)
        op.execute(f"DROP POLICY {table}_brand ON {table}")
        isolate(op, table, worker=True)


def downgrade() -> None:
    for table in _AGEING:
        op.execute(f"DROP POLICY {table}_worker ON {table}")
        op.drop_index(f"ix_{table}_age", table)
    op.drop_column("lifecycles", "acknowledge_complaints")
