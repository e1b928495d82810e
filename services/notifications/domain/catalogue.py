"""The public catalogue: which internal fact becomes which webhook, and the bytes that are sent."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.notifications.domain import payloads
from services.notifications.domain.complaint_payloads import complaint_clock_told, complaint_told
from services.notifications.domain.errors import EventTypeUnknown
from services.notifications.domain.payloads import PublicType
from services.notifications.domain.signing import webhook_id
from shared.contracts import chat, sla, tickets
from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Event

API_VERSION: Final = "2026-11-22"
ANY: Final = "*"
SUBSCRIBABLE: Final = tuple(type_.value for type_ in PublicType if type_ is not PublicType.ENDPOINT_TEST)


class AggregateKind(StrEnum):
    """What a sequence counts: facts of a ticket, its promises, its conversation or rating, a complaint, a queue."""

    TICKET = "ticket"
    SLA_CLOCK = "sla_clock"
    CHAT_SESSION = "chat_session"
    COMPLAINT = "complaint"
    COMPLAINT_CLOCK = "complaint_clock"
    QUEUE = "queue"
    CHAT_RATING = "chat_rating"
    ENDPOINT = "endpoint"


class Fact(NamedTuple):
    """A public fact; (`aggregate_kind`, `aggregate_id`, sequence) shows receivers gaps and order."""

    type: PublicType
    aggregate_kind: AggregateKind
    aggregate_id: str
    occurred_at: datetime
    lean: BaseModel
    full: BaseModel


class CatalogueEntry(NamedTuple):
    """One public type, for the documents: the JSON Schema of `data`, the internal `source`, an example body."""

    type: str
    description: str
    source: str
    schema: dict[str, object]
    example: dict[str, object]


def public_fact(event: Event) -> Fact | None:
    """Return what operators are told of `event`, or None; notes stay inside."""
    mapping = _MAPPINGS.get(type(event))
    return mapping(event) if mapping else None


def test_fact(endpoint_id: UUID, *, now: datetime) -> Fact:
    """Return the fact that a test delivery tells."""
    data = payloads.TestData(message="This is a test of your webhook endpoint.")
    return Fact(PublicType.ENDPOINT_TEST, AggregateKind.ENDPOINT, str(endpoint_id), now, data, data)


def body(fact: Fact, *, content: bool, event_id: UUID, brand: str, sequence: int) -> bytes:
    """Serialise a fact; these very bytes are stored, signed and sent, and never made again."""
    data = fact.full if content else fact.lean
    document = {
        "id": webhook_id(event_id),
        "type": fact.type.value,
        "timestamp": fact.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "api_version": API_VERSION,
        "brand": brand,
        "aggregate": {"type": fact.aggregate_kind.value, "id": fact.aggregate_id},
        "sequence": sequence,
        "data": data.model_dump(mode="json", exclude_unset=True),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def checked_types(types: list[str]) -> list[str]:
    """Return an endpoint's filter without repetitions: public types, or `*` alone for all of them."""
    unknown = sorted(set(types) - {*SUBSCRIBABLE, ANY})
    if unknown:
        message = f"unknown: {', '.join(unknown)}; known: {', '.join(SUBSCRIBABLE)}"
        raise EventTypeUnknown(message, field="events")
    return [ANY] if ANY in types else [known for known in SUBSCRIBABLE if known in types]


def public_catalogue() -> tuple[CatalogueEntry, ...]:
    """Return every public type with schema and example, in the order of the catalogue."""
    facts = [(event, fact) for event in _MAPPINGS if (fact := public_fact(event.sample()))]
    entries = [_entry(fact, event.type, (event.__doc__ or "").split("\n")[0]) for event, fact in facts]
    test = _entry(test_fact(SAMPLE_ID, now=SAMPLE_TIME), "", "Somebody asked for a test of one endpoint.")
    return (*entries, test)


def _entry(fact: Fact, source: str, description: str) -> CatalogueEntry:
    example = json.loads(body(fact, content=False, event_id=SAMPLE_ID, brand="lucky", sequence=1))
    schema = type(fact.full).model_json_schema(mode="serialization")
    return CatalogueEntry(fact.type.value, description, source, schema, example)


def _ticket_fact(type_: PublicType, event: tickets.TicketEvent, tell: Callable[..., BaseModel]) -> Fact:
    lean, full = tell(event, content=False), tell(event, content=True)
    return Fact(type_, AggregateKind.TICKET, str(event.ticket_id), event.occurred_at, lean, full)


def _clock_fact(type_: PublicType, event: sla.ClockEvent) -> Fact:
    data = payloads.clock_told(event)
    return Fact(type_, AggregateKind.SLA_CLOCK, str(event.ticket_id), event.occurred_at, data, data)


