"""Telling who waits where, at most as often as the brand wants, however many processes tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from services.tickets.domain.audience import Audience
from services.tickets.domain.lines import Standing, longest, name_of
from services.tickets.queries import kept, lines
from services.tickets.use_cases.queuing_up import lines_of
from shared.contracts.tickets import MOST_PLACES, QueueChanged, QueuePlace, QueuesTold
from shared.db.engine import Session

PLACES: Final = "queue-places"


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look at a brand's places: what is to be told, if anything, and when to look again at the soonest.

    `seen_at` is until when whatever moved has been told, by this process or another one.
    """

    told: QueuesTold | None
    seen_at: datetime
    again_at: datetime


def audience_of(extras: dict[str, object]) -> Audience:
    """Return whose places are wanted, as this process knows it."""
    audience = extras.setdefault(PLACES, Audience())
    assert isinstance(audience, Audience)  # noqa: S101 - nothing else is kept under this name
    return audience


async def look_at_places(session: Session, *, brand: str, moved_at: datetime, now: datetime) -> Look:
    """Return what is to be told of a brand's places, in which something moved; only one process tells at a time."""
    pause = (await kept.QUEUE_SETTINGS.of(session, brand, now)).push
    told_at = await lines.claim_telling(session, brand, moved_at=moved_at, pause=pause, now=now)
    if told_at is not None:
        return Look(None, told_at, told_at + pause)
    standings = await lines_of(session, brand, now)
    return Look(QueuesTold(brand=brand, at=now, queues=queues_of(standings)), now, now + pause)


def queues_of(standings: Sequence[Standing]) -> tuple[QueueChanged, ...]:
    """Return what is told of each queue; the standings are in serving order."""
    by_queue = sorted(standings, key=lambda one: name_of(one.place))
    return tuple(_queue_of(name, list(own)) for name, own in groupby(by_queue, key=lambda one: name_of(one.place)))


def _queue_of(name: str, standings: list[Standing]) -> QueueChanged:
    places = (
        QueuePlace(ticket_id=one.place.ticket_id, position=one.position, eta_seconds=one.eta_seconds)
        for one in standings[:MOST_PLACES]
    )
    return QueueChanged(queue=name, waiting=len(standings), eta_seconds=longest(standings), places=tuple(places))
