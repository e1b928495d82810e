"""Turning facts into deliveries: one row per endpoint that wants to know."""

from datetime import datetime
from uuid import UUID

from services.notifications.domain import catalogue
from services.notifications.domain.errors import EndpointNotEnabled, EndpointNotFound
from services.notifications.queries import deliveries, endpoints
from services.notifications.queries.deliveries import StoredEvent
from shared.contracts.base import Event
from shared.db.engine import Session
from shared.ids import new_id


async def tell_endpoints(session: Session, *, brand: str, event_id: UUID, event: Event, sequence: int) -> None:
    """Add a delivery for every endpoint of the brand whose filter has this fact."""
    fact = catalogue.public_fact(event)
    if fact is None:
        return
    stored = _stored(fact, event_id=event_id, brand=brand, sequence=sequence)
    if await deliveries.fan_out(session, brand, stored, types=(fact.type.value, catalogue.ANY)):
        session.info["recorded"] = True  # wakes the sender after commit: first attempts leave within milliseconds


async def request_test(session: Session, *, brand: str, endpoint_id: UUID, now: datetime) -> UUID:
    """Send a test fact to one endpoint, whatever its filter, and return the delivery's id."""
    endpoint = await endpoints.endpoint(session, brand, endpoint_id)
    if endpoint is None:
        raise EndpointNotFound
    if endpoint.state != "enabled":
        raise EndpointNotEnabled
    stored = _stored(catalogue.test_fact(endpoint_id, now=now), event_id=new_id(), brand=brand, sequence=1)
    (delivery_id,) = await deliveries.fan_out(session, brand, stored, types=endpoint.events, only=endpoint_id)
    session.info["recorded"] = True
    return delivery_id


def _stored(fact: catalogue.Fact, *, event_id: UUID, brand: str, sequence: int) -> StoredEvent:
    lean = catalogue.body(fact, content=False, event_id=event_id, brand=brand, sequence=sequence)
    full = catalogue.body(fact, content=True, event_id=event_id, brand=brand, sequence=sequence)
    return StoredEvent(event_id, fact.type.value, fact.aggregate_id, lean, full if full != lean else None)
