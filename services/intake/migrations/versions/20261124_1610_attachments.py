"""What people attach.

Revision ID: 20261124_1610
Revises: 20261122_0900
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1610"
down_revision = "20261122_0900"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_TABLES = ("attachments", "conversations", "attachment_views")


def upgrade() -> None:
    _create_attachments()
    _create_conversations()
    _create_views()
    for table in _TABLES:
        isolate(op, table, worker=True)
    # What was seen stays seen.
    op.execute("REVOKE UPDATE, DELETE ON attachment_views FROM intake_app, intake_worker")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_attachments() -> None:
    table = "attachments"
    op.create_table(
        table,
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID),
        sa.Column("message_id", _UUID),
        sa.Column("public", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("uploader_kind", sa.Text, nullable=False),
        sa.Column("uploader_id", sa.Text, nullable=False),
        sa.Column("uploader_name", sa.Text),
        sa.Column("client_key", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text),
        sa.Column("size", sa.Integer),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("digest", sa.LargeBinary),
        sa.Column("sensitivity", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("file_key", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("attached_at", _TIME),
        sa.Column("next_at", _TIME),
        sa.Column("delete_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.UniqueConstraint(
            "brand",
            "uploader_kind",
            "uploader_id",
            "client_key",
            name="uq_attachments_brand_uploader_kind_uploader_id_client_key",
        ),
        sa.CheckConstraint(
            "state IN ('receiving', 'pending', 'ready', 'rejected', 'deleted')", name="ck_attachments_state_known"
        ),
        sa.CheckConstraint("sensitivity IN ('ordinary', 'identity_document')", name="ck_attachments_sensitivity_known"),
    )
    _index(table, "ticket", ["brand", "ticket_id", "id"], "ticket_id IS NOT NULL")
    _index(table, "loose", ["brand", "uploader_kind", "uploader_id"], "message_id IS NULL AND state <> 'rejected'")
    _index(table, "unscanned", ["next_at"], "state = 'pending'")
    _index(table, "past", ["delete_at"], "delete_at IS NOT NULL")


def _index(table: str, name: str, columns: list[str], where: str) -> None:
    op.create_index(f"ix_{table}_{name}", table, columns, postgresql_where=sa.text(where))


def _create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("owner_kind", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("brand", "ticket_id", name="pk_conversations"),
    )


def _create_views() -> None:
    op.create_table(
        "attachment_views",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("attachment_id", _UUID, nullable=False),
        sa.Column("ticket_id", _UUID),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("viewer_kind", sa.Text, nullable=False),
        sa.Column("viewer_id", sa.Text, nullable=False),
        sa.Column("viewer_name", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("viewed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachment_views"),
        sa.CheckConstraint("deed IN ('link', 'download')", name="ck_attachment_views_deed_known"),
    )
    op.create_index("ix_attachment_views_file", "attachment_views", ["brand", "attachment_id", "id"])
