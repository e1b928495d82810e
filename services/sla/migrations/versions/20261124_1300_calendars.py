"""Calendars of brands, followed by policies and by the clocks that begin under them.

Revision ID: 20261124_1300
Revises: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1300"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None

_TABLES = ("calendars", "calendar_versions")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_calendars()
    for table in _TABLES:
        isolate(op, table)
    op.add_column("policies", sa.Column("calendar_id", _UUID))
    op.create_foreign_key("fk_policies_calendar_id_calendars", "policies", "calendars", ["calendar_id"], ["id"])
    op.create_index("ix_policies_calendar", "policies", ["calendar_id"])
    op.add_column("clocks", sa.Column("calendar_id", _UUID))
    op.add_column("clocks", sa.Column("calendar_version", sa.BigInteger))
    op.add_column("clocks", sa.Column("open_paused_for", sa.Interval, nullable=False, server_default="0"))


def downgrade() -> None:
    for column in ("open_paused_for", "calendar_version", "calendar_id"):
        op.drop_column("clocks", column)
    op.drop_index("ix_policies_calendar", "policies")
    op.drop_constraint("fk_policies_calendar_id_calendars", "policies", type_="foreignkey")
    op.drop_column("policies", "calendar_id")
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
    )
    op.create_index("ix_calendars_listed", "calendars", ["brand", "id"])
    op.create_table(
        "calendar_versions",
        sa.Column("calendar_id", _UUID, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hours", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("calendar_id", "version", name="pk_calendar_versions"),
    )
