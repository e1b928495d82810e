"""Telling that nobody at all is there for tickets that wait, once, and that somebody is there again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.tickets.domain.lines import line_at
from services.tickets.domain.queueing import Place
from services.tickets.queries import lines, queue
from services.tickets.use_cases.queueing import Moved
from shared.contracts.tickets import MOST_PLACES, QueueRecovered, QueueStalled
from shared.db.engine import Session, note
from shared.messaging.outbox import record

# Whoever loads the page of the desk anew is back by then.
FLICKER: Final = timedelta(seconds=2)


async def follow_stalls(
    session: Session, *, brand: str, places: Sequence[Place], stalled: Sequence[Place], now: datetime
) -> None:
    """Keep since when nobody is there for which of the waiting tickets, and tell which queues stall or no longer do.

    Both in serving order; the caller alone decides for this brand.
    """
    await _mark(session, brand, places, {one.ticket_id for one in stalled}, now)
    long_ago = [one for one in stalled if one.stalled_at is not None and one.stalled_at + FLICKER <= now]
    by_line = _by_line(stalled, now)
    known, ripe = await lines.stalled_since(session, brand), set(_by_line(long_ago, now))
    since = {name: min(one.stalled_at or now for one in own) for name, own in by_line.items()}
    for name, sequence in (await lines.mark_queues(session, brand, ripe - set(known), now)).items():
        ids = tuple(one.ticket_id for one in by_line[name])
        told = QueueStalled(
            queue=name, tickets=len(ids), ticket_ids=ids[:MOST_PLACES], since=since[name], occurred_at=now
        )
        await record(session, told, brand=brand, sequence=sequence, at=now)
    for name, sequence in (await lines.mark_queues(session, brand, set(known) - set(by_line), None)).items():
        over = QueueRecovered(queue=name, tickets=0, ticket_ids=(), since=known[name], occurred_at=now)
        await record(session, over, brand=brand, sequence=sequence, at=now)


async def _mark(session: Session, brand: str, places: Iterable[Place], stalled: set[UUID], now: datetime) -> None:
    fresh = [one.ticket_id for one in places if one.stalled_at is None and one.ticket_id in stalled]
    again = [one.ticket_id for one in places if one.stalled_at is not None and one.ticket_id not in stalled]
    if fresh:
        await queue.note_stalled(session, brand, fresh, now)
        await queue.call(session, brand, now + FLICKER)
    if again:
        await queue.note_stalled(session, brand, again, None)
    if fresh or again:
        note(session, Moved(brand))


def _by_line(places: Iterable[Place], now: datetime) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        found[line_at(place, now)].append(place)
    return found
