"""What keeps the ledger small, visible and led by one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, insert, select

from shared.clock import SystemClock
from shared.contracts.base import SAMPLE_TIME, Envelope
from shared.contracts.chat import SessionStarted
from shared.db.engine import DatabaseUnavailable
from shared.db.ground import idempotency_keys, inbox, leases, outbox, parked_events
from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.messaging import outbox as ledger
from shared.messaging import redrive, upkeep
from shared.messaging.inprocess import InprocessTransport
from shared.messaging.lease import Lease
from shared.messaging.redrive import Selection
from shared.messaging.subscriptions import Received, hear, listen
from shared.messaging.transport import PublishFailed, TransportState, Unroutable
from shared.messaging.watchdog import Watchdog
from tests.support.broker import FaultyTransport
from tests.support.eventually import eventually
from tests.support.stations import Station, Yard, noting, posted


@pytest.fixture
async def tickets(yard: Yard) -> AsyncIterator[Station]:
    async with yard.station("tickets", InprocessTransport(), subscriptions=noting()) as station:
        yield station


def gauge(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_rows_go_when_their_time_is_up_and_not_before(tickets: Station) -> None:
    now = tickets.ground.clock.now()
    old = ledger.id_floor(now - timedelta(days=40))
    week = ledger.id_floor(now - timedelta(days=8))
    facts = {"brand": "lucky", "type": "t", "stream": "s", "aggregate_id": "a", "envelope": "{}"}
    key = {"brand": "lucky", "principal": "p", "route": "r", "fingerprint": b""}
    kept = {
        "consumer": "tickets", "brand": "lucky", "type": "t", "stream": "s", "aggregate_id": "a", "sequence": 1,
        "envelope": b"", "reason": "r", "error": "", "error_hash": "", "attempts": 1, "first_at": now,
        "last_at": now - timedelta(days=40),
    }  # fmt: skip
    async with tickets.database.begin_worker() as session:
        await session.execute(
            insert(outbox),
            [
                {**facts, "event_id": week, "sequence": 1, "published_at": now},
                {**facts, "event_id": old, "sequence": 2, "published_at": now, "parked_at": None},
                {**facts, "event_id": new_id(), "sequence": 3, "published_at": now},
            ],
        )
        await session.execute(insert(inbox), [{"consumer": "x", "event_id": i, "brand": "lucky"} for i in (old, week)])
        await session.execute(
            insert(idempotency_keys),
            [{**key, "key": "old", "created_at": now - timedelta(days=3)}, {**key, "key": "new", "created_at": now}],
        )
        await session.execute(
            insert(parked_events),
            [{**kept, "event_id": old, "state": "replayed"}, {**kept, "event_id": week, "state": "dead"}],
        )
    assert await upkeep.prune(tickets.ground) == timedelta(hours=1)
    async with tickets.database.begin_worker() as session:
        for table, expected in ((outbox, 1), (inbox, 1), (idempotency_keys, 1), (parked_events, 1)):
            assert (await session.execute(select(func.count()).select_from(table))).scalar_one() == expected, table.name


async def test_a_long_backlog_of_old_rows_is_pruned_in_rounds(tickets: Station) -> None:
    await tickets.execute(
        "INSERT INTO inbox (consumer, event_id, brand) SELECT 'x', "
        "CAST('01000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0') AS uuid), 'lucky' FROM generate_series(1, 20500) n"
    )
    assert await upkeep.prune(tickets.ground) == timedelta(seconds=1)
    assert await upkeep.prune(tickets.ground) == timedelta(hours=1)


async def test_what_waits_can_be_seen(yard: Yard) -> None:
    async with yard.station("chat", InprocessTransport(("nobody",))) as chat:
        await chat.tell(posted(new_id(), 1), 1)
        await chat.execute("SELECT pg_sleep(0.05)")
        assert await upkeep.measure(chat.ground) == timedelta(seconds=5)
        assert gauge("outbox_pending", service="chat") == 1
        assert gauge("outbox_oldest_seconds", service="chat") > 0.04
        assert gauge("events_parked", consumer="chat") == 0
        assert gauge("events_dead", consumer="chat") == 0


async def test_a_lease_has_one_holder_and_its_number_only_grows(tickets: Station) -> None:
    first, second = Lease(tickets.database, "test"), Lease(tickets.database, "test")
    assert await first.renew()
    assert not await second.renew()
    assert await first.renew()
    assert first.fence == 1
    await first.release()
    assert not first.held
    assert await second.renew()
    assert second.fence == 2
    async with tickets.database.begin_worker() as session:
        assert (await session.execute(select(leases.c.fence).where(leases.c.name == "test"))).scalar_one() == 2


class Broken:
    """A database that is gone."""

    service = "chat"

    def begin_worker(self) -> object:
        """Refuse."""
        raise DatabaseUnavailable


async def test_a_lease_that_cannot_be_renewed_is_given_up() -> None:
    lease = Lease(Broken(), "test")  # type: ignore[arg-type]
    lease.held = True
    with pytest.raises(DatabaseUnavailable):
        await lease.renew()
    assert not lease.held


class Refusing(FaultyTransport):
    """A transport with moods."""

    def __init__(self, *outcomes: BaseException) -> None:
        super().__init__(InprocessTransport())
        self.outcomes = list(outcomes)

    async def publish(self, message: object) -> None:
        """Fail as told, then succeed."""
        del message
        if self.outcomes:
            raise self.outcomes.pop(0)


async def test_the_relay_takes_every_failure_for_a_reason_to_try_again(yard: Yard) -> None:
    """A broker library cancels the publisher when it gives a connection up: that must not end the relay."""
    transport = Refusing(asyncio.CancelledError(), PublishFailed("x"), TimeoutError(), RuntimeError(), Unroutable("y"))
    async with yard.station("chat", transport) as chat:
        aggregate = new_id()
        await chat.tell(posted(aggregate, 1), 1)
        await chat.tell(posted(aggregate, 2), 2)

        async def one_parked() -> bool:
            backlog = await ledger.backlog(chat.database)
            return (backlog.pending, backlog.unroutable) == (0, 1)

        await eventually(one_parked)
        assert transport.outcomes == []
        await upkeep.measure(chat.ground)
        assert gauge("outbox_parked", service="chat") == 1


async def test_an_exhausted_schedule_and_an_endless_gap_end_in_death(tickets: Station) -> None:
    transport = tickets.ground.transport
    aggregate = new_id()

    def message(sequence: int) -> object:
        event = posted(aggregate, sequence)
        envelope = ledger.envelope_of(event, brand="lucky", sequence=sequence, at=SAMPLE_TIME)
        return ledger.message_of(envelope, event.stream)

    await transport.publish(message(3))  # type: ignore[arg-type]
    await tickets.execute("UPDATE parked_events SET first_at = now() - interval '8 days', next_at = now()")

    async def is_dead() -> bool:
        return [row["reason"] for row in await tickets.kept("dead")] == ["gap-never-closed"]

    await eventually(is_dead)
    await transport.publish(message(4))  # type: ignore[arg-type]
    assert [effect.sequence for effect in await tickets.effects()] == [4]


class Mood(DomainError):
    """Not now."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


