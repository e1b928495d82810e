"""Setting up webhook endpoints and their secrets."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from services.notifications.domain import signing
from services.notifications.domain.catalogue import API_VERSION, checked_types
from services.notifications.domain.errors import EndpointNotFound, RotationRunning, TooManyEndpoints
from services.notifications.domain.health import START_CAP, DisableReason
from services.notifications.queries import endpoints as queries
from shared.contracts.notifications import EndpointDisabled
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging import outbox
from shared.sealing import Seal
from shared.web.conditional import demand


class WithSecret(NamedTuple):
    """An endpoint and its new secret, in the only moment in which anybody sees it."""

    endpoint: Row[*tuple[Any, ...]]
    secret: str


async def create_endpoint(
    session: Session, *, brand: str, fields: Mapping[str, object], seal: Seal, most: int, now: datetime
) -> WithSecret:
    """Add an endpoint with a secret of its own; `most` is how many a brand may have."""
    if await queries.count_endpoints(session, brand) >= most:
        raise TooManyEndpoints
    endpoint_id, secret = new_id(), secrets.token_bytes(signing.SECRET_BYTES)
    values = {
        **_checked(fields),
        "id": endpoint_id,
        "brand": brand,
        "api_version": API_VERSION,
        "secret": seal.close(secret, signing.place_of(brand, endpoint_id)),
        "cap": START_CAP,
        "created_at": now,
        "updated_at": now,
    }
    return WithSecret(await queries.insert_endpoint(session, values), signing.shown_secret(secret))


async def endpoint(session: Session, *, brand: str, endpoint_id: UUID) -> Row[*tuple[Any, ...]]:
    """Return an endpoint or raise `EndpointNotFound`."""
    found = await queries.endpoint(session, brand, endpoint_id)
    if found is None:
        raise EndpointNotFound
    return found


async def change_endpoint(
    session: Session, *, brand: str, endpoint_id: UUID, expected: int, fields: Mapping[str, object], now: datetime
) -> Row[*tuple[Any, ...]]:
    """Edit an endpoint; enabling it forgets its failures, and what was pending goes out again."""
    before = await _locked(session, brand, endpoint_id)
    demand(expected, before.version)
    changes = _checked(fields)
    state = changes.get("state", before.state)
    if state != before.state:
        changes |= _standing(str(state))
    if changes.get("ordered", before.ordered) != before.ordered:
        await queries.set_order(session, endpoint_id, ordered=bool(changes["ordered"]))
    after = await queries.change_endpoint(session, endpoint_id, changes, now=now)
    if state == "disabled" and before.state != state:
        await tell_disabled(session, after, reason=DisableReason.BY_HAND, now=now)
    session.info["recorded"] = True  # wakes the sender: an endpoint that was just enabled may have much to do
    return after


async def delete_endpoint(session: Session, *, brand: str, endpoint_id: UUID, now: datetime) -> None:
    """Take an endpoint out of use for good; its log stays until it is forgotten with age, its secrets go now."""
    await _locked(session, brand, endpoint_id)
    values = {"deleted_at": now, "state": "disabled", "secret": b"", "previous_secret": None, "previous_until_at": None}
    await queries.change_endpoint(session, endpoint_id, values, now=now)


async def rotate_secret(
    session: Session, *, brand: str, endpoint_id: UUID, seal: Seal, overlap: timedelta, now: datetime
) -> WithSecret:
    """Give an endpoint a new secret; the old one signs along for `overlap`, and until then no other may begin."""
    before = await _locked(session, brand, endpoint_id)
    if before.previous_until_at is not None and before.previous_until_at > now:
        raise RotationRunning(previous_until=before.previous_until_at.isoformat())
    secret = secrets.token_bytes(signing.SECRET_BYTES)
    values = {
        "secret": seal.close(secret, signing.place_of(brand, endpoint_id)),
        "previous_secret": before.secret,
        "previous_until_at": now + overlap,
    }
    after = await queries.change_endpoint(session, endpoint_id, values, now=now)
    return WithSecret(after, signing.shown_secret(secret))


async def revoke_previous_secret(session: Session, *, brand: str, endpoint_id: UUID, now: datetime) -> None:
    """Let the old secret stop signing at once; doing it twice changes nothing."""
    before = await _locked(session, brand, endpoint_id)
    if before.previous_secret is None:
        return
    values = {"previous_secret": None, "previous_until_at": None}
    await queries.change_endpoint(session, endpoint_id, values, now=now)


async def tell_disabled(session: Session, row: Row[*tuple[Any, ...]], *, reason: DisableReason, now: datetime) -> None:
    """Tell that an endpoint was switched off; its row is locked."""
    event = EndpointDisabled(endpoint_id=row.id, url=row.url, reason=reason.value, disabled_at=now)
    sequence = await queries.next_told(session, row.id)
    await outbox.record(session, event, brand=row.brand, sequence=sequence, at=now)


def _checked(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields with a filter of known types in catalogue order."""
    events = fields.get("events")
    return {**fields, "events": checked_types(events)} if isinstance(events, list) else dict(fields)


def _standing(state: str) -> dict[str, object]:
    """Return what a new state does to the endpoint's health; `troubled` stays until it answers again."""
    if state == "disabled":
        return {"disabled_reason": DisableReason.BY_HAND.value, "troubled": True}
    healthy = {"failures": 0, "failing_since_at": None, "open_until_at": None, "warned_hours": 0, "cap": START_CAP}
    return {"disabled_reason": None, **healthy} if state == "enabled" else {"disabled_reason": None}


async def _locked(session: Session, brand: str, endpoint_id: UUID) -> Row[*tuple[Any, ...]]:
    found = await queries.lock_endpoint(session, brand, endpoint_id)
    if found is None:
        raise EndpointNotFound
    return found
