"""The tables of tickets; every one carries a brand and is isolated by it."""

from services.tickets.tables.audit import audit, audit_links, audit_waiting
from services.tickets.tables.copies import conversations, staff
from services.tickets.tables.lists import (
    search_documents,
    search_waiting,
    search_words,
    ticket_clocks,
    ticket_tags,
    views,
)
from services.tickets.tables.metadata import metadata
from services.tickets.tables.tickets import breaches, tickets, timeline

__all__ = [
    "audit",
    "audit_links",
    "audit_waiting",
    "breaches",
    "conversations",
    "metadata",
    "search_documents",
    "search_waiting",
    "search_words",
    "staff",
    "ticket_clocks",
    "ticket_tags",
    "tickets",
    "timeline",
    "views",
]
