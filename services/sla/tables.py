"""The tables of sla: calendars and policies of brands, tickets as far as clocks need them, clocks, timers."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Interval,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from shared.db.base import brand_column, id_column, new_metadata, time_column, version_column

metadata: Final = new_metadata()

calendars: Final = Table(
    "calendars",
    metadata,
    id_column(),
    brand_column(),
    version_column(),
    time_column("created_at"),
    time_column("updated_at"),
    Index("ix_calendars_listed", "brand", "id"),
)

calendar_versions: Final = Table(
    "calendar_versions",
    metadata,
    Column("calendar_id", PG_UUID(as_uuid=True), nullable=False),
    Column("version", BigInteger, nullable=False),
    brand_column(),
    Column("name", Text, nullable=False),
    Column("hours", JSONB, nullable=False),
    PrimaryKeyConstraint("calendar_id", "version"),
)

policies: Final = Table(
    "policies",
    metadata,
    id_column(),
    brand_column(),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("channel", Text),
    Column("reason_class", Text),
    Column("priority", Text),
    Column("tier", Text),
    Column("language", Text),
    Column("licence", Text),
    Column("waiting_on", Text),
    Column("targets", JSONB, nullable=False),
    Column("calendar_id", PG_UUID(as_uuid=True), ForeignKey("calendars.id")),
    version_column(),
    time_column("created_at"),
    time_column("updated_at"),
    Index("ix_policies_asked", "brand", "position", "id"),
    Index("ix_policies_calendar", "calendar_id"),
)

# Every version a policy ever had, as its editor saw it.
policy_versions: Final = Table(
    "policy_versions",
    metadata,
    Column("policy_id", PG_UUID(as_uuid=True), nullable=False),
    Column("version", BigInteger, nullable=False),
    brand_column(),
    Column("policy", JSONB, nullable=False),
    Column("edited_by", Text),
    time_column("created_at"),
    PrimaryKeyConstraint("policy_id", "version"),
)

clocked_tickets: Final = Table(
    "clocked_tickets",
    metadata,
    id_column(),
    brand_column(),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("reason_class", Text),
    Column("assignee_id", Text),
    Column("greeted", Boolean, nullable=False),
    time_column("waiting_since", nullable=True),
    Column("accepted", Boolean, nullable=False),
    Column("escalated", Boolean, nullable=False),
    Column("asked_id", Text),
    Column("borrowed_from", PG_UUID(as_uuid=True)),
    Column("tier", Text),
    Column("language", Text),
    Column("licence", Text),
    Column("waiting_on", Text),
    time_column("party_since", nullable=True),
    Column("spent", JSONB, nullable=False, server_default="{}"),
    Column("clock_sequence", BigInteger, nullable=False, server_default="0"),
    Index("ix_clocked_tickets_open", "brand", "id", postgresql_where=text("status NOT IN ('resolved', 'closed')")),
    postgresql_with={"fillfactor": "80"},
)

clocks: Final = Table(
    "clocks",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), ForeignKey("clocked_tickets.id"), nullable=False),
    Column("id", PG_UUID(as_uuid=True), nullable=False),
    brand_column(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    time_column("started_at"),
    time_column("warn_at", nullable=True),
    time_column("due_at"),
    Column("policy_id", PG_UUID(as_uuid=True), nullable=False),
    Column("policy_version", BigInteger, nullable=False),
    time_column("warned_at", nullable=True),
    time_column("breached_at", nullable=True),
    time_column("met_at", nullable=True),
    time_column("paused_at", nullable=True),
    time_column("ended_at", nullable=True),
    Column("paused_for", Interval, nullable=False),
    Column("corrected", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("calendar_id", PG_UUID(as_uuid=True)),
    Column("calendar_version", BigInteger),
    Column("open_paused_for", Interval, nullable=False, server_default="0"),
    Column("warnings", JSONB),
    Column("warned_percent", SmallInteger),
    Column("pauses", ARRAY(Text)),
    PrimaryKeyConstraint("ticket_id", "id"),
    Index("ix_clocks_breached", "brand", "breached_at", "id", postgresql_where=text("breached_at IS NOT NULL")),
    Index("ix_clocks_breach", "id", postgresql_where=text("breached_at IS NOT NULL")),
    Index("ix_clocks_met", "brand", "met_at", postgresql_where=text("met_at IS NOT NULL AND breached_at IS NULL")),
    postgresql_with={"fillfactor": "80"},
)

# What an open clock was under before another promise took over.
clock_schedules: Final = Table(
    "clock_schedules",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("clock_id", PG_UUID(as_uuid=True), nullable=False),
    Column("generation", Integer, nullable=False),
    brand_column(),
    Column("policy_id", PG_UUID(as_uuid=True), nullable=False),
    Column("policy_version", BigInteger, nullable=False),
    time_column("warn_at", nullable=True),
    time_column("due_at"),
    time_column("replaced_at"),
    Column("cause", Text, nullable=False),
    PrimaryKeyConstraint("ticket_id", "clock_id", "generation"),
    ForeignKeyConstraint(["ticket_id", "clock_id"], ["clocks.ticket_id", "clocks.id"]),
)

# What is still to happen to a clock by itself: the warning at so many percent of it, at 100 its breach.
timers: Final = Table(
    "timers",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("clock_id", PG_UUID(as_uuid=True), nullable=False),
    Column("percent", SmallInteger, nullable=False),
    brand_column(),
    time_column("due_at"),
    Column("generation", Integer, nullable=False),
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("ticket_id", "clock_id", "percent"),
    ForeignKeyConstraint(["ticket_id", "clock_id"], ["clocks.ticket_id", "clocks.id"]),
    Index("ix_timers_due", "due_at", postgresql_where=text("state = 'pending'")),
)

# What is known of a complaint: `seen` is the sequence of the last fact applied, `told` of the last one told about it.
clocked_complaints: Final = Table(
    "clocked_complaints",
    metadata,
    id_column(),
    brand_column(),
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("owner_id", Text),
    Column("seen", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
)

complaint_clocks: Final = Table(
    "complaint_clocks",
    metadata,
    Column("complaint_id", PG_UUID(as_uuid=True), ForeignKey("clocked_complaints.id"), nullable=False),
    Column("kind", Text, nullable=False),
    brand_column(),
    time_column("started_at"),
    time_column("due_at"),
    Column("stands", Boolean, nullable=False),
    time_column("met_at", nullable=True),
    Column("ended", Boolean, nullable=False),
    time_column("breached_at", nullable=True),
    Column("generation", Integer, nullable=False),
    Column("id", PG_UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()")),
    PrimaryKeyConstraint("complaint_id", "kind"),
    Index(
        "ix_complaint_clocks_breached", "brand", "breached_at", "id", postgresql_where=text("breached_at IS NOT NULL")
    ),
    Index("ix_complaint_clocks_breach", "id", postgresql_where=text("breached_at IS NOT NULL")),
    Index(
        "ix_complaint_clocks_met",
        "brand",
        "met_at",
        postgresql_where=text("met_at IS NOT NULL AND breached_at IS NULL"),
    ),
)

complaint_timers: Final = Table(
    "complaint_timers",
    metadata,
    Column("complaint_id", PG_UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("percent", Integer, nullable=False),
    brand_column(),
    time_column("due_at"),
    Column("generation", Integer, nullable=False),
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("complaint_id", "kind", "percent"),
    ForeignKeyConstraint(["complaint_id", "kind"], ["complaint_clocks.complaint_id", "complaint_clocks.kind"]),
    Index("ix_complaint_timers_due", "due_at", postgresql_where=text("state = 'pending'")),
)

# What the board looks at: a ticket as its newest fact tells it.
ticket_faces: Final = Table(
    "ticket_faces",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    Column("team_id", Text),
    Column("channel", Text, nullable=False),
    Column("language", Text),
    Column("reason", Text),
    Column("reason_class", Text),
    Column("tier", Text),
    Column("licence", Text),
    Column("assignee_id", Text),
    Column("status", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("party", Text, nullable=False),
    time_column("party_since"),
    time_column("opened_at"),
    time_column("waiting_since", nullable=True),
    Column("sequence", BigInteger, nullable=False),
    Index("ix_ticket_faces_waiting", "brand", "waiting_since", postgresql_where=text("waiting_since IS NOT NULL")),
    postgresql_with={"fillfactor": "80"},
)

# Every fact about a ticket as far as it can be measured; measures are made from these rows alone.
ticket_facts: Final = Table(
    "ticket_facts",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    brand_column(),
    Column("type", Text, nullable=False),
    time_column("at"),
    Column("data", JSONB, nullable=False),
    PrimaryKeyConstraint("ticket_id", "sequence"),
)

# Tickets whose measures do not contain their newest facts. Apart from the faces, so that no index of those looks at
# what every fact changes: most facts then move a face without touching any index.
unmeasured_tickets: Final = Table(
    "unmeasured_tickets",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    Column("news", BigInteger, nullable=False, server_default="1"),
    postgresql_with={"fillfactor": "80"},
)

measures: Final = Table(
    "measures",
    metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    brand_column(),
    time_column("started_at"),
    time_column("ended_at"),
    Column("seconds", Double, nullable=False),
    Column("business_seconds", Double),
    Column("channel", Text, nullable=False),
    Column("language", Text),
    Column("reason", Text),
    Column("reason_class", Text),
    Column("team_id", Text),
    Column("agent_id", Text),
    Column("tier", Text),
    Column("licence", Text),
    PrimaryKeyConstraint("ticket_id", "kind", "ordinal"),
    Index("ix_measures_listed", "brand", "ended_at", "ticket_id", "kind", "ordinal"),
)

breach_reasons: Final = Table(
    "breach_reasons",
    metadata,
    Column("clock_id", PG_UUID(as_uuid=True), primary_key=True),
    brand_column(),
    Column("reason_code", Text, nullable=False),
    Column("note", Text),
    Column("given_by", Text, nullable=False),
    time_column("given_at"),
)

# Which event of which iCalendar file brought a holiday, so that the next import of the event can replace it.
imported_holidays: Final = Table(
    "imported_holidays",
    metadata,
    Column("calendar_id", PG_UUID(as_uuid=True), ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False),
    Column("date", Date, nullable=False),
    brand_column(),
    Column("uid", Text, nullable=False),
    PrimaryKeyConstraint("calendar_id", "date"),
)
