"""The first tables of chat.

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

_ISOLATED = ("chat_sessions", "chat_messages", "chat_receipts", "socket_tickets", "staff_presence", "presence_leases")
_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_ground(op)
    _create_sessions()
    _create_messages()
    _create_socket_tickets()
    _create_presence()
    for table in _ISOLATED:
        isolate(op, table, worker=True)


def downgrade() -> None:
    for table in reversed(_ISOLATED):
        op.drop_table(table)
    drop_ground(op)


def _create_sessions() -> None:
    op.create_table(
        "chat_sessions",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("player_kind", sa.Text, nullable=False),
        sa.Column("player_id", sa.Text, nullable=False),
        sa.Column("player_name", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("opened_with", sa.Text),
        sa.Column("last_seq", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("last_sent_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.Column("ended_reason", sa.Text),
        sa.Column("assignee_id", sa.Text),
        sa.Column("assigned_sequence", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_chat_sessions"),
        sa.UniqueConstraint(
            "brand", "player_kind", "player_id", "opened_with",
            name="uq_chat_sessions_brand_player_kind_player_id_opened_with",
        ),
        # Every message updates its session row: room on the page keeps those updates out of the indexes.
        postgresql_with={"fillfactor": "80"},
    )  # fmt: skip
    op.create_index(
        "ix_chat_sessions_open_player",
        "chat_sessions",
        ["brand", "player_kind", "player_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_chat_sessions_open_assignee",
        "chat_sessions",
        ["brand", "assignee_id"],
        postgresql_where=sa.text("ended_at IS NULL AND assignee_id IS NOT NULL"),
    )


def _create_messages() -> None:
    op.create_table(
        "chat_messages",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("author_kind", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("author_name", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("client_msg_id", sa.Text),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "seq", name="pk_chat_messages"),
        sa.UniqueConstraint("id", name="uq_chat_messages_id"),
        sa.UniqueConstraint(
            "brand", "ticket_id", "client_msg_id", name="uq_chat_messages_brand_ticket_id_client_msg_id",
        ),
    )  # fmt: skip
    op.create_table(
        "chat_receipts",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("reader_kind", sa.Text, nullable=False),
        sa.Column("reader_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("delivered_seq", sa.BigInteger, nullable=False),
        sa.Column("read_seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "reader_kind", "reader_id", name="pk_chat_receipts"),
    )


def _create_socket_tickets() -> None:
    op.create_table(
        "socket_tickets",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("person_kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("person_name", sa.Text),
        sa.Column("ticket_id", _UUID),
        sa.Column("origin", sa.Text),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_socket_tickets"),
    )
    op.create_index("ix_socket_tickets_expires_at", "socket_tickets", ["expires_at"])


def _create_presence() -> None:
    op.create_table(
        "staff_presence",
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("connected", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "staff_id", name="pk_staff_presence"),
    )
    op.create_table(
        "presence_leases",
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("process_id", _UUID, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "staff_id", "process_id", name="pk_presence_leases"),
    )
    op.create_index("ix_presence_leases_expires_at", "presence_leases", ["expires_at"])
