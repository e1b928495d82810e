"""Standard Webhooks 1.0.0: identifiers, secrets and signatures, to the byte."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

SECRET_BYTES: Final = 32
_SHOWN_PREFIX: Final = "whsec_"
_ID_PREFIX: Final = "msg_"


def shown_secret(secret: bytes) -> str:
    """Return the form in which a secret is handed out: `whsec_` and base64."""
    return _SHOWN_PREFIX + base64.b64encode(secret).decode()


def place_of(brand: str, endpoint_id: UUID) -> tuple[str, str, str]:
    """Return where an endpoint's secrets belong: sealed for one endpoint, they open in no other row."""
    return ("webhook secret", brand, str(endpoint_id))


def webhook_id(event_id: UUID) -> str:
    """Return the id that stays the same over all attempts and replays; it must not contain a full stop."""
    return _ID_PREFIX + event_id.hex


def event_id(webhook_id_: str) -> UUID | None:
    """Return the event that a `webhook-id` names, or None if we never minted such an id."""
    try:
        return UUID(hex=webhook_id_.removeprefix(_ID_PREFIX)) if webhook_id_.startswith(_ID_PREFIX) else None
    except ValueError:
        return None


def signature(secret: bytes, *, id_: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the base64 of HMAC-SHA256 over id, full stop, timestamp, full stop, raw body."""
    signed = b"%s.%d.%s" % (id_.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def signed_headers(secrets: Sequence[bytes], *, id_: str, attempted_at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of one attempt; during a rotation both secrets sign, newest first."""
    timestamp = int(attempted_at.timestamp())
    signatures = (signature(secret, id_=id_, timestamp=timestamp, body=body) for secret in secrets)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