def _correction_fact(event: tickets.MessageCorrected) -> Fact | None:
    # As with words: notes stay inside, and of a copy nobody was told.
    if event.kind is tickets.MessageKind.NOTE or event.copied_from is not None:
        return None
    return _ticket_fact(PublicType.TICKET_MESSAGE_CORRECTED, event, payloads.message_corrected)


def _message_fact(event: tickets.MessageAdded) -> Fact | None:
    # What a split copies was told when it was said.
    if event.kind is tickets.MessageKind.NOTE or event.copied_from is not None:
        return None
    return _ticket_fact(PublicType.TICKET_MESSAGE_ADDED, event, payloads.message_added)


def _complaint_fact(type_: PublicType, event: tickets.ComplaintRegistered | tickets.ComplaintChanged) -> Fact:
    lean, full = (complaint_told(event, content=content) for content in (False, True))
    return Fact(type_, AggregateKind.COMPLAINT, str(event.complaint_id), event.occurred_at, lean, full)


def _complaint_clock_fact(type_: PublicType, event: sla.ComplaintWarned | sla.ComplaintBreached) -> Fact:
    data = complaint_clock_told(event)
    return Fact(type_, AggregateKind.COMPLAINT_CLOCK, str(event.complaint_id), event.occurred_at, data, data)


def _queue_fact(type_: PublicType, event: tickets.QueueFact) -> Fact:
    data = payloads.queue_told(event)
    return Fact(type_, AggregateKind.QUEUE, event.queue, event.occurred_at, data, data)


def _chat_started_fact(event: chat.SessionStarted) -> Fact:
    lean, full = payloads.chat_started(event, content=False), payloads.chat_started(event, content=True)
    return Fact(PublicType.CHAT_STARTED, AggregateKind.CHAT_SESSION, str(event.ticket_id), event.started_at, lean, full)


def _chat_ended_fact(event: chat.SessionEnded) -> Fact:
    data = payloads.chat_ended(event)
    return Fact(PublicType.CHAT_ENDED, AggregateKind.CHAT_SESSION, str(event.ticket_id), event.ended_at, data, data)


def _chat_rated_fact(event: chat.RatingGiven) -> Fact:
    lean, full = payloads.chat_rated(event, content=False), payloads.chat_rated(event, content=True)
    return Fact(PublicType.CHAT_RATED, AggregateKind.CHAT_RATING, str(event.ticket_id), event.rated_at, lean, full)


_MAPPINGS: Final[Mapping[type[Event], Callable[..., Fact | None]]] = {
    tickets.TicketOpened: lambda e: _ticket_fact(PublicType.TICKET_OPENED, e, payloads.ticket_opened),
    tickets.MessageAdded: _message_fact,
    tickets.MessageCorrected: _correction_fact,
    tickets.TicketAssigned: lambda e: _ticket_fact(PublicType.TICKET_ASSIGNED, e, payloads.ticket_assigned),
    tickets.TicketStatusChanged: lambda e: _ticket_fact(PublicType.TICKET_STATUS_CHANGED, e, payloads.status_changed),
    tickets.TicketEscalated: lambda e: _ticket_fact(PublicType.TICKET_ESCALATED, e, payloads.ticket_escalated),
    tickets.TicketUpdated: lambda e: _ticket_fact(PublicType.TICKET_UPDATED, e, payloads.ticket_updated),
    tickets.TicketMerged: lambda e: _ticket_fact(PublicType.TICKET_MERGED, e, payloads.ticket_related),
    tickets.TicketUnmerged: lambda e: _ticket_fact(PublicType.TICKET_UNMERGED, e, payloads.ticket_related),
    tickets.TicketSplit: lambda e: _ticket_fact(PublicType.TICKET_SPLIT, e, payloads.ticket_related),
    tickets.ComplaintRegistered: lambda e: _complaint_fact(PublicType.COMPLAINT_REGISTERED, e),
    tickets.ComplaintChanged: lambda e: _complaint_fact(PublicType.COMPLAINT_CHANGED, e),
    sla.ComplaintWarned: lambda e: _complaint_clock_fact(PublicType.COMPLAINT_WARNED, e),
    sla.ComplaintBreached: lambda e: _complaint_clock_fact(PublicType.COMPLAINT_OVERDUE, e),
    sla.ClockWarned: lambda e: _clock_fact(PublicType.SLA_WARNED, e),
    sla.ClockBreached: lambda e: _clock_fact(PublicType.SLA_BREACHED, e),
    sla.ClockMet: lambda e: _clock_fact(PublicType.SLA_MET, e),
    sla.ClockWithdrawn: lambda e: _clock_fact(PublicType.SLA_WITHDRAWN, e),
    chat.SessionStarted: _chat_started_fact,
    chat.SessionEnded: _chat_ended_fact,
    tickets.QueueStalled: lambda e: _queue_fact(PublicType.QUEUE_STALLED, e),
    tickets.QueueRecovered: lambda e: _queue_fact(PublicType.QUEUE_RECOVERED, e),
    chat.RatingGiven: _chat_rated_fact,
}
