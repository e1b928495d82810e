"""Sending again what was sent, or should have been."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from services.notifications.domain import signing
from services.notifications.domain.attempts import DeliveryState
from services.notifications.domain.errors import EndpointNotEnabled, EndpointNotFound, ReplayRangeInvalid
from services.notifications.queries import deliveries, endpoints
from shared.db.engine import Session

_LONGEST_RANGE: Final = timedelta(days=7)
_PAUSE: Final = timedelta(milliseconds=100)
_MOST: Final = 5_000
_FAILED: Final = (DeliveryState.EXHAUSTED.value, DeliveryState.SKIPPED.value)
_FINISHED: Final = (*_FAILED, DeliveryState.DELIVERED.value)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries to repeat: named ones, or a range of at most seven days by the time they were made."""

    delivery_ids: Sequence[UUID] | None = None
    webhook_ids: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_failed: bool = True

    @property
    def is_named(self) -> bool:
        """True if deliveries are named."""
        return self.delivery_ids is not None or self.webhook_ids is not None


class Replayed(NamedTuple):
    """How many deliveries were made pending, and whether none were left for another request."""

    replayed: int
    complete: bool


async def replay(session: Session, *, brand: str, endpoint_id: UUID, selection: Selection, now: datetime) -> Replayed:
    """Make finished deliveries pending again, ten a second, under their old ids; pending ones are left alone."""
    endpoint = await endpoints.endpoint(session, brand, endpoint_id)
    if endpoint is None:
        raise EndpointNotFound
    if endpoint.state == "disabled":
        raise EndpointNotEnabled
    since, until = _range(selection, now)
    count = await deliveries.replay(
        session,
        brand,
        endpoint_id,
        states=_FAILED if selection.only_failed and not selection.is_named else _FINISHED,
        ids=selection.delivery_ids,
        event_ids=_event_ids(selection.webhook_ids),
        since=since,
        until=until,
        pause=_PAUSE,
        most=_MOST,
    )
    session.info["recorded"] = True
    return Replayed(count, complete=count < _MOST)


def _range(selection: Selection, now: datetime) -> tuple[datetime, datetime]:
    until = selection.until or now
    if selection.since is None:
        if not selection.is_named:
            raise ReplayRangeInvalid(field="since")
        return datetime.fromtimestamp(0, tz=now.tzinfo), until
    if selection.since >= until:
        raise ReplayRangeInvalid("`since` is not before `until`", field="since")
    if until - selection.since > _LONGEST_RANGE and not selection.is_named:
        raise ReplayRangeInvalid("the range is longer than seven days", field="since")
    return selection.since, until


def _event_ids(webhook_ids: Sequence[str] | None) -> list[UUID] | None:
    if webhook_ids is None:
        return None
    return [event_id for id_ in webhook_ids if (event_id := signing.event_id(id_)) is not None]
