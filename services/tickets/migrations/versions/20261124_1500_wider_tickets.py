"""What a ticket of a whole desk says: team, tags, tier, licence, waits, merges, complaint, the brand's own fields.

Revision ID: 20261124_1500
Revises: 20261124_1400
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1500"
down_revision = "20261124_1400"
branch_labels = None
depends_on = None

_BEFORE = "status IN ('new', 'open', 'pending', 'resolved', 'closed')"
_AFTER = "status IN ('new', 'bot', 'open', 'pending', 'waiting', 'snoozed', 'resolved', 'closed')"
_NEW = ("team_id", "tags", "tier", "licence", "waiting_on", "snoozed_until", "merged_into", "complaint_id", "fields")


def upgrade() -> None:
    for name in ("team_id", "tier", "licence", "waiting_on"):
        op.add_column("tickets", sa.Column(name, sa.Text))
    op.add_column("tickets", sa.Column("tags", postgresql.ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.add_column("tickets", sa.Column("fields", postgresql.JSONB, nullable=False, server_default="{}"))
    op.add_column("tickets", sa.Column("snoozed_until", sa.DateTime(timezone=True)))
    for name in ("merged_into", "complaint_id"):
        op.add_column("tickets", sa.Column(name, postgresql.UUID(as_uuid=True)))
    _know(_AFTER)


def downgrade() -> None:
    _know(_BEFORE)
    for name in reversed(_NEW):
        op.drop_column("tickets", name)


def _know(statuses: str) -> None:
    op.drop_constraint("ck_tickets_status_known", "tickets", type_="check")
    # Not checked against old rows at once: that would read the whole table under the strongest lock.
    op.execute(f"ALTER TABLE tickets ADD CONSTRAINT ck_tickets_status_known CHECK ({statuses}) NOT VALID")
    op.execute("ALTER TABLE tickets VALIDATE CONSTRAINT ck_tickets_status_known")
