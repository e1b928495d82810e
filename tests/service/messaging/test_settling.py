"""What cannot be handled leaves only when that is written down, and stopping waits for nobody for ever."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.base import SAMPLE_TIME, Event
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.inprocess import InprocessTransport
from shared.messaging.subscriptions import Received
from shared.messaging.transport import Message, PublishFailed
from tests.support.eventually import eventually
from tests.support.stations import Station, Yard, noting, posted, start_station


def message(event: Event, sequence: int) -> Message:
    envelope = outbox.envelope_of(event, brand="lucky", sequence=sequence, at=SAMPLE_TIME)
    return outbox.message_of(envelope, event.stream)


@pytest.fixture
async def tickets(yard: Yard) -> AsyncIterator[Station]:
    async with yard.station("tickets", InprocessTransport(), subscriptions=noting()) as station:
        yield station


async def as_owner(station: Station, statement: str) -> None:
    connection = await asyncpg.connect(station.urls.owner)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_nothing_leaves_before_its_row_is_written(tickets: Station) -> None:
    await as_owner(tickets, "REVOKE INSERT ON parked_events FROM tickets_worker")
    aggregate = new_id()
    bad = message(posted(new_id(), 1), 1)
    poison = Message(bad.id, bad.type, bad.brand, bad.stream, bad.aggregate_id, 1, b"{")
    publishing = asyncio.gather(
        tickets.ground.transport.publish(poison), tickets.ground.transport.publish(message(posted(aggregate, 2), 2))
    )
    _done, waiting = await asyncio.wait([publishing], timeout=4)
    assert waiting
    await as_owner(tickets, "GRANT INSERT ON parked_events TO tickets_worker")
    async with asyncio.timeout(15):
        await publishing
    assert sorted(str(row["state"]) for row in await tickets.kept()) == ["dead", "parked"]


async def test_what_waits_when_the_service_stops_is_handed_back(tickets: Station) -> None:
    await as_owner(tickets, "REVOKE INSERT ON parked_events FROM tickets_worker")
    bad = message(posted(new_id(), 1), 1)
    poison = Message(bad.id, bad.type, bad.brand, bad.stream, bad.aggregate_id, 1, b"{")
    gap = message(posted(new_id(), 2), 2)
    publishing = [asyncio.create_task(tickets.ground.transport.publish(each)) for each in (poison, gap)]
    await asyncio.sleep(0.3)  # house: sleep - long enough for the other side to get there first
    await tickets.stop()
    outcomes = await asyncio.gather(*publishing, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [PublishFailed, PublishFailed]


async def test_an_old_sequence_under_a_new_id_is_ignored(tickets: Station) -> None:
    aggregate = new_id()
    for sequence in (1, 2):
        await tickets.ground.transport.publish(message(posted(aggregate, sequence), sequence))
    await tickets.ground.transport.publish(message(posted(aggregate, 1), 1))
    assert [effect.sequence for effect in await tickets.effects()] == [1, 2]
    assert await tickets.kept() == []


async def test_a_handler_that_takes_too_long_failed(yard: Yard) -> None:
    async def late(_received: Received[Event]) -> None:
        raise TimeoutError

    async with yard.station("tickets", InprocessTransport(), subscriptions=noting(before=late)) as tickets:
        await tickets.ground.transport.publish(message(posted(new_id(), 1), 1))
        [parked] = await tickets.kept("parked")
        assert str(parked["error"]).startswith("handler-timed-out")


async def test_stopping_does_not_wait_for_a_handler_that_never_ends(yard: Yard) -> None:
    running = asyncio.Event()

    async def hang(_received: Received[Event]) -> None:
        running.set()
        await asyncio.Event().wait()

    urls = await yard.urls("tickets")
    station = await start_station(
        "tickets", urls, InprocessTransport(), subscriptions=noting(before=hang), drain=timedelta(seconds=0.2)
    )
    publishing = asyncio.create_task(station.ground.transport.publish(message(posted(new_id(), 1), 1)))
    async with asyncio.timeout(10):
        await running.wait()
        await station.stop()
    with pytest.raises(PublishFailed):
        await publishing
    await yard.drop(urls)


async def test_a_transaction_that_cannot_commit_leaves_every_event_its_own_chance(tickets: Station) -> None:
    await as_owner(
        tickets,
        "ALTER TABLE effects ADD CONSTRAINT once UNIQUE (aggregate_id, sequence) DEFERRABLE INITIALLY DEFERRED",
    )
    good, bad = new_id(), new_id()
    await tickets.ground.transport.publish(message(posted(bad, 1), 1))
    await tickets.execute("UPDATE aggregate_cursors SET sequence = 0")
    await tickets.execute("DELETE FROM inbox")

    async def both() -> None:
        await asyncio.gather(
            *(tickets.ground.transport.publish(message(posted(aggregate, 1), 1)) for aggregate in (bad, good))
        )

    await asyncio.create_task(both())
    await eventually(lambda: _parked(tickets, 1))
    assert {effect.aggregate_id for effect in await tickets.effects()} == {str(good), str(bad)}


async def _parked(station: Station, expected: int) -> bool:
    return len(await station.kept("parked")) == expected


async def test_two_processes_take_turns_without_pausing(yard: Yard) -> None:
    """Events of one aggregate lie with two processes by turns: each is handled as soon as the one before it is."""
    count, aggregate = 100, new_id()
    async with (
        yard.station("tickets", InprocessTransport(), subscriptions=noting()) as one,
        yard.station("tickets", InprocessTransport(), subscriptions=noting(), urls=one.urls) as other,
    ):

        def hand_in(station: Station, what: UUID, first: int, step: int) -> "asyncio.Future[list[None]]":
            numbers = range(first, count + 1, step)
            return asyncio.gather(*(station.ground.transport.publish(message(posted(what, n), n)) for n in numbers))

        began = time.monotonic()
        await hand_in(one, new_id(), 1, 1)
        alone = time.monotonic() - began
        evens = hand_in(other, aggregate, 2, 2)
        await asyncio.sleep(0.3)  # house: sleep - long enough for the other side to get there first
        # A pause of a tenth of a second at each turn would make it ten more than what a busy machine takes anyhow.
        async with asyncio.timeout(8 + 4 * alone):
            await asyncio.gather(evens, hand_in(one, aggregate, 1, 2))
        done = [effect.sequence for effect in await one.effects() if effect.aggregate_id == str(aggregate)]
        assert done == list(range(1, count + 1))
        assert await one.kept() == []
