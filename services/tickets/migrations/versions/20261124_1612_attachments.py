"""Words carry files.

Revision ID: 20261124_1612
Revises: 20261124_1603
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1612"
down_revision = "20261124_1603"
branch_labels = None
depends_on = None

_IDS = postgresql.ARRAY(postgresql.UUID(as_uuid=True))


def upgrade() -> None:
    none = sa.text("'{}'::uuid[]")
    op.add_column("timeline", sa.Column("attachments", _IDS, nullable=False, server_default=none))


def downgrade() -> None:
    op.drop_column("timeline", "attachments")
