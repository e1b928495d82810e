"""Tables of what people attach: the files, whose conversations they are in, and who looked at documents."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.intake.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column

STATES: Final = "state IN ('receiving', 'mailed', 'pending', 'ready', 'rejected', 'deleted')"

attachments: Final = Table(
    "attachments",
    metadata,
    id_column(),
    brand_column(),
    # Until words carry it, where its uploader means to say them.
    Column("ticket_id", PG_UUID(as_uuid=True)),
    Column("message_id", PG_UUID(as_uuid=True)),
    # The player or visitor of the ticket may see it: its words are no note.
    Column("public", Boolean, nullable=False, server_default=text("false")),
    Column("uploader_kind", Text, nullable=False),
    Column("uploader_id", Text, nullable=False),
    Column("uploader_name", Text),
    Column("client_key", Text),
    Column("name", Text, nullable=False),
    Column("media_type", Text),
    Column("size", Integer),
    Column("width", Integer),
    Column("height", Integer),
    # SHA-256 of what came in, which recognises a repetition.
    Column("digest", LargeBinary),
    Column("sensitivity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    # The reason in words, where nobody was answered with them.
    Column("detail", Text),
    Column("file_key", Text),
    # What came by mail: in which one, where in it, and the message that alone may carry it.
    Column("delivery_id", PG_UUID(as_uuid=True)),
    Column("part", Integer),
    Column("promised_to", PG_UUID(as_uuid=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    time_column("created_at"),
    time_column("attached_at", nullable=True),
    time_column("next_at", nullable=True),
    time_column("delete_at", nullable=True),
    UniqueConstraint("brand", "uploader_kind", "uploader_id", "client_key"),
    CheckConstraint(STATES, name="state_known"),
    CheckConstraint("sensitivity IN ('ordinary', 'identity_document')", name="sensitivity_known"),
    Index("ix_attachments_ticket", "brand", "ticket_id", "id", postgresql_where=text("ticket_id IS NOT NULL")),
    Index(
        "ix_attachments_loose",
        "brand",
        "uploader_kind",
        "uploader_id",
        postgresql_where=text("message_id IS NULL AND state <> 'rejected'"),
    ),
    Index("ix_attachments_unscanned", "next_at", postgresql_where=text("state = 'pending'")),
    Index("ix_attachments_mailed", "next_at", postgresql_where=text("state = 'mailed'")),
    Index("ix_attachments_past", "delete_at", postgresql_where=text("delete_at IS NOT NULL")),
)

conversations: Final = Table(
    "conversations",
    metadata,
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("owner_id", Text, nullable=False),
    PrimaryKeyConstraint("brand", "ticket_id"),
)

attachment_views: Final = Table(
    "attachment_views",
    metadata,
    id_column(),
    brand_column(),
    Column("attachment_id", PG_UUID(as_uuid=True), nullable=False),
    Column("ticket_id", PG_UUID(as_uuid=True)),
    Column("deed", Text, nullable=False),
    Column("viewer_kind", Text, nullable=False),
    Column("viewer_id", Text, nullable=False),
    Column("viewer_name", Text),
    Column("reason", Text),
    Column("request_id", Text, nullable=False),
    time_column("viewed_at"),
    CheckConstraint("deed IN ('link', 'download')", name="deed_known"),
    Index("ix_attachment_views_file", "brand", "attachment_id", "id"),
)