async def test_every_redrive_counts_until_the_last(yard: Yard) -> None:
    failures: list[BaseException] = [Mood()]

    async def fail(_received: Received[SessionStarted]) -> None:
        if len(failures) > 1:
            raise failures.pop(0)
        if failures:
            raise failures[0]

    async with yard.station("tickets", InprocessTransport(), subscriptions=noting(before=fail)) as tickets:  # type: ignore[arg-type]
        event = posted(new_id(), 1)
        envelope = ledger.envelope_of(event, brand="lucky", sequence=1, at=SAMPLE_TIME)
        await tickets.ground.transport.publish(ledger.message_of(envelope, event.stream))
        [parked] = await tickets.kept("parked")
        assert (parked["reason"], parked["attempts"]) == ("failed", 0)
        assert str(parked["error"]).startswith("mood at ")
        failures[:] = [asyncio.CancelledError(), Mood()]
        for attempts in range(1, 5):
            await tickets.execute("UPDATE parked_events SET next_at = now()")

            async def counted(attempts: int = attempts) -> bool:
                return (await tickets.kept())[0]["attempts"] == attempts

            await eventually(counted)
        await tickets.execute("UPDATE parked_events SET next_at = now()")
        await eventually(lambda: tickets.kept("dead"))
        failures.clear()
        assert await redrive.replay(tickets.database, Selection(), by="ann", why="fixed") == 1
        await eventually(lambda: tickets.kept("replayed"))
        assert len(await tickets.effects()) == 1
        await tickets.execute("UPDATE parked_events SET state = 'dead', envelope = 'x'")
        assert await redrive.replay(tickets.database, Selection(), by="ann", why="and broken again") == 1
        await eventually(lambda: tickets.kept("dead"))
        assert (await tickets.kept("dead"))[0]["reason"] == "undecodable"


async def test_the_in_process_transport_waits_for_those_it_expects() -> None:
    transport = InprocessTransport(("sla",))
    event = posted(new_id(), 1)
    envelope = ledger.envelope_of(event, brand="lucky", sequence=1, at=SAMPLE_TIME)
    message = ledger.message_of(envelope, event.stream)
    with pytest.raises(PublishFailed, match="sla"):
        await transport.publish(message)
    assert await transport.consumers("sla") == 0
    await transport.consume("sla", (), lambda _delivery: None)
    await transport.publish(message)
    assert await transport.consumers("sla") == 1
    await transport.rebuild("sla")
    assert await Watchdog(transport, service="sla").look(None) == timedelta(seconds=30)  # type: ignore[arg-type]
    await transport.stop()
    assert transport.state is TransportState.STOPPED
    with pytest.raises(PublishFailed):
        await transport.publish(message)
    await transport.start()
    assert str(transport.state) == "up"


async def test_hints_may_be_lost_but_never_pile_up(yard: Yard) -> None:
    heard: list[object] = []
    gate = asyncio.Event()

    async def on_started(_ground: object, received: Received[SessionStarted]) -> None:
        await gate.wait()
        heard.append(received.sequence)

    async def on_wink(_ground: object, payload: dict[str, object]) -> None:
        await gate.wait()
        if payload["n"] == 0:
            raise asyncio.CancelledError
        heard.append(payload["n"])

    transport = InprocessTransport()
    listeners = (listen(SessionStarted, on_started), hear("wink", on_wink))
    async with yard.station("tickets", transport, listeners=listeners):
        for number in range(10_050):
            await transport.broadcast("wink", {"n": number})
        gate.set()
        await eventually(lambda: len(heard) > 9000)
        assert gauge("event_hints_lost_total", service="tickets") >= 40
        before = len(heard)
        event = posted(new_id(), 1)
        broken = Envelope(
            id=new_id(), source="x", type=event.type, subject="x", time=SystemClock().now(), brand="lucky", sequence=1,
            data={},
        )  # fmt: skip
        await transport.publish(ledger.message_of(broken, event.stream))
        envelope = ledger.envelope_of(event, brand="lucky", sequence=1, at=SAMPLE_TIME)
        await transport.publish(ledger.message_of(envelope, event.stream))
        await eventually(lambda: len(heard) == before + 1)
