"""Where players are written to, how far they were told by e-mail what they did not read, and what was sent to them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from services.chat.tables.conversations import metadata
from shared.db.base import brand_column, id_column, time_column

chat_contacts: Final = Table(
    "chat_contacts",
    metadata,
    id_column("ticket_id"),
    brand_column(),
    # What the operator signed; what the person said of himself is believed by nobody.
    Column("vouched_address", Text),
    Column("given_address", Text),
    Column("given_name", Text),
    Column("reason", Text),
    Column("answers", JSONB, nullable=False, server_default="{}"),
    time_column("given_at", nullable=True),
)

chat_replies: Final = Table(
    "chat_replies",
    metadata,
    id_column("ticket_id"),
    brand_column(),
    Column("number", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # Null: nothing is unread, or what is unread waits for an address.
    time_column("due_at", nullable=True),
    Column("undelivered", Boolean, nullable=False, server_default="false"),
    Column("mailed_seq", BigInteger, nullable=False, server_default="0"),
    Column("batches", Integer, nullable=False, server_default="0"),
    Column("first_batch_id", UUID(as_uuid=True)),
    Column("batch_id", UUID(as_uuid=True)),
    Column("batch_state", Text),
    time_column("mailed_at", nullable=True),
    # The player's newest e-mail into this conversation and the Message-IDs of its thread.
    time_column("wrote_mail_at", nullable=True),
    Column("thread", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    CheckConstraint("batch_state IN ('told', 'sent', 'failed')", name="batch_state_known"),
    Index("ix_chat_replies_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    postgresql_with={"fillfactor": "80"},
)

chat_sent_transcripts: Final = Table(
    "chat_sent_transcripts",
    metadata,
    id_column(),
    brand_column(),
    Column("ticket_id", UUID(as_uuid=True), nullable=False),
    Column("sent_by_kind", Text, nullable=False),
    Column("sent_by", Text, nullable=False),
    # A digest of where it went: strangers' mailboxes are no place for many of them.
    Column("address", LargeBinary, nullable=False),
    time_column("sent_at"),
    Index("ix_chat_sent_transcripts_ticket_id", "ticket_id", "sent_at"),
    Index("ix_chat_sent_transcripts_address", "brand", "address", "sent_at"),
)

chat_files: Final = Table(
    "chat_files",
    metadata,
    id_column("attachment_id"),
    brand_column(),
    Column("ticket_id", UUID(as_uuid=True), nullable=False),
    Column("name", Text, nullable=False),
    Index("ix_chat_files_ticket_id", "ticket_id"),
)

# Who of the staff takes work, as the gateway told: whether anybody is there is said before a player writes. The name is
# what a player is told of whoever holds his conversation; null until the gateway tells of somebody again.
chat_staff: Final = Table(
    "chat_staff",
    metadata,
    Column("membership_id", Text, primary_key=True),
    brand_column(),
    Column("staff_id", Text, nullable=False),
    Column("takes_chats", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("name", Text),
    Index("ix_chat_staff_brand", "brand", "staff_id"),
)
