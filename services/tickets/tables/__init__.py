"""The tables of tickets; every one carries a brand and is isolated by it."""

from services.tickets.tables.audit import audit, audit_links, audit_waiting
from services.tickets.tables.complaints import brands, complaint_moves, complaints
from services.tickets.tables.copies import conversations, staff
from services.tickets.tables.metadata import metadata
from services.tickets.tables.tickets import breaches, tickets, timeline

__all__ = [
    "audit",
    "audit_links",
    "audit_waiting",
    "brands",
    "breaches",
    "complaint_moves",
    "complaints",
    "conversations",
    "metadata",
    "staff",
    "tickets",
    "timeline",
]
