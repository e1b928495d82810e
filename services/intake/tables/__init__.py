"""The tables of intake; every one carries a brand and is isolated by it."""

from services.intake.tables.attachments import attachment_views, attachments, conversations
from services.intake.tables.mail import brands, contacts, mailboxes, messages, raw_deliveries
from services.intake.tables.metadata import metadata

__all__ = [
    "attachment_views",
    "attachments",
    "brands",
    "contacts",
    "conversations",
    "mailboxes",
    "messages",
    "metadata",
    "raw_deliveries",
]
