"""Standard Webhooks to the byte, judged by an independent implementation."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notifications.domain import signing
from shared.clock import SystemClock
from shared.ids import new_id

SECRET = bytes(range(32))


def _now() -> datetime:
    return SystemClock().now()


def test_known_vector() -> None:
    """The example of the specification's reference libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signing.signature(
        secret, id_="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(body=st.text(max_size=500), secret=st.binary(min_size=32, max_size=32))
def test_every_delivery_verifies(body: str, secret: bytes) -> None:
    """Any body and any secret verify with the independent library."""
    raw = body.encode("utf-8", "replace")
    headers = signing.signed_headers([secret], id_=signing.webhook_id(new_id()), attempted_at=_now(), body=raw)
    Webhook(signing.shown_secret(secret)).verify(raw, headers, json_parse=False)


@given(place=st.integers(min_value=0, max_value=32), flip=st.integers(min_value=1, max_value=127))
def test_every_flipped_byte_is_refused(place: int, flip: int) -> None:
    """A body that differs in one byte does not verify."""
    body = b'{"type":"ticket.opened","a":12345}'
    headers = signing.signed_headers([SECRET], id_="msg_1", attempted_at=_now(), body=body)
    mutant = bytearray(body)
    mutant[place] ^= flip
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown_secret(SECRET)).verify(bytes(mutant), headers, json_parse=False)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_changed_header_is_refused(header: str) -> None:
    """Id and timestamp are signed, the signature is not malleable."""
    headers = signing.signed_headers([SECRET], id_="msg_1", attempted_at=_now(), body=b"{}")
    last = headers[header]
    headers[header] = last[:-3] + ("AA=" if last[-3:] != "AA=" else "BB=") if "signature" in header else last[:-1] + "x"
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown_secret(SECRET)).verify(b"{}", headers, json_parse=False)


def test_old_timestamps_are_refused_and_fresh_ones_are_made_per_attempt() -> None:
    """A retry signs the time of its own attempt: receivers reject what is older than five minutes."""
    first = _now() - timedelta(hours=5)
    stale = signing.signed_headers([SECRET], id_="msg_1", attempted_at=first, body=b"{}")
    fresh = signing.signed_headers([SECRET], id_="msg_1", attempted_at=_now(), body=b"{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown_secret(SECRET)).verify(b"{}", stale, json_parse=False)
    Webhook(signing.shown_secret(SECRET)).verify(b"{}", fresh, json_parse=False)
    assert stale["webhook-id"] == fresh["webhook-id"]


def test_both_secrets_verify_during_a_rotation() -> None:
    """The list of signatures serves receivers with the old secret and with the new one."""
    old, new = bytes(32), bytes([1]) * 32
    headers = signing.signed_headers([new, old], id_="msg_1", attempted_at=_now(), body=b"{}")
    for secret in (old, new):
        Webhook(signing.shown_secret(secret)).verify(b"{}", headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown_secret(SECRET)).verify(b"{}", headers, json_parse=False)


def test_ids_hold_no_full_stop_and_lead_back() -> None:
    """The full stop separates what is signed."""
    event_id = UUID("019ab000-0000-7000-8000-000000000001")
    assert signing.webhook_id(event_id) == "msg_019ab000000070008000000000000001"
    assert signing.event_id(signing.webhook_id(event_id)) == event_id
    assert signing.event_id("msg_nonsense") is None
    assert signing.event_id("other") is None


def test_the_timestamp_counts_whole_seconds() -> None:
    """The specification wants an integer."""
    moment = datetime(2026, 11, 22, 9, 0, 0, 999999, tzinfo=UTC)
    headers = signing.signed_headers([SECRET], id_="msg_1", attempted_at=moment, body=b"{}")
    assert headers["webhook-timestamp"] == str(int(moment.timestamp()))


def test_secrets_are_shown_with_prefix() -> None:
    """`whsec_` and 32 bytes of base64."""
    shown = signing.shown_secret(SECRET)
    assert shown.startswith("whsec_")
    assert base64.b64decode(shown.removeprefix("whsec_")) == SECRET
