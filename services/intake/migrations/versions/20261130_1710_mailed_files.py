"""Files that came by mail.

Revision ID: 20261130_1710
Revises: 20261124_1610
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261130_1710"
down_revision = "20261124_1610"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TABLE = "attachments"
_STATE = "ck_attachments_state_known"
_BEFORE = "'receiving', 'pending', 'ready', 'rejected', 'deleted'"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("detail", sa.Text))
    op.add_column(_TABLE, sa.Column("delivery_id", _UUID))
    op.add_column(_TABLE, sa.Column("part", sa.Integer))
    op.add_column(_TABLE, sa.Column("promised_to", _UUID))
    _allow(f"'mailed', {_BEFORE}")
    op.create_index("ix_attachments_mailed", _TABLE, ["next_at"], postgresql_where=sa.text("state = 'mailed'"))


def downgrade() -> None:
    op.drop_index("ix_attachments_mailed", table_name=_TABLE)
    op.execute("DELETE FROM attachments WHERE state = 'mailed'")
    _allow(_BEFORE)
    for name in ("promised_to", "part", "delivery_id", "detail"):
        op.drop_column(_TABLE, name)


def _allow(states: str) -> None:
    op.drop_constraint(_STATE, _TABLE, type_="check")
    op.create_check_constraint(_STATE, _TABLE, f"state IN ({states})")
