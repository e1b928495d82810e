"""The tables of tickets; every one carries a brand and is isolated by it."""

from services.tickets.tables.audit import audit, audit_links, audit_waiting
from services.tickets.tables.copies import conversations, staff
from services.tickets.tables.metadata import metadata
from services.tickets.tables.people import agents, personal_managers, presence, teams
from services.tickets.tables.queue import escalations, queue, queue_calls, queues
from services.tickets.tables.tickets import breaches, tickets, timeline

__all__ = [
    "agents",
    "audit",
    "audit_links",
    "audit_waiting",
    "breaches",
    "conversations",
    "escalations",
    "metadata",
    "personal_managers",
    "presence",
    "queue",
    "queue_calls",
    "queues",
    "staff",
    "teams",
    "tickets",
    "timeline",
]
