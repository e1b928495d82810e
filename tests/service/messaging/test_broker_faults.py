"""What a broker may do to us: die, freeze, lose queues, be absent, have no place for an event."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from aio_pika.abc import AbstractConnection

from shared.contracts.tickets import TicketOpened
from shared.ids import new_id
from shared.messaging import outbox, topology
from shared.messaging.link import Link
from shared.messaging.rabbitmq import RabbitMQTransport
from shared.messaging.reconcile import reconcile
from shared.messaging.transport import PublishFailed, TransportState
from shared.messaging.watchdog import Watchdog
from tests.support.broker import Broker
from tests.support.eventually import eventually
from tests.support.journal import written
from tests.support.stations import Station, Yard, noting, posted, start_station


@pytest.fixture
async def world(yard: Yard, broker: Broker) -> AsyncIterator[tuple[Station, Station]]:
    """Yield the telling and the consuming side over a fresh broker."""
    await broker.fresh()
    async with (
        yard.station("tickets", _transport(broker, "tickets"), subscriptions=noting(), owns_transport=True) as tickets,
        yard.station("chat", _transport(broker, "chat"), owns_transport=True) as chat,
    ):
        await eventually(lambda: tickets.ground.transport.state == chat.ground.transport.state == "up")
        yield chat, tickets


def _transport(broker: Broker, name: str) -> RabbitMQTransport:
    return RabbitMQTransport(broker.url, name=name, jitter=0, heartbeat=1)


class Ledger:
    """Tells facts in the background, remembers every one that was accepted and compares in the end."""

    def __init__(self, chat: Station, aggregates: int = 5) -> None:
        self._chat = chat
        self._next = {new_id(): 0 for _ in range(aggregates)}
        self.stopped = asyncio.Event()

    @property
    def accepted(self) -> int:
        """How many facts were accepted so far."""
        return sum(self._next.values())

    async def run(self) -> None:
        """Tell one fact of every aggregate again and again."""
        while not self.stopped.is_set():
            await asyncio.gather(*(self._tell(aggregate) for aggregate in self._next))
            await asyncio.sleep(0.2)  # house: sleep - long enough for the other side to get there first

    async def _tell(self, aggregate: UUID) -> None:
        await self._chat.tell(posted(aggregate, self._next[aggregate] + 1), self._next[aggregate] + 1)
        self._next[aggregate] += 1

    def passed(self, count: int) -> bool:
        """True if more than so many facts were accepted."""
        return self.accepted > count

    async def balances(self, tickets: Station) -> bool:
        """True if every accepted fact had its effect exactly once and in order."""
        found: dict[str, list[int]] = {str(aggregate): [] for aggregate in self._next}
        for effect in await tickets.effects():
            found[effect.aggregate_id].append(effect.sequence)
        for aggregate, last in self._next.items():
            assert found[str(aggregate)] == list(range(1, last + 1))
        return True


async def test_two_crashes_of_the_broker_lose_and_double_nothing(
    world: tuple[Station, Station], broker: Broker
) -> None:
    chat, tickets = world
    await asyncio.sleep(3)  # house: sleep - a quorum queue killed within a second of its birth stays leaderless
    ledger = Ledger(chat)
    load = asyncio.create_task(ledger.run())
    for _crash in range(2):
        before = ledger.accepted
        await eventually(partial(ledger.passed, before + 20))
        await asyncio.to_thread(broker.node.kill)
        accepted = ledger.accepted
        await eventually(partial(ledger.passed, accepted + 10))
        assert chat.ground.transport.state is TransportState.DEGRADED
        await asyncio.to_thread(broker.node.start)
        await eventually(lambda: chat.ground.transport.state == tickets.ground.transport.state == "up")
    ledger.stopped.set()
    await load
    await eventually(lambda: ledger.balances(tickets), within=60)
    await eventually(lambda: _all_confirmed(chat))


async def test_the_relay_outlives_a_frozen_broker(world: tuple[Station, Station], broker: Broker) -> None:
    chat, tickets = world
    ledger = Ledger(chat, aggregates=3)
    load = asyncio.create_task(ledger.run())
    await eventually(lambda: ledger.accepted > 5)
    broker.node.freeze()
    try:
        await eventually(lambda: chat.ground.transport.state is TransportState.DEGRADED, within=35)
        await eventually(lambda: tickets.ground.transport.state is TransportState.DEGRADED, within=35)
    finally:
        broker.node.thaw()
    ledger.stopped.set()
    await load
    await eventually(lambda: ledger.balances(tickets), within=60)


async def test_a_queue_that_was_deleted_and_made_again_is_read_again(
    world: tuple[Station, Station], broker: Broker
) -> None:
    chat, tickets = world
    aggregate = new_id()
    await chat.tell(posted(aggregate, 1), 1)
    await eventually(lambda: _has(tickets, 1))
    await broker.delete_queue("tickets.events")
    await broker.declare_queue("tickets.events", {"x-queue-type": "classic", "x-max-length": 5}, "chat.#")
    await eventually(lambda: _is_read(chat, 1))
    await chat.tell(posted(aggregate, 2), 2)
    await eventually(lambda: _has(tickets, 2))
    assert await topology.check(broker.url, {"tickets": ["chat.#"]}) == ["queue tickets.events has other arguments"]
    with pytest.raises(topology.TopologyMismatch):
        await broker.prepare()


async def test_a_lost_broker_is_rebuilt_from_the_databases(world: tuple[Station, Station], broker: Broker) -> None:
    chat, tickets = world
    aggregate = new_id()
    await chat.tell(posted(aggregate, 1), 1)
    await eventually(lambda: _has(tickets, 1))
    await tickets.ground.transport.cancel("tickets")
    for sequence in (2, 3):
        await chat.tell(posted(aggregate, sequence), sequence)
    await eventually(lambda: _all_confirmed(chat))
    await broker.wipe()
    assert "queue tickets.events is missing" in await topology.check(broker.url, {"tickets": ["chat.#"]})
    await broker.prepare()
    await tickets.stop()
    restarted = await _restarted(tickets, broker)
    try:
        await eventually(lambda: chat.ground.transport.state == restarted.ground.transport.state == "up")
        long_ago = chat.ground.clock.now() - timedelta(days=1)
        transport = chat.ground.transport
        assert await reconcile(chat.database, transport, long_ago) == 0
        assert await reconcile(chat.database, transport, long_ago, only="sla", settled=timedelta(0)) == 3
        repeated = await reconcile(chat.database, transport, long_ago, only="tickets", settled=timedelta(0))
        assert repeated == 3
        await eventually(lambda: _has(restarted, 3))
        assert [effect.sequence for effect in await restarted.effects()] == [1, 2, 3]
    finally:
        await restarted.stop()


async def _restarted(station: Station, broker: Broker) -> Station:
    """Start the consuming side again on its database."""
    return await start_station(
        "tickets", station.urls, _transport(broker, "tickets"), subscriptions=noting(), owns_transport=True
    )


async def test_an_event_without_subscriber_is_kept_and_no_error(yard: Yard, broker: Broker) -> None:
    await broker.fresh()
    async with yard.station("tickets", _transport(broker, "tickets"), owns_transport=True) as tickets:
        await tickets.tell(TicketOpened.sample(), 1)
        await eventually(lambda: _all_confirmed(tickets))
        assert (await outbox.backlog(tickets.database)).unroutable == 0
    assert await broker.depth(topology.UNROUTED) == 1


async def test_an_event_with_no_place_at_all_is_parked_until_the_topology_is_repaired(
    yard: Yard, broker: Broker
) -> None:
    await broker.fresh()
    await broker.delete_queue(topology.UNROUTED)
    await broker.delete_queue("tickets.events")
    async with yard.station("chat", _transport(broker, "chat"), owns_transport=True) as chat:
        aggregate = new_id()
        await chat.tell(posted(aggregate, 1), 1)
        await eventually(lambda: _unroutable(chat, 1))
        await broker.prepare()
        assert await outbox.release_unroutable(chat.database) == 1
        await eventually(lambda: _all_confirmed(chat))
    assert await broker.depth("tickets.events") == 1


async def test_what_the_broker_gave_up_shows_as_dead(world: tuple[Station, Station], broker: Broker) -> None:
    _chat, tickets = world
    sent = outbox.message_of(
        outbox.envelope_of(posted(new_id(), 1), brand="lucky", sequence=1, at=tickets.ground.clock.now()),
        "chat.session",
    )
    await broker.send(topology.DEAD, "tickets", sent)
    dead = await eventually(lambda: _dead(tickets))
    assert [(row["reason"], row["event_id"]) for row in dead] == [("delivery-limit", sent.id)]


async def test_the_watchdog_rebuilds_a_consumer_that_nobody_sees(world: tuple[Station, Station]) -> None:
    chat, tickets = world
    transport = tickets.ground.transport
    assert isinstance(transport, RabbitMQTransport)
    dog = Watchdog(transport, service="tickets", every=timedelta(seconds=1))
    assert await dog.look(tickets.ground) == timedelta(seconds=1)
    (queue, tag), *_dead = transport._reading["tickets"]  # noqa: SLF001 - nobody else can lose a consumer in silence
    await queue.cancel(tag)
    await eventually(lambda: _is_read(chat, 0))
    await dog.look(tickets.ground)
    await dog.look(tickets.ground)
    await eventually(lambda: _is_read(chat, 1))
    assert await transport.consumers("nobody") == 0


async def test_a_service_starts_and_accepts_without_a_broker(yard: Yard) -> None:
    transport = RabbitMQTransport("amqp://guest:guest@127.0.0.1:1/", name="chat", jitter=0)
    async with yard.station("chat", transport, owns_transport=True) as chat:
        await chat.tell(posted(new_id(), 1), 1)
        assert transport.state is TransportState.DEGRADED
        await transport.broadcast("anything", {})
        with pytest.raises(PublishFailed):
            await transport.consumers("chat")
        assert await Watchdog(transport, service="chat").look(chat.ground) == timedelta(seconds=30)
        await transport.rebuild("chat")
        assert await chat.unpublished() == 1
    assert str(transport.state) == "stopped"


async def _has(station: Station, expected: int) -> bool:
    assert len(await station.effects()) == expected
    return True


async def _all_confirmed(station: Station) -> bool:
    assert await station.unpublished() == 0
    return True


async def _unroutable(station: Station, expected: int) -> bool:
    return (await outbox.backlog(station.database)).unroutable == expected


async def _is_read(station: Station, expected: int) -> bool:
    try:
        return await station.ground.transport.consumers("tickets") == expected
    except PublishFailed:
        return False


async def _dead(station: Station) -> Sequence[dict[str, object]]:
    return await station.kept("dead")


async def test_a_link_whose_end_a_library_lost_says_so(broker: Broker) -> None:
    """It ends all the same, with one line for whoever wonders why that took longer."""
    await broker.fresh()
    begun = asyncio.Event()

    async def loses(_link: Link, _connection: AbstractConnection) -> None:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    link = Link(broker.url, "loses", loses, interval=0)
    with written() as lines:
        link.start()
        await begun.wait()
        await link.stop()
    assert [(line["event"], line["log_level"]) for line in lines if line.get("link") == "loses"] == [
        ("cancellation_lost", "warning")
    ]
