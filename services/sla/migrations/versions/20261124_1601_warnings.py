"""Several warnings and pauses of their own for promises: timers by percent, as those of complaints; the latter listed.

What is to be measured stands in a table of its own.

Revision ID: 20261124_1601
Revises: 20261124_1580
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1601"
down_revision = "20261124_1580"
branch_labels = None
depends_on = None

_BROKEN = sa.text("breached_at IS NOT NULL")
_KEPT = sa.text("met_at IS NOT NULL AND breached_at IS NULL")
_KEPT_BEFORE = sa.text("state = 'met'")


def upgrade() -> None:
    op.add_column("clocks", sa.Column("warnings", postgresql.JSONB))
    op.add_column("clocks", sa.Column("warned_percent", sa.SmallInteger))
    op.add_column("clocks", sa.Column("pauses", postgresql.ARRAY(sa.Text)))
    # Changing the type writes every row anew, whoever may see it; an update would find none of them.
    op.execute("ALTER TABLE timers ALTER COLUMN kind TYPE smallint USING CASE kind WHEN 'breach' THEN 100 ELSE 80 END")
    op.execute("ALTER TABLE timers RENAME COLUMN kind TO percent")
    # No index looks at the state of a clock, so that a warning moves a row without touching any.
    op.drop_index("ix_clocks_met", "clocks")
    op.create_index("ix_clocks_met", "clocks", ["brand", "met_at"], postgresql_where=_KEPT)
    op.add_column(
        "complaint_clocks",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False, server_default=sa.text("gen_random_uuid()")),
    )
    op.create_index(
        "ix_complaint_clocks_breached", "complaint_clocks", ["brand", "breached_at", "id"], postgresql_where=_BROKEN
    )
    op.create_index("ix_complaint_clocks_breach", "complaint_clocks", ["id"], postgresql_where=_BROKEN)
    op.create_index("ix_complaint_clocks_met", "complaint_clocks", ["brand", "met_at"], postgresql_where=_KEPT)
    _create_queue()


def downgrade() -> None:
    op.add_column("ticket_faces", sa.Column("measured", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index(
        "ix_ticket_faces_unmeasured", "ticket_faces", ["ticket_id"], postgresql_where=sa.text("measured < sequence")
    )
    op.drop_table("unmeasured_tickets")
    for name in ("met", "breach", "breached"):
        op.drop_index(f"ix_complaint_clocks_{name}", "complaint_clocks")
    op.drop_column("complaint_clocks", "id")
    op.drop_index("ix_clocks_met", "clocks")
    op.create_index("ix_clocks_met", "clocks", ["brand", "met_at"], postgresql_where=_KEPT_BEFORE)
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


def _create_queue() -> None:
    op.create_table(
        "unmeasured_tickets",
        sa.Column("ticket_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("news", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_unmeasured_tickets"),
        postgresql_with={"fillfactor": "80"},
    )
    # The owner reads tickets here for once: which of them are behind, nothing else.
    op.execute("ALTER TABLE ticket_faces NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO unmeasured_tickets (ticket_id, brand) "
        "SELECT ticket_id, brand FROM ticket_faces WHERE measured < sequence"
    )
    op.execute("ALTER TABLE ticket_faces FORCE ROW LEVEL SECURITY")
    op.drop_index("ix_ticket_faces_unmeasured", "ticket_faces")
    op.drop_column("ticket_faces", "measured")
    isolate(op, "unmeasured_tickets", worker=True)
