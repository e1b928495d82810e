"""Warnings and breaches come by themselves: once, on time, and never for what was answered."""

import asyncio
import statistics
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from services.sla.domain.facts import Change, Owner, told
from services.sla.jobs import fire_batches
from services.sla.queries.timers import fire_statement
from services.sla.settings import Settings
from services.sla.use_cases.measuring import clocks_of_ticket
from shared.contracts.base import Channel, Envelope
from shared.contracts.sla import ClockBreached, ClockEvent, ClockState, ClockWarned
from shared.contracts.tickets import ReasonClass, TicketStatus
from shared.db.engine import Database
from tests.bench.sla_timers import grow
from tests.service.sla.desk import Desk, clock_event, story_now
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import running_service
from tests.support.sla import Story

IN_TIME: Final = 2_000  # milliseconds, on any machine; `make bench` measures what it really is
OVERDUE: Final = ["started", "warned", "breached"]


async def until_told(desk: Desk, story: Story, facts: list[str]) -> list[Envelope]:
    async def told_all() -> bool:
        return await desk.facts(story) == facts

    await eventually(told_all)
    return await desk.told(story)


async def test_warning_and_breach_fire_when_they_are_due(desk: Desk) -> None:
    await desk.promise(0.3, 0.6)
    story = story_now().opened()
    await desk.tell(story)
    _, warned, breached = await until_told(desk, story, OVERDUE)
    for envelope, due_at in ((warned, clock_event(warned).warn_at), (breached, clock_event(breached).due_at)):
        assert due_at is not None
        assert timedelta(0) <= envelope.time - due_at < timedelta(milliseconds=IN_TIME)
        assert 0 <= clock_event(envelope).late_by_ms < IN_TIME
    (clock,) = await desk.clocks(story)
    assert (clock["state"], clock["breached_at"], clock["met_at"]) == ("breached", clock["due_at"], None)
    assert [envelope.sequence for envelope in await desk.told(story)] == [1, 2, 3]


async def test_a_due_time_nearer_than_the_next_look_is_noticed(desk: Desk) -> None:
    """The job sleeps a quarter of a second when nothing is due; a timer set meanwhile wakes it.

    Found at the next look only, half of them would be later than an eighth of a second.
    """
    await desk.promise(None, 0.15)
    late = []
    for _ in range(6):
        story = story_now().opened()
        await desk.tell(story)
        _, breached = await until_told(desk, story, ["started", "breached"])
        late.append(clock_event(breached).late_by_ms)
    assert statistics.median(late) < 100


async def test_what_fires_is_told_as_the_rules_say(desk: Desk) -> None:
    """The statement that fires timers tells exactly what the contract's classes would."""
    await desk.promise(0.1, 0.2)
    story = story_now(channel=Channel.TELEGRAM).opened().assigned(0, 'a "quoted" id')
    await desk.tell(story)
    warned, breached = (await until_told(desk, story, OVERDUE))[1:]
    async with desk.service.ground.database.begin("lucky") as session:
        (clock,) = await clocks_of_ticket(session, brand="lucky", ticket_id=story.ticket_id)
    owner = Owner(story.ticket_id, Channel.TELEGRAM, 'a "quoted" id')
    assert clock.warn_at is not None
    after_breach = told(Change(ClockBreached, clock, clock.due_at), owner, now=breached.time)
    assert clock_event(breached) == ClockEvent.model_validate(after_breach.model_dump())
    assert breached.data.keys() == ClockBreached.model_fields.keys()
    assert warned.data.keys() == ClockWarned.model_fields.keys()
    heard = clock_event(warned)
    assert (heard.state, heard.occurred_at, heard.breached_at) == (ClockState.WARNED, clock.warn_at, None)
    assert (breached.source, breached.type, breached.id.version) == ("pitboss/sla", ClockBreached.type, 7)


async def test_an_answer_in_time_never_breaches(desk: Desk) -> None:
    await desk.promise(0.3, 0.5)
    answered, left = story_now().opened().staff_replies(0.1), story_now().opened()
    await desk.tell(answered)
    await desk.tell(left)
    await until_told(desk, left, OVERDUE)
    assert await desk.facts(answered) == ["started", "met"]


