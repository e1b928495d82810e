"""What is alive in one service process: its ground, and the periodic tasks that run on it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Final

import structlog

from shared.clock import Clock
from shared.db.engine import Database
from shared.messaging.stopping import asked_to_stop
from shared.messaging.transport import Transport
from shared.settings import ServiceSettings
from shared.telemetry import JOB_RUNS

_LEAST_BACKOFF: Final = 0.2
_MOST_BACKOFF: Final = 5.0
_LONGEST_TURN: Final = 0.25
_logger = structlog.get_logger(module=__name__)


@dataclass(slots=True)
class Ground:
    """Everything a service stands on; edges hand its parts to use cases as arguments.

    `extras` holds what a service adds in its lifespan (clients, hubs) under a name of its own; callables in
    `draining` are awaited when the process is asked to stop, before its server closes anything.
    """

    settings: ServiceSettings
    database: Database
    transport: Transport
    clock: Clock
    extras: dict[str, object] = field(default_factory=dict)
    draining: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    is_draining: bool = False
    _alarms: dict[str, asyncio.Event] = field(default_factory=dict)

    def wake(self, job: str) -> None:
        """End the sleep of the named job early; cheap, may be called after every commit."""
        self.alarm(job).set()

    def alarm(self, job: str) -> asyncio.Event:
        """Return the event that ends the sleep of the named job."""
        return self._alarms.setdefault(job, asyncio.Event())

    async def drain(self) -> None:
        """Say good-bye: readiness turns off, then every registered farewell runs."""
        self.is_draining = True
        await asyncio.gather(*(farewell() for farewell in self.draining), return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic task: `run` does one round and returns how long to sleep until the next.

    A round that fails is logged and repeated after a pause of 0.2 s, doubling up to 5 s.
    """

    name: str
    run: Callable[[Ground], Awaitable[timedelta]]


def start_jobs(jobs: Sequence[Job], ground: Ground) -> "list[asyncio.Task[None]]":
    """Start every job; the first round of each waits for that of the one before, but not for long.

    All at once would open a connection each, at the moment when the database is asked by whole services that start.
    """
    turns = [asyncio.Event() for _ in range(len(jobs) + 1)]
    turns[0].set()
    return [
        asyncio.create_task(_run_job(job, ground, mine, following), name=job.name)
        for job, (mine, following) in zip(jobs, pairwise(turns), strict=True)
    ]


async def _run_job(job: Job, ground: Ground, mine: asyncio.Event, following: asyncio.Event) -> None:
    """Run a job for ever once its turn has come; only cancellation of this very task ends it.

    A library may lose a cancellation that comes together with its answer, so it is asked for after every round.
    """
    service = ground.database.service
    alarm = ground.alarm(job.name)
    backoff = _LEAST_BACKOFF
    await _sleep(mine, _LONGEST_TURN)
    while not asked_to_stop():
        alarm.clear()
        try:
            pause = (await job.run(ground)).total_seconds()
            JOB_RUNS.labels(service, job.name, "done").inc()
            backoff = _LEAST_BACKOFF
        except asyncio.CancelledError:
            if asked_to_stop():
                raise
            pause, backoff = backoff, min(backoff * 2, _MOST_BACKOFF)
        except Exception as error:  # noqa: BLE001 - a supervised loop outlives every failure of one round
            JOB_RUNS.labels(service, job.name, "failed").inc()
            _logger.warning("job_failed", job=job.name, service=service, error=repr(error))
            pause, backoff = backoff, min(backoff * 2, _MOST_BACKOFF)
        following.set()
        if not asked_to_stop():
            await _sleep(alarm, pause)
    # A cancellation that arrives leaves by its own exception: whoever comes here was told by nothing but the count.
    _logger.warning("cancellation_lost", job=job.name, service=service)


async def _sleep(alarm: asyncio.Event, seconds: float) -> None:
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await alarm.wait()
    except TimeoutError:
        return
