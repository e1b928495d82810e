"""The tables of chat; every one carries a brand and is isolated by it."""

from services.chat.tables.conversations import (
    chat_guests,
    chat_messages,
    chat_receipts,
    chat_sessions,
    metadata,
    presence_leases,
    socket_tickets,
    staff_presence,
)
from services.chat.tables.reaching import chat_contacts, chat_files, chat_replies, chat_sent_transcripts, chat_staff
from services.chat.tables.rules import chat_bans, chat_policies, chat_ratings, chat_silences

__all__ = [
    "chat_bans",
    "chat_contacts",
    "chat_files",
    "chat_guests",
    "chat_messages",
    "chat_policies",
    "chat_ratings",
    "chat_receipts",
    "chat_replies",
    "chat_sent_transcripts",
    "chat_sessions",
    "chat_silences",
    "chat_staff",
    "metadata",
    "presence_leases",
    "socket_tickets",
    "staff_presence",
]
