"""Players are reached by e-mail where they do not read; brands have hours and a form.

Revision ID: 20261124_1622
Revises: 20261124_1621
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1622"
down_revision = "20261124_1621"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_TABLES = ("chat_contacts", "chat_replies", "chat_sent_transcripts", "chat_files", "chat_staff")
_RULES = ("mail_after", "time_zone", "transcripts_a_day", "form", "hours", "longest_wait")


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("details", postgresql.JSONB))
    _widen_policies()
    _create_contacts()
    _create_replies()
    _create_sent()
    _create_staff()
    for table in _TABLES:
        isolate(op, table, worker=table == "chat_replies")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON chat_replies FROM chat_worker")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    for column in reversed(_RULES):
        op.drop_column("chat_policies", column)
    op.drop_column("chat_messages", "details")


def _widen_policies() -> None:
    # Policies of before this change knew nothing of e-mail: they get what a brand without any has.
    op.add_column("chat_policies", sa.Column("mail_after", sa.Integer, server_default="300"))
    op.alter_column("chat_policies", "mail_after", server_default=None)
    op.add_column("chat_policies", sa.Column("time_zone", sa.Text, nullable=False, server_default="UTC"))
    op.add_column("chat_policies", sa.Column("transcripts_a_day", sa.Integer, nullable=False, server_default="3"))
    op.add_column("chat_policies", sa.Column("form", postgresql.JSONB, nullable=False, server_default="{}"))
    op.add_column("chat_policies", sa.Column("hours", postgresql.JSONB))
    op.add_column("chat_policies", sa.Column("longest_wait", sa.Integer))


def _create_contacts() -> None:
    op.create_table(
        "chat_contacts",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("vouched_address", sa.Text),
        sa.Column("given_address", sa.Text),
        sa.Column("given_name", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("answers", postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("given_at", _TIME),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_chat_contacts"),
    )


def _create_replies() -> None:
    op.create_table(
        "chat_replies",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("undelivered", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("mailed_seq", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("batches", sa.Integer, nullable=False, server_default="0"),
        sa.Column("first_batch_id", _UUID),
        sa.Column("batch_id", _UUID),
        sa.Column("batch_state", sa.Text),
        sa.Column("mailed_at", _TIME),
        sa.Column("wrote_mail_at", _TIME),
        sa.Column("thread", postgresql.ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'::text[]")),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_chat_replies"),
        sa.CheckConstraint("batch_state IN ('told', 'sent', 'failed')", name="ck_chat_replies_batch_state_known"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_chat_replies_due_at", "chat_replies", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )


def _create_sent() -> None:
    op.create_table(
        "chat_sent_transcripts",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("sent_by_kind", sa.Text, nullable=False),
        sa.Column("sent_by", sa.Text, nullable=False),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chat_sent_transcripts"),
    )
    op.create_index("ix_chat_sent_transcripts_ticket_id", "chat_sent_transcripts", ["ticket_id", "sent_at"])
    op.create_index("ix_chat_sent_transcripts_address", "chat_sent_transcripts", ["brand", "address", "sent_at"])
    op.create_table(
        "chat_files",
        sa.Column("attachment_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("attachment_id", name="pk_chat_files"),
    )
    op.create_index("ix_chat_files_ticket_id", "chat_files", ["ticket_id"])


def _create_staff() -> None:
    op.create_table(
        "chat_staff",
        sa.Column("membership_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("takes_chats", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("membership_id", name="pk_chat_staff"),
    )
    op.create_index("ix_chat_staff_brand", "chat_staff", ["brand", "staff_id"])
