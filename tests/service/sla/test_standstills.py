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


async def test_however_the_clock_is_set_each_timer_fires_once(postgres: Cluster) -> None:
    """Back by an hour, ahead by two, right again: nothing fires twice, is forgotten, or is slept over."""
    async with running_service(postgres, "sla", catch_up_quiet=HOUR, catch_up_limit=HOUR) as service:
        desk, clock = Desk(service), Hands(SystemClock().now())
        none = timedelta(0)
        ground = replace(
            service.ground, clock=clock, extras={"sla.pace": Pace(none, none, standstill=HOUR * 9, waiting_from=None)}
        )
        overdue, coming = story_now(), story_now()
        overdue.zero -= timedelta(minutes=10)
        for story in (overdue, coming):
            await desk.tell(story.opened().player_writes(0))
        for step in (-HOUR, HOUR * 2, -HOUR):
            clock.at += step
            assert await fire_timers(ground) <= timedelta(minutes=5)
            assert await fire_timers(ground) <= timedelta(minutes=5)
        assert await desk.facts(overdue) == ["started", "warned", "breached"]
        assert len(await desk.facts(coming)) == len(set(await desk.facts(coming)))
