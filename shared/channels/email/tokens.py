"""Reply addresses and Message-IDs that name a ticket and prove that we made them.

Both carry an HMAC-SHA256 cut to 80 bits, the least RFC 2104 (section 5) allows, over the ids and the brand's own
mailbox: a token of one brand means nothing at another. A token routes a message to its ticket and never
identifies the sender.
"""

import base64
import hashlib
import hmac
import re
from typing import Final, NamedTuple
from uuid import UUID

_MAC_BYTES: Final = 10
_ID_LENGTH: Final = 26
_TAG: Final = "+t-"
_LONGEST: Final = 320
_REPLY = re.compile(r"([a-z2-7]{26})\.([a-z2-7]{16})")
_OWN_ID = re.compile(r"<?o-([0-9a-f]{32})\.([0-9a-f]{32})\.([a-z2-7]{16})@[^<>@\s]+>?", re.IGNORECASE)


class OwnMessage(NamedTuple):
    """What one of our outgoing Message-IDs says."""

    message_id: UUID
    ticket_id: UUID


def mailbox_of(address: str) -> str:
    """Return the address in lower case and without our reply token, if it carries one."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition(_TAG)[0]}@{domain}"


def reply_address(ticket_id: UUID, *, address: str, key: bytes) -> str:
    """Return the address whose mail belongs to the ticket.

    `address` is the brand's own mailbox. Its local part may have 18 characters at most if the result has to keep to the
    64 characters of RFC 5321, section 4.5.3.1.1.
    """
    mailbox = mailbox_of(address)
    local, _, domain = mailbox.rpartition("@")
    return f"{local}{_TAG}{_base32(ticket_id.bytes)}.{_mac(key, b'reply', mailbox, ticket_id.bytes)}@{domain}"


def read_reply_token(address: str, key: bytes) -> UUID | None:
    """Return the ticket that a reply address belongs to, or None unless we made exactly this address."""
    if len(address) > _LONGEST:
        return None
    given = address.strip().lower()
    token = given.rpartition("@")[0].partition(_TAG)[2]
    match = _REPLY.fullmatch(token)
    if match is None:
        return None
    ticket_id = UUID(bytes=base64.b32decode(match[1].upper() + "=" * (32 - _ID_LENGTH))[:16])
    expected = reply_address(ticket_id, address=given, key=key)
    return ticket_id if hmac.compare_digest(expected.encode(), given.encode()) else None


def outgoing_message_id(message_id: UUID, ticket_id: UUID, *, address: str, key: bytes) -> str:
    """Return the Message-ID of an outgoing message: the same at every attempt, so that doubles fold at the reader's."""
    mailbox = mailbox_of(address)
    mac = _mac(key, b"message-id", mailbox, message_id.bytes + ticket_id.bytes)
    return f"<o-{message_id.hex}.{ticket_id.hex}.{mac}@{mailbox.rpartition('@')[2]}>"


def read_message_id(value: str, *, address: str, key: bytes) -> OwnMessage | None:
    """Return what a Message-ID says if it is one of ours, sent from the mailbox `address`; else None."""
    match = _OWN_ID.fullmatch(value.strip()) if len(value) <= _LONGEST else None
    if match is None:
        return None
    own = OwnMessage(UUID(match[1]), UUID(match[2]))
    expected = _mac(key, b"message-id", mailbox_of(address), own.message_id.bytes + own.ticket_id.bytes)
    return own if hmac.compare_digest(expected.encode(), match[3].lower().encode()) else None


def _mac(key: bytes, purpose: bytes, mailbox: str, ids: bytes) -> str:
    digest = hmac.new(key, b"\0".join((purpose, mailbox.encode(), ids)), hashlib.sha256).digest()
    return _base32(digest[:_MAC_BYTES])


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode("ascii").rstrip("=").lower()
