"""Tickets, their timelines and the breaches already answered."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from services.tickets.tables.metadata import metadata
from shared.db.base import brand_column, id_column, time_column, version_column

# Said in the same words by the lists that are to use these indexes.
UNFINISHED: Final = "status IN ('new', 'bot', 'open', 'pending', 'waiting', 'snoozed')"

tickets: Final = Table(
    "tickets",
    metadata,
    id_column(),
    brand_column(),
    Column("number", Text, nullable=False),
    Column("player_id", Text),
    Column("visitor_id", Text),
    Column("subject", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("assignee_id", Text),
    Column("language", Text),
    Column("reason", Text),
    Column("reason_class", Text),
    # A ContactRef: where an outside writer is answered.
    Column("contact", JSONB(none_as_null=True)),
    # Chat holds the conversation: answers go to its sockets.
    Column("live", Boolean, nullable=False),
    Column("team_id", Text),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    Column("tier", Text),
    Column("licence", Text),
    Column("waiting_on", Text),
    time_column("snoozed_until", nullable=True),
    Column("merged_into", PG_UUID(as_uuid=True)),
    # Set once a ticket with earlier words went up in this one; until then it is when this one was opened.
    time_column("received_at", nullable=True),
    Column("complaint_id", PG_UUID(as_uuid=True)),
    Column("fields", JSONB, nullable=False, server_default="{}"),
    # While it is resolved or closed: when its work ended, from which its lifecycle counts.
    time_column("resolved_at", nullable=True),
    # The earliest promise that is open, as sla last told; the player's oldest unanswered words.
    time_column("next_due_at", nullable=True),
    time_column("waiting_since", nullable=True),
    time_column("created_at"),
    time_column("updated_at"),
    version_column(),
    UniqueConstraint("brand", "number"),
    CheckConstraint(
        "status IN ('new', 'bot', 'open', 'pending', 'waiting', 'snoozed', 'resolved', 'closed')", name="status_known"
    ),
    CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="priority_known"),
    CheckConstraint("version > 0", name="version_positive"),
    # Lists sort on what never changes, so that no row can slip from one page to another while it is being read.
    Index("ix_tickets_newest", "brand", "created_at", "id"),
    Index("ix_tickets_status", "brand", "status", "created_at", "id"),
    Index("ix_tickets_assignee", "brand", "assignee_id", "created_at", "id"),
    Index(
        "ix_tickets_player", "brand", "player_id", "created_at", "id", postgresql_where=text("player_id IS NOT NULL")
    ),
    Index(
        "ix_tickets_visitor", "brand", "visitor_id", "created_at", "id", postgresql_where=text("visitor_id IS NOT NULL")
    ),
    # With the opening, so that what was opened too late for a list is passed by inside the index.
    Index("ix_tickets_changed", "brand", "updated_at", "id", "created_at"),
    Index("ix_tickets_number", "brand", "number", postgresql_ops={"number": "text_pattern_ops"}),
    # What most tickets are not in: these lists stay small whatever the history.
    Index("ix_tickets_unfinished", "brand", "created_at", "id", postgresql_where=text(UNFINISHED)),
    Index("ix_tickets_due", "brand", "next_due_at", "id", postgresql_where=text(UNFINISHED)),
    Index("ix_tickets_waiting", "brand", "waiting_since", "id", postgresql_where=text("waiting_since IS NOT NULL")),
    Index("ix_tickets_team", "brand", "team_id", "created_at", "id", postgresql_where=text("team_id IS NOT NULL")),
    Index("ix_tickets_reason", "brand", "reason", "created_at", "id", postgresql_where=text("reason IS NOT NULL")),
    Index("ix_tickets_tier", "brand", "tier", "created_at", "id", postgresql_where=text("tier IS NOT NULL")),
    Index("ix_tickets_complaint", "brand", "created_at", "id", postgresql_where=text("complaint_id IS NOT NULL")),
    # A value that few tickets have must not be looked for in all of them.
    Index("ix_tickets_channel", "brand", "channel", "created_at", "id"),
    Index("ix_tickets_priority", "brand", "priority", "created_at", "id"),
    Index(
        "ix_tickets_language", "brand", "language", "created_at", "id", postgresql_where=text("language IS NOT NULL")
    ),
    Index("ix_tickets_licence", "brand", "licence", "created_at", "id", postgresql_where=text("licence IS NOT NULL")),
    Index(
        "ix_tickets_reason_class",
        "brand",
        "reason_class",
        "created_at",
        "id",
        postgresql_where=text("reason_class IS NOT NULL"),
    ),
    Index("ix_tickets_tagged", "brand", "updated_at", postgresql_where=text("tags <> '{}'::text[]")),
    Index("ix_tickets_merged_into", "brand", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    # Most edits change no indexed column but updated_at; room on the page keeps the others cheap.
    postgresql_with={"fillfactor": "85"},
)

timeline: Final = Table(
    "timeline",
    metadata,
    id_column(),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    Column("kind", Text, nullable=False),
    time_column("occurred_at"),
    Column("author_kind", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text),
    Column("text", Text),
    Column("automatic", Boolean, nullable=False),
    Column("change", JSONB(none_as_null=True)),
    Column("public", Boolean, nullable=False),
    # Said to this ticket, which had gone up in the one of the row.
    Column("origin_id", PG_UUID(as_uuid=True)),
    # A split: the entry these words were copied from, and the ticket they were copied to.
    Column("copied_from", PG_UUID(as_uuid=True)),
    Column("moved_to", PG_UUID(as_uuid=True)),
    # Files that intake holds.
    Column("attachments", ARRAY(PG_UUID(as_uuid=True)), nullable=False, server_default=text("'{}'::uuid[]")),
    # Since when the words say what they say, or nothing; what they said before is in `revisions`.
    time_column("edited_at", nullable=True),
    time_column("withdrawn_at", nullable=True),
    # A reply: the live conversations that were given it, and whether it left by e-mail or another channel.
    Column("heard_in", ARRAY(PG_UUID(as_uuid=True)), nullable=False, server_default=text("'{}'::uuid[]")),
    Column("sent_out", Boolean, nullable=False, server_default="false"),
    version_column(),
    UniqueConstraint("ticket_id", "version"),
    CheckConstraint("kind IN ('message', 'reply', 'note', 'change')", name="kind_known"),
    CheckConstraint(
        "(kind = 'change') = (text IS NULL) AND (kind = 'change') = (change IS NOT NULL)", name="words_or_change"
    ),
    Index("ix_timeline_order", "ticket_id", "occurred_at", "id"),
)

breaches: Final = Table(
    "breaches",
    metadata,
    Column("clock_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("tickets.id"), nullable=False),
    Column("kind", Text, nullable=False),
    time_column("breached_at"),
    # Once it is answered: the ticket's version after that, what it was before, and when it was handed up for it.
    Column("version", BigInteger),
    Column("priority", Text),
    Column("holder_id", Text),
    time_column("escalated_at", nullable=True),
    Column("asked", JSONB(none_as_null=True)),
    # It was none: what it did is taken back, or not done at all if it is told later.
    time_column("withdrawn_at", nullable=True),
    Index("ix_breaches_answered", "ticket_id", "version", postgresql_where=text("version IS NOT NULL")),
)
