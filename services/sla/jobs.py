"""The clock edge: timers fire within milliseconds of falling due."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import Histogram

from services.sla.queries.standing import forget
from services.sla.schemas.boards import BoardView
from services.sla.settings import Settings
from services.sla.use_cases.boards import BOARDS_JOB, boards_of
from services.sla.use_cases.complaints import fire_complaint_timers
from services.sla.use_cases.facing import measure_tickets
from services.sla.use_cases.firing import Round, fire_due_timers
from shared.contracts.sla import BOARD_TOPIC
from shared.db.engine import Database
from shared.messaging.runtime import Ground, Job
from shared.messaging.transport import TransportState

TIMERS: Final = "timers"
COMPLAINTS: Final = "complaint-timers"
MEASURES: Final = "measures"
BOARD_PAUSE: Final = timedelta(seconds=1)
_PACE: Final = "sla.pace"
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A timer set by an event that just came may be due before the job looks again; several such events wake it once.
_NOTICE_SECONDS: Final = 0.02
_LAG: Final = Histogram(
    "sla_timer_lag_seconds", "From the due time of a timer to its firing",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30, 120, 600),
)  # fmt: skip


@dataclass(slots=True)
class Pace:
    """Decides which timers may fire now.

    While events do not flow, and for a while after they flow again, sla has started or stood still, overdue timers
    wait: the answers given meanwhile are still on their way, and a breach told now would be wrong. Timers due later
    fire on time. If the job looks more than `standstill` later than at `awake_at`, as it meant to, the process or the
    whole machine stood still.
    """

    quiet: timedelta
    limit: timedelta
    standstill: timedelta
    waiting_from: datetime | None
    last_told: datetime = field(default=_LONG_AGO)
    awake_at: datetime | None = None

    def after(self, now: datetime, *, flowing: bool) -> datetime | None:
        """Return the due time after which timers may fire; None: no timer may."""
        if not flowing or (self.awake_at is not None and now - self.awake_at > self.standstill):
            self.waiting_from = now
        if not flowing:
            return None
        if self.waiting_from is None:
            return _LONG_AGO
        if now - max(self.waiting_from, self.last_told) < self.quiet and now - self.waiting_from < self.limit:
            return self.waiting_from
        self.waiting_from = None
        return _LONG_AGO


@asynccontextmanager
async def attentive(ground: Ground) -> AsyncIterator[None]:
    """Let the timer job notice what the consumer does in this process, and the consumer what people edit."""
    settings = _settings(ground)
    started_at = ground.clock.now()
    pace = Pace(settings.catch_up_quiet, settings.catch_up_limit, settings.standstill, waiting_from=started_at)
    ground.extras[_PACE] = pace
    alarm: asyncio.TimerHandle | None = None

    def notice() -> None:
        nonlocal alarm
        pace.last_told = ground.clock.now()
        if alarm is None or alarm.when() <= asyncio.get_running_loop().time():
            alarm = asyncio.get_running_loop().call_later(_NOTICE_SECONDS, ground.wake, TIMERS)

    ground.database.after_commit.append(notice)
    ground.database.after_notes.append(forget)
    try:
        yield
    finally:
        ground.database.after_commit.remove(notice)
        ground.database.after_notes.remove(forget)
        if alarm is not None:
            alarm.cancel()


async def fire_timers(ground: Ground) -> timedelta:
    """Fire one batch of what is due and say when to look again."""
    settings = _settings(ground)
    pace = ground.extras[_PACE]
    if not isinstance(pace, Pace):
        message = "the timer job needs the lifespan `attentive`"
        raise TypeError(message)
    rest = await _fire_round(ground, settings, pace)
    pace.awake_at = ground.clock.now() + rest
    return rest


async def _fire_round(ground: Ground, settings: Settings, pace: Pace) -> timedelta:
    after = pace.after(ground.clock.now(), flowing=ground.transport.state is not TransportState.DEGRADED)
    if after is None:
        return settings.timer_most_pause
    done = await fire_batches(ground.database, settings, after=after)
    for lag in done.lags:
        _LAG.observe(lag.total_seconds())
    return pause(done, settings)


async def fire_batches(database: Database, settings: Settings, *, after: datetime) -> Round:
    """Fire one batch, and if it was full, some more side by side: the backlog of an outage drains on several cores.

    Lanes never wait for each other, because what one has locked the others skip.
    """

    async def fire_batch() -> Round:
        async with database.begin_worker() as session:
            return await fire_due_timers(session, after=after, limit=settings.timer_batch)

    done = await fire_batch()
    if len(done.lags) < settings.timer_batch:
        return done
    async with asyncio.TaskGroup() as group:
        lanes = [group.create_task(fire_batch()) for _ in range(settings.timer_lanes)]
    rounds = [lane.result() for lane in lanes]
    return Round(done.lags + tuple(lag for more in rounds for lag in more.lags), rounds[-1].nearest)


def pause(done: Round, settings: Settings) -> timedelta:
    """Return the sleep after a round: none while whole batches are overdue, else up to the nearest due time."""
    if len(done.lags) >= settings.timer_batch:
        return timedelta(0)
    if done.nearest is None:
        return settings.timer_most_pause
    return min(max(done.nearest, settings.timer_least_pause), settings.timer_most_pause)


def _settings(ground: Ground) -> Settings:
    if not isinstance(ground.settings, Settings):
        message = "the jobs of sla run on the settings of sla"
        raise TypeError(message)
    return ground.settings


async def fire_complaints(ground: Ground) -> timedelta:
    """Fire what is due of the legal clocks of complaints; like promises they wait while events do not flow."""
    settings = _settings(ground)
    if ground.transport.state is TransportState.DEGRADED:
        return settings.timer_most_pause
    async with ground.database.begin_worker() as session:
        fired = await fire_complaint_timers(session, limit=settings.timer_batch)
    return timedelta(0) if fired >= settings.timer_batch else settings.timer_most_pause


async def keep_measures(ground: Ground) -> timedelta:
    """Measure one batch of the tickets that moved."""
    settings = _settings(ground)
    async with ground.database.begin_worker() as session:
        measured = await measure_tickets(session, limit=settings.measure_batch)
    return timedelta(0) if measured >= settings.measure_batch else settings.measure_pause


async def tell_boards(ground: Ground) -> timedelta:
    """Tell the board of every brand that somebody watches, once a second; who shows it leaves out what is no news."""
    boards = boards_of(ground.extras)
    for brand in boards.watched(ground.clock.now()):
        board = await boards.board(ground.database, ground.clock, brand=brand, zone="UTC")
        payload = {"brand": brand, "board": BoardView.of(board).model_dump(mode="json")}
        await ground.transport.broadcast(BOARD_TOPIC, payload)
    return BOARD_PAUSE


JOBS: Final = (
    Job(TIMERS, fire_timers),
    Job(COMPLAINTS, fire_complaints),
    Job(MEASURES, keep_measures),
    Job(BOARDS_JOB, tell_boards),
)
