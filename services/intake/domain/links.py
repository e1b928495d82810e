"""Short links to files: whoever has one may fetch the file for a few minutes, and it says for whom it was made."""

import base64
import hmac
import json
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.intake.domain.attachments import LinkInvalid
from shared.contracts.base import Author, AuthorKind

_MAC_BYTES: Final = 32


class Link(NamedTuple):
    """One file of one brand, for one viewer, until a time."""

    brand: str
    attachment_id: UUID
    viewer: Author
    expires_at: datetime


def signed(link: Link, key: bytes) -> str:
    """Return the link as a segment of a path: what it says and its MAC (HMAC-SHA-256)."""
    says = [
        link.brand, str(link.attachment_id), link.viewer.kind.value, link.viewer.id, link.viewer.name,
        int(link.expires_at.timestamp()),
    ]  # fmt: skip
    body = json.dumps(says, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hmac.digest(key, body, "sha256") + body).decode().rstrip("=")


def read(token: str, *, key: bytes, now: datetime) -> Link:
    """Return what a signed link says; raise `LinkInvalid` for any other and for those whose time is over."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise LinkInvalid from error
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, hmac.digest(key, body, "sha256")):
        raise LinkInvalid
    brand, attachment_id, kind, viewer_id, name, expires = json.loads(body)
    expires_at = datetime.fromtimestamp(expires, tz=now.tzinfo)
    if expires_at <= now:
        raise LinkInvalid
    return Link(brand, UUID(attachment_id), Author(kind=AuthorKind(kind), id=viewer_id, name=name), expires_at)
