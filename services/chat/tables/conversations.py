"""Conversations, their words, and who is there."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from shared.db.base import brand_column, id_column, new_metadata, time_column, version_column

metadata: Final = new_metadata()

chat_sessions: Final = Table(
    "chat_sessions",
    metadata,
    id_column("ticket_id"),
    brand_column(),
    Column("player_kind", Text, nullable=False),
    Column("player_id", Text, nullable=False),
    Column("player_name", Text),
    Column("subject", Text),
    Column("language", Text),
    Column("opened_with", Text),
    Column("last_seq", BigInteger, nullable=False, server_default="0"),
    version_column(),
    time_column("started_at"),
    time_column("last_sent_at", nullable=True),
    time_column("ended_at", nullable=True),
    Column("ended_reason", Text),
    Column("assignee_id", Text),
    Column("assigned_sequence", BigInteger, nullable=False, server_default="0"),
    Column("ticket_status", Text),
    Column("is_safety", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("brand", "player_kind", "player_id", "opened_with"),
    postgresql_with={"fillfactor": "80"},
)
Index(
    "ix_chat_sessions_open_player",
    chat_sessions.c.brand,
    chat_sessions.c.player_kind,
    chat_sessions.c.player_id,
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "ix_chat_sessions_open_assignee",
    chat_sessions.c.brand,
    chat_sessions.c.assignee_id,
    postgresql_where=text("ended_at IS NULL AND assignee_id IS NOT NULL"),
)

chat_messages: Final = Table(
    "chat_messages",
    metadata,
    Column("ticket_id", UUID(as_uuid=True), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("id", UUID(as_uuid=True), nullable=False),
    brand_column(),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text),
    Column("text", Text, nullable=False),
    Column("client_msg_id", Text),
    time_column("sent_at"),
    Column("attachments", ARRAY(UUID(as_uuid=True)), nullable=False, server_default=text("'{}'::uuid[]")),
    # An entry that corrects the words of this message; without text it withdraws them.
    Column("corrects", UUID(as_uuid=True)),
    # Null for most: how it came, answers to choose from, what it answers.
    Column("details", JSONB(none_as_null=True)),
    PrimaryKeyConstraint("ticket_id", "seq"),
    UniqueConstraint("id"),
    UniqueConstraint("brand", "ticket_id", "client_msg_id"),
    Index("ix_chat_messages_corrects", "ticket_id", "corrects", "seq", postgresql_where=text("corrects IS NOT NULL")),
)

chat_receipts: Final = Table(
    "chat_receipts",
    metadata,
    Column("ticket_id", UUID(as_uuid=True), nullable=False),
    Column("reader_kind", Text, nullable=False),
    Column("reader_id", Text, nullable=False),
    brand_column(),
    Column("delivered_seq", BigInteger, nullable=False),
    Column("read_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("ticket_id", "reader_kind", "reader_id"),
)

socket_tickets: Final = Table(
    "socket_tickets",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    brand_column(),
    Column("person_kind", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("person_name", Text),
    Column("ticket_id", UUID(as_uuid=True)),
    Column("origin", Text),
    time_column("expires_at"),
    Index("ix_socket_tickets_expires_at", "expires_at"),
)

# Who of the staff hears a conversation beside whoever holds it.
chat_guests: Final = Table(
    "chat_guests",
    metadata,
    Column("ticket_id", UUID(as_uuid=True), nullable=False),
    Column("staff_id", Text, nullable=False),
    brand_column(),
    PrimaryKeyConstraint("ticket_id", "staff_id"),
    Index("ix_chat_guests_staff", "brand", "staff_id"),
)

staff_presence: Final = Table(
    "staff_presence",
    metadata,
    Column("staff_id", Text, nullable=False),
    brand_column(),
    Column("connected", Boolean, nullable=False),
    version_column(),
    time_column("changed_at"),
    PrimaryKeyConstraint("brand", "staff_id"),
)

presence_leases: Final = Table(
    "presence_leases",
    metadata,
    Column("staff_id", Text, nullable=False),
    brand_column(),
    Column("process_id", UUID(as_uuid=True), nullable=False),
    time_column("expires_at"),
    PrimaryKeyConstraint("brand", "staff_id", "process_id"),
    Index("ix_presence_leases_expires_at", "expires_at"),
)