async def test_a_breach_told_because_the_news_came_late_is_taken_back(desk: Desk) -> None:
    await desk.promise(None, 0.2)
    story = story_now().opened()
    await desk.tell(story)
    await until_told(desk, story, ["started", "breached"])
    await desk.tell(story.staff_replies(0.1), first=2)
    (clock,) = await desk.clocks(story)
    assert (clock["state"], clock["breached_at"], clock["corrected"]) == ("met", None, True)
    assert await desk.facts(story) == ["started", "breached", "withdrawn", "met"]
    for told_late in (await desk.told(story))[-2:]:
        met = clock_event(told_late)
        assert (met.state, met.met_at, met.elapsed_seconds) == (ClockState.MET, story.events[-1].occurred_at, 0.1)
        assert met.late_by_ms > 0


async def test_an_answer_after_the_breach_leaves_it_recorded(desk: Desk) -> None:
    await desk.promise(None, 0.2)
    story = story_now().opened()
    await desk.tell(story)
    await until_told(desk, story, ["started", "breached"])
    await desk.tell(story.staff_replies(30), first=2)
    (clock,) = await desk.clocks(story)
    assert (clock["state"], clock["elapsed_seconds"], clock["corrected"]) == ("breached", 30.0, False)
    assert clock_event((await desk.told(story))[-1]).state is ClockState.BREACHED


async def test_a_paused_promise_does_not_fire_until_it_goes_on(desk: Desk) -> None:
    await desk.promise(None, 0.3, metric="resolution")
    marker = story_now().opened()
    story = story_now(reason_class=ReasonClass.SIMPLE).opened().becomes(0.1, TicketStatus.PENDING)
    await desk.tell(story)
    await desk.tell(marker)

    async def breached() -> bool:
        return "breached" in await desk.facts(marker)

    await eventually(breached)
    paused = {clock["kind"]: clock for clock in await desk.clocks(story)}["resolution"]
    assert paused["state"] == "paused"
    await desk.tell(story.becomes(3600, TicketStatus.OPEN), first=3)
    resumed = {clock["kind"]: clock for clock in await desk.clocks(story)}["resolution"]
    assert (resumed["state"], resumed["paused_seconds"]) == ("running", 3599.9)
    assert "breached" not in await desk.facts(story)


async def test_two_timer_jobs_fire_each_timer_once(postgres: Cluster) -> None:
    async with running_service(postgres, "sla") as first, running_service(postgres, "sla", urls=first.urls):
        desk = Desk(first)
        await desk.promise(0.4, 0.8)
        stories = [story_now().opened() for _ in range(40)]
        for story in stories:
            await desk.tell(story)
        for story in stories:
            told_facts = await until_told(desk, story, OVERDUE)
            assert [envelope.sequence for envelope in told_facts] == [1, 2, 3]


async def test_a_killed_timer_job_leaves_every_timer_to_the_other_once(postgres: Cluster) -> None:
    """300 timers, two jobs, one of them cut off again and again in the middle of its batches."""
    async with running_service(postgres, "sla") as first:
        await grow(first.ground.database, 300, first=-60, step=0)
        desk = Desk(first)

        async def cut_off() -> None:
            settings = Settings.model_validate(first.ground.settings.model_dump() | {"timer_batch": 20})
            after = first.ground.clock.now() - timedelta(days=365)
            for turn in range(30):
                work = asyncio.create_task(fire_batches(first.ground.database, settings, after=after))
                for _ in range(turn % 4):
                    await first.ground.database.ping()
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

        async with running_service(postgres, "sla", urls=first.urls) as second:
            await cut_off()

            async def drained() -> bool:
                async with second.ground.database.begin_worker() as session:
                    query = "SELECT count(*) FROM timers WHERE state = 'pending' AND due_at <= now()"
                    return int((await session.execute(text(query))).scalar_one()) == 0

            await eventually(drained)
        breached = await desk.service.recorded(ClockBreached)
        assert len(breached) == 300
        assert len({envelope.subject for envelope in breached}) == 300
        assert {envelope.sequence for envelope in breached} == {1}


