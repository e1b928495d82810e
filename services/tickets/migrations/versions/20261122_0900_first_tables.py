"""The first tables of tickets.

Revision ID: 20261122_0900
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import create_ground, drop_ground, isolate

revision = "20261122_0900"
down_revision = None
branch_labels = None
depends_on = None

_ISOLATED = ("tickets", "timeline", "staff", "conversations", "breaches")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)

# One sequence per brand instead of a counter row: a row would stay locked until the opening transaction has committed
# and make all openings of a brand queue up; a sequence never waits, and a rolled back opening only leaves a gap.
# The owner's function creates it with the brand's first ticket, because the application role may not.
_NUMBERS = """
CREATE FUNCTION next_ticket_number(brand text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counter text := format('public.%I', 'ticket_numbers_' || brand);
BEGIN
    IF to_regclass(counter) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(counter, 0));
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %s START 1001', counter);
    END IF;
    RETURN upper(replace(brand, '-', '')) || '-' || nextval(counter::regclass);
END
$$
"""


def upgrade() -> None:
    create_ground(op)
    _create_tickets()
    _create_timeline()
    _create_copies()
    _create_breaches()
    for table in _ISOLATED:
        isolate(op, table)
    op.execute(_NUMBERS)
    op.execute("REVOKE ALL ON FUNCTION next_ticket_number(text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION next_ticket_number(text) TO tickets_app")


def downgrade() -> None:
    op.execute("DROP FUNCTION next_ticket_number(text)")
    for table in reversed(_ISOLATED):
        op.drop_table(table)
    drop_ground(op)


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("player_id", sa.Text),
        sa.Column("visitor_id", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("assignee_id", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("reason_class", sa.Text),
        sa.Column("contact", postgresql.JSONB),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("brand", "number", name="uq_tickets_brand_number"),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'pending', 'resolved', 'closed')", name="ck_tickets_status_known"
        ),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="ck_tickets_priority_known"),
        sa.CheckConstraint("version > 0", name="ck_tickets_version_positive"),
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index("ix_tickets_newest", "tickets", ["brand", "created_at", "id"])
    op.create_index("ix_tickets_status", "tickets", ["brand", "status", "created_at", "id"])
    op.create_index("ix_tickets_assignee", "tickets", ["brand", "assignee_id", "created_at", "id"])
    for owner in ("player", "visitor"):
        op.create_index(
            f"ix_tickets_{owner}",
            "tickets",
            ["brand", f"{owner}_id", "created_at", "id"],
            postgresql_where=sa.text(f"{owner}_id IS NOT NULL"),
        )
    op.create_index("ix_tickets_updated", "tickets", ["brand", "updated_at"])


def _create_timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("author_kind", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("author_name", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("change", postgresql.JSONB),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name="pk_timeline"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_timeline_ticket_id_tickets"),
        sa.UniqueConstraint("ticket_id", "version", name="uq_timeline_ticket_id_version"),
        sa.CheckConstraint("kind IN ('message', 'reply', 'note', 'change')", name="ck_timeline_kind_known"),
        sa.CheckConstraint(
            "(kind = 'change') = (text IS NULL) AND (kind = 'change') = (change IS NOT NULL)",
            name="ck_timeline_words_or_change",
        ),
    )
    op.create_index("ix_timeline_order", "timeline", ["ticket_id", "occurred_at", "id"])


def _create_copies() -> None:
    op.create_table(
        "staff",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("membership_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand", "staff_id", name="pk_staff"),
    )
    op.create_table(
        "conversations",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("author_kind", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_conversations"),
    )


def _create_breaches() -> None:
    op.create_table(
        "breaches",
        sa.Column("clock_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("breached_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", name="pk_breaches"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_breaches_ticket_id_tickets"),
    )
