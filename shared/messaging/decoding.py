"""From bytes to an event we understand, or to the reason why nobody ever will."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from pydantic import ValidationError

from shared.contracts.base import Envelope, Event, event_class
from shared.messaging.subscriptions import Received, Routes, Subscription
from shared.messaging.transport import MAX_EVENT_BYTES, AggregateKey, Delivery

_BRAND: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,30}")
_UNNAMED: Final = UUID("5e7d1f0c-52a3-4c0e-9a59-0d3b2a6b7f11")


class Reason(StrEnum):
    """Why an event can never be handled, as operators see it."""

    DELIVERY_LIMIT = "delivery-limit"
    TOO_LARGE = "too-large"
    UNDECODABLE = "undecodable"
    UNKNOWN_TYPE = "unknown-type"
    HEADER_MISMATCH = "header-mismatch"
    BRAND_MISMATCH = "brand-mismatch"
    CONTRACT_BROKEN = "contract-broken"


class Poison(Exception):
    """An event that can never be handled; `detail` holds no personal data."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(slots=True, eq=False)
class Work:
    """A decoded event on its way through the consumer.

    `subscription` is None for a type of a strict stream that only moves the cursor. `late` marks an event that
    somebody replays after its stream went on without it. `attempts` counts failures in this process, `error` is the
    last one, and the next try is `due` in loop time. One that waits for an earlier event does so since `waits_since`,
    or since its stream was seen to move, to the sequence `seen`.
    """

    delivery: Delivery
    envelope: Envelope
    stream: str
    event: Event | None = None
    subscription: Subscription | None = None
    strict: bool = False
    late: bool = False
    received: Received[Event] | None = None
    attempts: int = 0
    due: float = 0.0
    error: BaseException | None = None
    waits_since: float | None = None
    seen: int = 0

    @property
    def key(self) -> AggregateKey:
        """Return what must stay in order."""
        return self.envelope.brand, self.stream, self.envelope.subject


def decode(delivery: Delivery, routes: Routes) -> Work | None:
    """Return the work an event makes for these routes, None if it concerns nobody here; raise `Poison` for bad ones."""
    if delivery.exhausted:
        raise Poison(Reason.DELIVERY_LIMIT, "the broker gave up after twenty deliveries")
    if len(delivery.body) > MAX_EVENT_BYTES:
        raise Poison(Reason.TOO_LARGE, f"{len(delivery.body)} bytes")
    envelope = _envelope(delivery)
    known = event_class(envelope.type)
    stream = known.stream if known else delivery.stream
    if known is None and not stream:
        raise Poison(Reason.UNKNOWN_TYPE, envelope.type)
    work = Work(delivery, envelope, stream, strict=stream in routes.strict_streams)
    subscription = routes.by_type.get(envelope.type)
    if subscription is None:
        return work if work.strict else None
    work.subscription = subscription
    work.event = _event(subscription.event, envelope)
    if subscription.wanted is not None and not subscription.wanted(work.event):
        return None
    work.received = Received(work.event, envelope.brand, envelope.id, envelope.time, envelope.sequence, envelope.source)
    return work


def identity(delivery: Delivery) -> UUID:
    """Return the id of a delivery, even of one without: the same bytes get the same one."""
    try:
        return UUID(delivery.id)
    except ValueError:
        return uuid5(_UNNAMED, hashlib.sha256(delivery.body).hexdigest())


def _envelope(delivery: Delivery) -> Envelope:
    try:
        envelope = Envelope.model_validate_json(delivery.body)
    except ValidationError as error:
        raise Poison(Reason.UNDECODABLE, _places(error)) from None
    if not _BRAND.fullmatch(envelope.brand) or delivery.brand not in ("", envelope.brand):
        raise Poison(Reason.BRAND_MISMATCH, f"the carrier says {delivery.brand!r}, the event {envelope.brand!r}")
    if delivery.type not in ("", envelope.type) or delivery.id not in ("", str(envelope.id)):
        raise Poison(Reason.HEADER_MISMATCH, f"{delivery.type} {delivery.id}")
    if envelope.sequence < 1:
        raise Poison(Reason.UNDECODABLE, "sequence")
    return envelope


def _event(known: type[Event], envelope: Envelope) -> Event:
    try:
        event = known.model_validate(envelope.data)
    except ValidationError as error:
        raise Poison(Reason.CONTRACT_BROKEN, _places(error)) from None
    if event.aggregate_id() != envelope.subject:
        raise Poison(Reason.CONTRACT_BROKEN, "subject")
    return event


def _places(error: ValidationError) -> str:
    """Name the offending fields only: their values may be personal data."""
    return ", ".join(sorted({".".join(map(str, item["loc"])) or item["type"] for item in error.errors()}))