async def test_sequences_have_no_gaps_while_answers_and_timers_race(postgres: Cluster) -> None:
    async with running_service(postgres, "sla") as first, running_service(postgres, "sla", urls=first.urls):
        desk = Desk(first)
        await desk.promise(0.2, 0.3)
        stories = [story_now().opened() for _ in range(30)]
        for story in stories:
            await desk.tell(story)
        zero = min(story.zero for story in stories)

        async def due_now() -> bool:
            return first.ground.clock.now() - zero > timedelta(seconds=0.29)

        await eventually(due_now, every=0.005)
        await asyncio.gather(
            *(desk.tell(story.staff_replies(0.25 + n / 300), first=2) for n, story in enumerate(stories))
        )

        async def all_met() -> bool:
            return all([(await desk.facts(story))[-1] == "met" for story in stories])

        await eventually(all_met)
        for story in stories:
            told_facts = await desk.told(story)
            assert [envelope.sequence for envelope in told_facts] == list(range(1, len(told_facts) + 1))
            assert sum(envelope.type == ClockBreached.type for envelope in told_facts) <= 1
            (clock,) = await desk.clocks(story)
            late = story.events[-1].occurred_at - story.zero > timedelta(seconds=0.3)
            assert clock["state"] == ("breached" if late else "met")


async def test_timers_overdue_at_a_restart_all_fire_flagged_late_but_not_for_the_answered(postgres: Cluster) -> None:
    """Answers given while sla was down are heard before the overdue timers fire."""
    async with postgres.database("sla") as urls:
        async with running_service(postgres, "sla", urls=urls) as service:
            desk = Desk(service)
            await desk.promise(0.4, 0.6)
            left, answered = story_now().opened(), story_now().opened()
            await desk.tell(left)
            await desk.tell(answered)
        await _until_overdue(urls.worker, 4)
        async with running_service(postgres, "sla", urls=urls, catch_up_quiet=timedelta(seconds=0.5)) as service:
            desk = Desk(service)
            await desk.tell(answered.staff_replies(0.2), first=2)
            _, warned, breached = await until_told(desk, left, OVERDUE)
            assert clock_event(warned).late_by_ms > clock_event(breached).late_by_ms > 0
            assert await desk.facts(answered) == ["started", "met"]


async def test_overdue_timers_are_found_by_their_index(postgres: Cluster) -> None:
    """The plan bounds the index by due time and reads no table as a whole, however many timers are open."""
    async with running_service(postgres, "sla") as service:
        await grow(service.ground.database, 20_000, first=3600, step=1)
        async with service.ground.database.begin_worker() as session:
            values = {"after": "epoch", "warned_type": "w", "breached_type": "b", "stream": "s", "source": "x"}
            statement = fire_statement(1000)
            for name, value in values.items():
                statement = statement.replace(f":{name}", f"'{value}'")
            plan = "\n".join((await session.execute(text(f"EXPLAIN {statement}"))).scalars())
        assert "Index Scan using ix_timers_due on timers" in plan
        assert "Index Cond: ((due_at >" in plan
        assert "due_at <= now()" in plan
        assert "Seq Scan" not in plan


async def test_more_overdue_timers_than_a_batch_holds_all_fire_once(desk: Desk) -> None:
    """A batch takes no more than its limit and the rest follows at once."""
    await grow(desk.service.ground.database, 2500, first=-60, step=0)

    async def drained() -> bool:
        async with desk.service.ground.database.begin_worker() as session:
            query = "SELECT count(*) FROM timers WHERE state = 'pending' AND due_at <= now()"
            return int((await session.execute(text(query))).scalar_one()) == 0

    await eventually(drained)
    breached = await desk.service.recorded(ClockBreached)
    assert len(breached) == 2500
    assert len({envelope.subject for envelope in breached}) == 2500


async def _until_overdue(worker_url: str, count: int) -> None:
    """Return once `count` timers are overdue by the database's clock."""
    settings = Settings.model_validate(
        {
            "database_url": worker_url, "worker_database_url": worker_url, "gateway_public_key": "",
            "cursor_secret": "a secret of the tests, thirty-two bytes",
        }
    )  # fmt: skip
    database = Database(settings, service=Settings.service)

    async def overdue() -> bool:
        async with database.begin_worker() as session:
            query = text("SELECT count(*) FROM timers WHERE state = 'pending' AND due_at < now()")
            return int((await session.execute(query)).scalar_one()) == count

    await eventually(overdue)
    await database.stop()
