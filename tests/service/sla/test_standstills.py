"""A process that stood still does not tell what the answers on their way will show to be wrong."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.sla.jobs import Pace, fire_timers
from shared.clock import SystemClock
from tests.service.sla.desk import Desk, story_now
from tests.support.database import Cluster
from tests.support.service import running_service

HOUR: Final = timedelta(hours=1)


@dataclass
class Hands:
    """A clock that is set by hand."""

    at: datetime

    def now(self) -> datetime:
        """Return what it was set to."""
        return self.at


async def test_timers_that_fell_due_in_a_standstill_wait(postgres: Cluster) -> None:
    """The service's own job waits as after a start, so that only the one driven here could fire."""
    async with running_service(postgres, "sla", catch_up_quiet=HOUR, catch_up_limit=HOUR) as service:
        desk, clock = Desk(service), Hands(SystemClock().now())
        pace = Pace(HOUR, HOUR, standstill=timedelta(seconds=2), waiting_from=None)
        ground = replace(service.ground, clock=clock, extras={"sla.pace": pace})
        await fire_timers(ground)
        story = story_now()
        story.zero -= timedelta(minutes=10)
        await desk.tell(story.opened().player_writes(0))
        clock.at += timedelta(seconds=9)
        await fire_timers(ground)
        assert await desk.facts(story) == ["started"]
        await desk.tell(story.staff_replies(60), first=3)
        assert await desk.facts(story) == ["started", "met"]


async def test_timers_of_a_job_that_looks_when_it_meant_to_fire(postgres: Cluster) -> None:
    async with running_service(postgres, "sla", catch_up_quiet=HOUR, catch_up_limit=HOUR) as service:
        desk, clock = Desk(service), Hands(SystemClock().now())
        pace = Pace(HOUR, HOUR, standstill=timedelta(seconds=2), waiting_from=None)
        ground = replace(service.ground, clock=clock, extras={"sla.pace": pace})
        clock.at += await fire_timers(ground)
        story = story_now()
        story.zero -= timedelta(minutes=10)
        await desk.tell(story.opened().player_writes(0))
        await fire_timers(ground)
        assert await desk.facts(story) == ["started", "warned", "breached"]
