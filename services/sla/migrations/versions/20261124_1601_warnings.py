"""Several warnings and pauses of their own for promises: timers by percent, as those of complaints.

Revision ID: 20261124_1601
Revises: 20261124_1580
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_1601"
down_revision = "20261124_1580"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clocks", sa.Column("warnings", postgresql.JSONB))
    op.add_column("clocks", sa.Column("warned_percent", sa.SmallInteger))
    op.add_column("clocks", sa.Column("pauses", postgresql.ARRAY(sa.Text)))
    # Changing the type writes every row anew, whoever may see it; an update would find none of them.
    op.execute("ALTER TABLE timers ALTER COLUMN kind TYPE smallint USING CASE kind WHEN 'breach' THEN 100 ELSE 80 END")
    op.execute("ALTER TABLE timers RENAME COLUMN kind TO percent")


def downgrade() -> None:
    # One warning for each clock is all that there is place for: the last one.
    op.execute("ALTER TABLE timers NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "DELETE FROM timers USING timers AS later WHERE later.ticket_id = timers.ticket_id "
        "AND later.clock_id = timers.clock_id AND timers.percent < later.percent AND later.percent < 100"
    )
    op.execute("ALTER TABLE timers FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE timers RENAME COLUMN percent TO kind")
    op.execute("ALTER TABLE timers ALTER COLUMN kind TYPE text USING CASE kind WHEN 100 THEN 'breach' ELSE 'warn' END")
    op.drop_column("clocks", "pauses")
    op.drop_column("clocks", "warned_percent")
    op.drop_column("clocks", "warnings")
