"""Messages carry files.

Revision ID: 20261124_1611
Revises: 20261124_1605
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1611"
down_revision = "20261124_1605"
branch_labels = None
depends_on = None

_IDS = postgresql.ARRAY(postgresql.UUID(as_uuid=True))


def upgrade() -> None:
    none = sa.text("'{}'::uuid[]")
    op.add_column("chat_messages", sa.Column("attachments", _IDS, nullable=False, server_default=none))


def downgrade() -> None:
    op.drop_column("chat_messages", "attachments")
