"""E-mail as pure functions: read what came in, tell people from robots, thread by our own tokens, render answers."""

from shared.channels.email.contents import Trouble, Undecodable, pieces
from shared.channels.email.parsing import Attachment, ParsedMail, opened, parse
from shared.channels.email.quoting import strip_quotes
from shared.channels.email.rendering import UnusableAddress, render_reply, reply_subject
from shared.channels.email.robots import is_automatic
from shared.channels.email.tokens import (
    OwnMessage,
    mailbox_of,
    outgoing_message_id,
    read_message_id,
    read_reply_token,
    reply_address,
)

__all__ = [
    "Attachment",
    "OwnMessage",
    "ParsedMail",
    "Trouble",
    "Undecodable",
    "UnusableAddress",
    "is_automatic",
    "mailbox_of",
    "opened",
    "outgoing_message_id",
    "parse",
    "pieces",
    "read_message_id",
    "read_reply_token",
    "render_reply",
    "reply_address",
    "reply_subject",
    "strip_quotes",
]
