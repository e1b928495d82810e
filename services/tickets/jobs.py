"""The clock edge: the audit trail is chained and anchored, tickets wake and close, the old is forgotten."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from services.tickets.clients.anchors import keep_anchors
from services.tickets.domain.audit import Anchor
from services.tickets.queries import audit, lifecycles, queue, search
from services.tickets.queries.lifecycles import Alarm
from services.tickets.settings import Settings
from services.tickets.use_cases.ageing import answer_alarm
from services.tickets.use_cases.announcing import PLACES, audience_of, look_at_places
from services.tickets.use_cases.chaining import chain_waiting, reached_so_far
from services.tickets.use_cases.deciding import forget_changed
from services.tickets.use_cases.forgetting import forget_batch
from services.tickets.use_cases.queueing import Called, Moved, forget_automated
from services.tickets.use_cases.serving import serve
from services.tickets.use_cases.tuning import forget_tuned
from shared.contracts.tickets import QUEUES_TOPIC
from shared.messaging.lease import RENEW_SECONDS, Lease
from shared.messaging.runtime import Ground, Job

SERVING: Final = "queue"
CHAINING: Final = "audit-chain"
ALARMS: Final = "alarms"
INDEXING: Final = "search-index"
FORGETTING: Final = "forget-old"
ANCHOR_EVERY: Final = timedelta(minutes=1)
_ALARM_LEAST_PAUSE: Final = timedelta(milliseconds=50)
_ALARM_MOST_PAUSE: Final = timedelta(seconds=1)
_LOOK_FOR_CALLS: Final = timedelta(seconds=1)
_INDEX_AT_ONCE: Final = 200
_FORGET_AT_ONCE: Final = 1000
_FORGET_EVERY: Final = timedelta(hours=1)
_LOOK_EVERY: Final = timedelta(milliseconds=500)
_NOTHING_MOVES: Final = timedelta(minutes=1)
_FORGETTING: Final = (forget_changed, forget_automated, forget_tuned)
_logger = structlog.get_logger(module=__name__)


@dataclass(slots=True)
class Chain:
    """What one process knows of the chains it continues: its lease, how far they came and what is anchored."""

    lease: Lease
    renew_at: float = 0.0
    known_fence: int = 0
    reached: dict[str, Anchor] = field(default_factory=dict)
    anchored_at: dict[str, datetime] = field(default_factory=dict)

    async def leads(self) -> bool:
        """True if this process is the one that chains; asks anew every five seconds."""
        now = asyncio.get_running_loop().time()
        if now >= self.renew_at:
            await self.lease.renew()
            self.renew_at = now + RENEW_SECONDS
        return self.lease.held

    def due(self, now: datetime) -> list[Anchor]:
        """Return what is not anchored yet, of brands whose last anchor is at least a minute old."""
        return [
            anchor
            for brand, anchor in self.reached.items()
            if brand not in self.anchored_at or now - self.anchored_at[brand] >= ANCHOR_EVERY
        ]


@asynccontextmanager
async def chaining(ground: Ground) -> AsyncIterator[None]:
    """Give the chaining job its memory; at the end chain and anchor what is left, and let the next process in."""
    chain = Chain(Lease(ground.database, CHAINING))
    ground.extras[CHAINING] = chain

    def hear(noted: Sequence[object]) -> None:
        if any(isinstance(what, Called) for what in noted):
            ground.wake(SERVING)
        moved = {what.brand for what in noted if isinstance(what, Moved)}
        if moved and audience_of(ground.extras).move(moved, ground.clock.now()):
            ground.wake(PLACES)

    ground.database.after_notes.append(hear)
    try:
        yield
    finally:
        ground.database.after_notes.remove(hear)
        try:
            await _finish(ground, chain)
        except Exception as error:  # noqa: BLE001 - the end of a process must not fail; another one goes on
            _logger.warning("audit_chain_left", error=repr(error))


@asynccontextmanager
async def remembering(ground: Ground) -> AsyncIterator[None]:
    """Keep what the jobs and the routes of this process remember between their rounds and requests."""
    ground.database.after_notes.extend(_FORGETTING)
    try:
        async with chaining(ground):
            yield
    finally:
        for forget in _FORGETTING:
            ground.database.after_notes.remove(forget)


async def chain_audit(ground: Ground) -> timedelta:
    """Chain what waits, if this process leads, anchor what is due, and say when to look again."""
    chain = ground.extras[CHAINING]
    if not isinstance(chain, Chain):
        message = "the chaining job needs the lifespan `chaining`"
        raise TypeError(message)
    if not await chain.leads():
        return timedelta(seconds=RENEW_SECONDS)
    if chain.known_fence != chain.lease.fence:
        await _take_over(ground, chain)
    more = await chain_batch(ground, chain)
    now = ground.clock.now()
    await _anchor(ground, chain, chain.due(now), now)
    return timedelta(0) if more else _LOOK_EVERY


async def chain_batch(ground: Ground, chain: Chain) -> bool:
    """Chain one batch under the lease; True if it found something, so that there may be more."""
    async with ground.database.glance() as session:
        if not await audit.is_anything_waiting(session):
            return False
    lease = chain.lease
    async with ground.database.begin_worker() as session:
        if not await audit.keep_lease(session, name=lease.name, owner=lease.owner, fence=lease.fence):
            chain.renew_at = 0.0
            return False
        secret = _settings(ground).audit_secret.get_secret_value().encode()
        reached = await chain_waiting(session, secret=secret, now=ground.clock.now())
    chain.reached |= {anchor.brand: anchor for anchor in reached}
    return bool(reached)


async def _take_over(ground: Ground, chain: Chain) -> None:
    """Begin with what the process before has reached: if it was killed, it may not have been anchored."""
    async with ground.database.begin_worker() as session:
        reached = await reached_so_far(session, now=ground.clock.now())
    chain.reached |= {anchor.brand: anchor for anchor in reached}
    chain.known_fence = chain.lease.fence


async def _anchor(ground: Ground, chain: Chain, anchors: list[Anchor], now: datetime) -> None:
    if not anchors:
        return
    try:
        await asyncio.to_thread(keep_anchors, anchors, _settings(ground).anchor_file())
    except OSError as error:
        # The log has them; chaining must not wait for a full disk.
        _logger.warning("audit_anchor_failed", error=repr(error))
    for anchor in anchors:
        chain.anchored_at[anchor.brand] = now
        del chain.reached[anchor.brand]


async def _finish(ground: Ground, chain: Chain) -> None:
    if not chain.lease.held:
        return
    while await chain_batch(ground, chain):
        pass
    await _anchor(ground, chain, list(chain.reached.values()), ground.clock.now())
    await chain.lease.release()


async def serve_queues(ground: Ground) -> timedelta:
    """Answer every call that is due and say when the next one falls due, at most a second ahead.

    A call is committed with what made it. Who commits wakes this job; if its process ends in between, another one finds
    the call within that second.
    """
    async with ground.database.glance() as session:
        calls = await queue.calling(session)
    for brand, due_at in calls.items():
        if due_at <= ground.clock.now():
            async with ground.database.begin(brand) as session:
                await serve(session, brand=brand, now=ground.clock.now())
    async with ground.database.glance() as session:
        nearest = min((await queue.calling(session)).values(), default=None)
    if nearest is None:
        return _LOOK_FOR_CALLS
    return min(max(nearest - ground.clock.now(), timedelta(0)), _LOOK_FOR_CALLS)


async def tell_places(ground: Ground) -> timedelta:
    """Tell where everybody waits in the queues that somebody wants to know, where something moved."""
    audience, clock = audience_of(ground.extras), ground.clock
    for brand, moved_at in audience.due(clock.now()):
        began = clock.now()
        async with ground.database.begin(brand) as session:
            look = await look_at_places(session, brand=brand, moved_at=moved_at, now=began)
        if look.told is not None:
            await ground.transport.broadcast(QUEUES_TOPIC, look.told.model_dump(mode="json"))
        audience.looked(brand, seen_at=look.seen_at, again_at=look.again_at, began=began, ended=clock.now())
    return audience.pause(clock.now(), _NOTHING_MOVES)


def _settings(ground: Ground) -> Settings:
    if not isinstance(ground.settings, Settings):
        message = "the jobs of tickets run on the settings of tickets"
        raise TypeError(message)
    return ground.settings


async def answer_alarms(ground: Ground) -> timedelta:
    """Move the tickets whose time has come, in due order, and say when to look again.

    Every process does this: a ticket that another one, or a person, holds at this moment is passed by.
    """
    async with ground.database.glance() as session:
        alarms = await lifecycles.next_alarms(session)
    answered = [await _answer(ground, alarm) for alarm in alarms if alarm.due]
    if len(answered) > 1 and all(answered):
        return timedelta(0)
    coming = [-alarm.late for alarm in alarms if not alarm.due]
    return max(min([_ALARM_MOST_PAUSE, *coming]), _ALARM_LEAST_PAUSE)


async def _answer(ground: Ground, alarm: Alarm) -> bool:
    try:
        async with ground.database.begin(alarm.brand) as session:
            return await answer_alarm(session, brand=alarm.brand, ticket_id=alarm.ticket_id, now=ground.clock.now())
    except Exception as error:  # noqa: BLE001 - one ticket must not keep the others asleep
        _logger.warning("alarm_failed", ticket_id=str(alarm.ticket_id), error=repr(error))
        return await _put_off(ground, alarm)


async def _put_off(ground: Ground, alarm: Alarm) -> bool:
    """Let an alarm that fails ring later, so that it neither fills the log nor keeps its place before the others."""
    try:
        async with ground.database.begin(alarm.brand) as session:
            pause = await lifecycles.put_off(session, alarm.brand, alarm.ticket_id)
    except Exception as error:  # noqa: BLE001 - what cannot even be put off is tried again with the next round
        _logger.warning("alarm_not_put_off", ticket_id=str(alarm.ticket_id), error=repr(error))
        return False
    if pause is not None:
        _logger.warning("alarm_put_off", ticket_id=str(alarm.ticket_id), seconds=pause.total_seconds())
    return True


async def index_words(ground: Ground) -> timedelta:
    """Index tickets whose words changed, brand by brand, and say when to look again.

    Every process may do it: what one has taken is locked for the others, and no document is replaced by an older one.
    """
    async with ground.database.glance() as session:
        brands = await search.brands_waiting(session)
    more = False
    for brand in brands:
        async with ground.database.begin(brand) as session:
            more |= await search.index_waiting(session, brand, _INDEX_AT_ONCE) == _INDEX_AT_ONCE
    return timedelta(0) if more else _LOOK_EVERY


async def forget_old(ground: Ground) -> timedelta:
    """Delete a batch of what is kept for a time only, and come back soon while there is more."""
    settings = _settings(ground)
    gone = await forget_batch(
        ground.database, drafts=settings.drafts_kept, uses=settings.macro_uses_kept, most=_FORGET_AT_ONCE
    )
    return _LOOK_EVERY if gone == _FORGET_AT_ONCE else _FORGET_EVERY


JOBS: Final = (
    Job(CHAINING, chain_audit),
    Job(ALARMS, answer_alarms),
    Job(SERVING, serve_queues),
    Job(PLACES, tell_places),
    Job(INDEXING, index_words),
    Job(FORGETTING, forget_old),
)
