"""The tables of tickets; every one carries a brand and is isolated by it."""

from services.tickets.tables.audit import audit, audit_links, audit_waiting
from services.tickets.tables.catalogues import reasons, ticket_fields
from services.tickets.tables.collaboration import (
    brands,
    drafts,
    macro_uses,
    macros,
    mentions,
    participants,
    watchers,
)
from services.tickets.tables.complaints import complaint_moves, complaints
from services.tickets.tables.copies import conversations, staff, written_to
from services.tickets.tables.corrections import revisions
from services.tickets.tables.lifecycle import alarms, lifecycles
from services.tickets.tables.links import links
from services.tickets.tables.lists import (
    search_documents,
    search_waiting,
    search_words,
    ticket_clocks,
    ticket_tags,
    views,
)
from services.tickets.tables.merges import merges
from services.tickets.tables.metadata import metadata
from services.tickets.tables.people import agents, personal_managers, presence, teams
from services.tickets.tables.queue import (
    escalations,
    queue,
    queue_calls,
    queue_settings,
    queue_takings,
    queue_tellings,
    queues,
)
from services.tickets.tables.tickets import breaches, tickets, timeline

__all__ = [
    "agents",
    "alarms",
    "audit",
    "audit_links",
    "audit_waiting",
    "brands",
    "breaches",
    "complaint_moves",
    "complaints",
    "conversations",
    "drafts",
    "escalations",
    "lifecycles",
    "links",
    "macro_uses",
    "macros",
    "mentions",
    "merges",
    "metadata",
    "participants",
    "personal_managers",
    "presence",
    "queue",
    "queue_calls",
    "queue_settings",
    "queue_takings",
    "queue_tellings",
    "queues",
    "reasons",
    "revisions",
    "search_documents",
    "search_waiting",
    "search_words",
    "staff",
    "teams",
    "ticket_clocks",
    "ticket_fields",
    "ticket_tags",
    "tickets",
    "timeline",
    "views",
    "watchers",
    "written_to",
]
