"""The tables of tickets; every one carries a brand and is isolated by it."""

from services.tickets.tables.audit import audit, audit_links, audit_waiting
from services.tickets.tables.copies import conversations, staff
from services.tickets.tables.links import links
from services.tickets.tables.merges import merges
from services.tickets.tables.metadata import metadata
from services.tickets.tables.tickets import breaches, tickets, timeline

__all__ = [
    "audit",
    "audit_links",
    "audit_waiting",
    "breaches",
    "conversations",
    "links",
    "merges",
    "metadata",
    "staff",
    "tickets",
    "timeline",
]
