"""What both transports promise: everything once, in order per aggregate, and nothing held up by a neighbour."""

import asyncio
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import SAMPLE_TIME, Event
from shared.contracts.chat import MessagePosted, SessionEnded, SessionStarted
from shared.db.engine import DatabaseUnavailable
from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.messaging import outbox, redrive
from shared.messaging.redrive import Selection
from shared.messaging.subscriptions import Received, hear, listen
from shared.messaging.transport import Message, Transport
from tests.service.messaging.conftest import Carrier
from tests.support.broker import FaultyTransport
from tests.support.eventually import eventually
from tests.support.stations import Station, Yard, noting, posted


class Refused(DomainError):
    """A refusal that stays one."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class Absent(DomainError):
    """What is needed is not here yet."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class Moods:
    """Makes handlers fail: by text of a message, for so many tries."""

    def __init__(self) -> None:
        self.failures: dict[str, list[BaseException]] = {}
        self.tries: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, received: Received[Event]) -> None:
        """Fail as told, after waiting for the gate."""
        self.tries.append(received.sequence)
        await self.gate.wait()
        failures = self.failures.get(getattr(received.event, "text", ""), [])
        if failures:
            raise failures[0] if len(failures) == 1 else failures.pop(0)


async def sequences(station: Station, aggregate: UUID) -> list[int]:
    return [effect.sequence for effect in await station.effects() if effect.aggregate_id == str(aggregate)]


def message(aggregate: UUID, sequence: int, text: str = "Hello", *, brand: str = "lucky") -> Message:
    event = posted(aggregate, sequence, text)
    return outbox.message_of(outbox.envelope_of(event, brand=brand, sequence=sequence, at=SAMPLE_TIME), event.stream)


async def hand_in(transport: Transport, *messages: Message) -> "asyncio.Task[None]":
    """Publish as a relay would, in the background: without a broker a publish lasts until the event is settled."""

    async def publish_all() -> None:
        await asyncio.gather(*(publish(each) for each in messages))

    async def publish(each: Message) -> None:
        async def accepted() -> bool:
            try:
                await transport.publish(each)
            except Exception:  # noqa: BLE001 - not connected yet
                return False
            return True

        await eventually(accepted)

    return asyncio.create_task(publish_all())


async def test_events_arrive_once_and_in_order_per_aggregate(yard: Yard, carrier: Carrier) -> None:
    async with (
        yard.station("tickets", carrier("tickets"), subscriptions=noting()) as tickets,
        yard.station("chat", carrier("chat")) as chat,
    ):
        aggregates = [new_id() for _ in range(8)]

        async def converse(aggregate: UUID) -> None:
            for sequence in range(1, 7):
                await chat.tell(posted(aggregate, sequence), sequence, brand="royal" if aggregate.int % 2 else "lucky")

        await asyncio.gather(*(converse(aggregate) for aggregate in aggregates))
        await eventually(lambda: _count(tickets, 48))
        for aggregate in aggregates:
            assert await sequences(tickets, aggregate) == list(range(1, 7))
        await eventually(lambda: _empty(chat))
        assert await tickets.kept() == []


async def test_a_repeated_event_has_one_effect(yard: Yard, carrier: Carrier) -> None:
    moods = Moods()
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting(before=moods)) as tickets:
        aggregate = new_id()
        first, second = message(aggregate, 1), message(aggregate, 2)
        done = await hand_in(transport, *[first] * 5, second, *[second] * 5)
        await eventually(lambda: _count(tickets, 2))
        await done
        done = await hand_in(transport, first, second)
        await done
        marker = new_id()
        done = await hand_in(transport, message(marker, 1))
        await eventually(lambda: _count(tickets, 3))
        assert await sequences(tickets, aggregate) == [1, 2]
        await done


async def test_poison_of_five_kinds_leaves_its_neighbours_alone(yard: Yard, carrier: Carrier) -> None:
    moods = Moods()
    moods.failures["poison"] = [Refused()]
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting(before=moods)) as tickets:
        aggregate, victim = new_id(), new_id()
        good = message(aggregate, 1)
        base = message(new_id(), 1)
        bad_json = Message(new_id(), base.type, "lucky", base.stream, "a", 1, b'{"id": ')
        unknown = message(new_id(), 1)
        unknown_type = "chat.session.exploded.v9"
        unknown = Message(
            unknown.id,
            unknown_type,
            "lucky",
            "",
            unknown.aggregate_id,
            1,
            unknown.body.replace(unknown.type.encode(), unknown_type.encode()),
        )
        foreign = message(new_id(), 1)
        foreign = Message(foreign.id, foreign.type, "royal", foreign.stream, foreign.aggregate_id, 1, foreign.body)
        oversize = Message(new_id(), base.type, "lucky", base.stream, "b", 1, b'"' + b"x" * 300_000 + b'"')
        failing = [message(victim, 1), message(victim, 2, "poison"), message(victim, 3)]
        tasks = [await hand_in(transport, each) for each in (bad_json, unknown, foreign, oversize)]
        tasks.append(await hand_in(transport, *failing))
        tasks.append(await hand_in(transport, good))
        await eventually(lambda: sequences_are(tickets, aggregate, [1]))
        dead = await eventually(lambda: _kept(tickets, "dead", 5))
        assert sorted(str(row["reason"]) for row in dead) == [
            "brand-mismatch",
            "refused",
            "too-large",
            "undecodable",
            "unknown-type",
        ]
        await eventually(lambda: sequences_are(tickets, victim, [1, 3]))
        await asyncio.gather(*tasks)


async def test_a_gap_is_waited_for_and_closes_late(yard: Yard, carrier: Carrier) -> None:
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting()) as tickets:
        aggregate = new_id()
        tasks = [await hand_in(transport, message(aggregate, 1)), await hand_in(transport, message(aggregate, 3))]
        parked = await eventually(lambda: _kept(tickets, "parked", 1))
        assert parked[0]["reason"] in ("gap", "claimed")
        tasks.append(await hand_in(transport, message(aggregate, 4)))
        await eventually(lambda: _kept(tickets, "parked", 2))
        assert await sequences(tickets, aggregate) == [1]
        tasks.append(await hand_in(transport, message(aggregate, 2)))
        await eventually(lambda: sequences_are(tickets, aggregate, [1, 2, 3, 4]))
        await eventually(lambda: _kept(tickets, "replayed", 2))
        await asyncio.gather(*tasks)


async def test_a_gap_that_closes_at_once_is_not_parked(yard: Yard, carrier: Carrier) -> None:
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting()) as tickets:
        aggregate = new_id()
        tasks = [await hand_in(transport, message(aggregate, 2))]
        await asyncio.sleep(0.05)  # house: sleep - long enough for the other side to get there first
        tasks.append(await hand_in(transport, message(aggregate, 1)))
        await eventually(lambda: sequences_are(tickets, aggregate, [1, 2]))
        assert await tickets.kept() == []
        await asyncio.gather(*tasks)


async def test_a_parked_event_holds_up_its_aggregate_only(yard: Yard, carrier: Carrier) -> None:
    moods = Moods()
    moods.failures["stuck"] = [Absent()]
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting(before=moods)) as tickets:
        stuck, free = new_id(), new_id()
        tasks = [await hand_in(transport, message(stuck, 1), message(stuck, 2, "stuck"), message(stuck, 3))]
        tasks.append(await hand_in(transport, *(message(free, n) for n in range(1, 6))))
        await eventually(lambda: sequences_are(tickets, free, [1, 2, 3, 4, 5]), within=2)
        await eventually(lambda: _kept(tickets, "parked", 2))
        assert moods.tries.count(2) >= 4
        assert await sequences(tickets, stuck) == [1]
        moods.failures.clear()
        await tickets.execute("UPDATE parked_events SET next_at = now()")
        await eventually(lambda: sequences_are(tickets, stuck, [1, 2, 3]))
        await asyncio.gather(*tasks)


async def test_an_absent_database_parks_nothing(yard: Yard, carrier: Carrier) -> None:
    moods = Moods()
    moods.failures["away"] = [DatabaseUnavailable(), DatabaseUnavailable(), asyncio.CancelledError(), RuntimeError()]
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting(before=moods)) as tickets:
        aggregate = new_id()

        async def heal() -> bool:
            if len(moods.failures["away"]) == 1:
                moods.failures.clear()
            return not moods.failures

        await (await hand_in(transport, message(aggregate, 1)))
        await eventually(lambda: sequences_are(tickets, aggregate, [1]))
        task = await hand_in(transport, message(aggregate, 2, "away"))
        await eventually(heal)
        await eventually(lambda: sequences_are(tickets, aggregate, [1, 2]))
        assert await tickets.kept() == []
        await task


async def test_what_is_confirmed_but_not_marked_is_repeated_without_effect(yard: Yard, carrier: Carrier) -> None:
    urls = await yard.urls("chat")
    faulty = FaultyTransport(carrier("chat"))
    faulty.lose_confirmations = True
    aggregate = new_id()
    async with yard.station("tickets", carrier("tickets"), subscriptions=noting()) as tickets:
        async with yard.station("chat", faulty, urls=urls) as chat:
            for sequence in (1, 2, 3):
                await chat.tell(posted(aggregate, sequence), sequence)
            await eventually(lambda: sequences_are(tickets, aggregate, [1]))
            await eventually(lambda: faulty.published > 1)
            await chat.crash()
        async with yard.station("chat", carrier("chat"), urls=urls) as chat:
            await eventually(lambda: _empty(chat))
            await eventually(lambda: sequences_are(tickets, aggregate, [1, 2, 3]))
    await yard.drop(urls)


async def test_what_is_committed_but_not_acknowledged_is_not_doubled(yard: Yard, carrier: Carrier) -> None:
    urls = await yard.urls("tickets")
    aggregate = new_id()
    async with yard.station("chat", carrier("chat")) as chat:
        faulty = FaultyTransport(carrier("tickets"))
        faulty.lose_acknowledgements = True
        async with yard.station("tickets", faulty, urls=urls, subscriptions=noting()) as tickets:
            for sequence in (1, 2, 3):
                await chat.tell(posted(aggregate, sequence), sequence)
            await eventually(tickets.effects)
            await tickets.crash()
        if carrier.broker is None:
            await chat.crash()
        else:
            await faulty.stop()
        async with (
            yard.station("tickets", carrier("tickets"), urls=urls, subscriptions=noting()) as tickets,
            yard.station("chat", carrier("chat"), urls=chat.urls),
        ):
            await eventually(lambda: sequences_are(tickets, aggregate, [1, 2, 3]))
    await yard.drop(urls)


async def test_stopping_finishes_what_began_and_hands_back_the_rest(yard: Yard, carrier: Carrier) -> None:
    moods = Moods()
    moods.gate.clear()
    urls = await yard.urls("tickets")
    first, second = new_id(), new_id()
    async with yard.station("chat", carrier("chat")) as chat:
        async with yard.station(
            "tickets", carrier("tickets"), urls=urls, subscriptions=noting(before=moods)
        ) as tickets:
            await chat.tell(posted(first, 1), 1)
            await eventually(lambda: bool(moods.tries))
            for sequence in (2, 3):
                await chat.tell(posted(first, sequence), sequence)
            await chat.tell(posted(second, 1), 1)
            stopping = asyncio.create_task(tickets.stop())
            await asyncio.sleep(0.1)  # house: sleep - long enough for the other side to get there first
            moods.gate.set()
            await stopping
        async with yard.station("tickets", carrier("tickets"), urls=urls, subscriptions=noting()) as tickets:
            await eventually(lambda: sequences_are(tickets, first, [1, 2, 3]))
            await eventually(lambda: sequences_are(tickets, second, [1]))
            assert await tickets.kept() == []
    await yard.drop(urls)


async def test_a_dead_event_is_replayed_once_however_often_it_is_asked_for(yard: Yard, carrier: Carrier) -> None:
    moods = Moods()
    moods.failures["broken"] = [Refused()]
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting(before=moods)) as tickets:
        aggregate = new_id()
        task = await hand_in(transport, *(message(aggregate, n, "broken" if n == 2 else "ok") for n in range(1, 5)))
        await eventually(lambda: sequences_are(tickets, aggregate, [1, 3, 4]))
        dead = await eventually(lambda: _kept(tickets, "dead", 1))
        assert "Refused" not in str(dead[0]["error"]) or dead[0]["reason"] == "refused"
        moods.failures.clear()
        chosen = Selection(ids=(UUID(str(dead[0]["event_id"])),), types=(MessagePosted.type,), brand="lucky")
        assert await redrive.replay(tickets.database, chosen, by="ann", why="fixed", dry_run=True) == 1
        assert await redrive.replay(tickets.database, chosen, by="ann", why="fixed") == 1
        await redrive.replay(tickets.database, Selection(aggregate_id=str(aggregate)), by="ann", why="again")
        await eventually(lambda: sequences_are(tickets, aggregate, [1, 3, 4, 2]))
        await eventually(lambda: _kept(tickets, "replayed", 1))
        await tickets.execute("UPDATE parked_events SET state = 'dead'")
        assert (
            len(await redrive.kept_events(tickets.database, "dead", Selection(since=SAMPLE_TIME.replace(year=2020))))
            == 1
        )
        assert (
            await redrive.kept_events(tickets.database, "dead", Selection(until=SAMPLE_TIME.replace(year=2020))) == []
        )
        await redrive.replay(tickets.database, Selection(), by="ann", why="and again")
        await eventually(lambda: _kept(tickets, "replayed", 1))
        assert await sequences(tickets, aggregate) == [1, 3, 4, 2]
        await task


async def test_types_without_a_handler_move_the_cursor(yard: Yard, carrier: Carrier) -> None:
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting()) as tickets:
        aggregate = new_id()
        ended = SessionEnded.sample().model_copy(update={"ticket_id": aggregate})
        known = outbox.message_of(outbox.envelope_of(ended, brand="lucky", sequence=2, at=SAMPLE_TIME), ended.stream)
        later = message(aggregate, 3)
        newer_type = "chat.session.renamed.v1"
        newer = Message(
            later.id,
            newer_type,
            "lucky",
            later.stream,
            later.aggregate_id,
            3,
            later.body.replace(later.type.encode(), newer_type.encode()),
        )
        task = await hand_in(transport, message(aggregate, 1), known, newer, message(aggregate, 4))
        await eventually(lambda: sequences_are(tickets, aggregate, [1, 4]))
        assert await tickets.kept() == []
        await task


async def test_loose_streams_take_events_as_they_come(yard: Yard, carrier: Carrier) -> None:
    transport = carrier("tickets")
    async with yard.station("tickets", transport, subscriptions=noting(strict=False)) as tickets:
        aggregate = new_id()
        task = await hand_in(transport, message(aggregate, 7))
        await eventually(lambda: sequences_are(tickets, aggregate, [7]))
        await task
        task = await hand_in(transport, message(aggregate, 5))
        await eventually(lambda: sequences_are(tickets, aggregate, [7, 5]))
        await task


async def test_every_process_hears_hints(yard: Yard, carrier: Carrier) -> None:
    heard: list[object] = []

    async def on_started(_ground: object, received: Received[SessionStarted]) -> None:
        heard.append(received.event.ticket_id)

    async def on_wink(_ground: object, payload: dict[str, object]) -> None:
        if payload.get("fail"):
            raise RuntimeError
        heard.append(payload["n"])

    listeners = (listen(SessionStarted, on_started), hear("wink", on_wink))
    async with (
        yard.station("tickets", carrier("tickets"), listeners=listeners) as tickets,
        yard.station("chat", carrier("chat")) as chat,
    ):
        await eventually(lambda: tickets.ground.transport.state == "up")
        await eventually(lambda: chat.ground.transport.state == "up")
        aggregate = new_id()
        await chat.tell(posted(aggregate, 1), 1)
        await chat.ground.transport.broadcast("wink", {"fail": True})
        await chat.ground.transport.broadcast("unheard", {})
        await chat.ground.transport.broadcast("wink", {"n": 3})
        await eventually(lambda: aggregate in heard and 3 in heard)


async def test_a_second_process_relays_only_when_the_first_is_gone(yard: Yard, carrier: Carrier) -> None:
    urls = await yard.urls("chat")
    aggregate = new_id()
    async with (
        yard.station("tickets", carrier("tickets"), subscriptions=noting()) as tickets,
        yard.station("chat", carrier("chat"), urls=urls) as first,
    ):
        await first.tell(posted(aggregate, 1), 1)
        await eventually(lambda: _empty(first))
        async with yard.station("chat", carrier("chat"), urls=urls) as second:
            await second.tell(posted(aggregate, 2), 2)
            await eventually(lambda: sequences_are(tickets, aggregate, [1, 2]))
            await first.stop()
            await second.tell(posted(aggregate, 3), 3)
            await eventually(lambda: sequences_are(tickets, aggregate, [1, 2, 3]))
    await yard.drop(urls)


async def sequences_are(station: Station, aggregate: UUID, expected: list[int]) -> bool:
    found = await sequences(station, aggregate)
    assert found == expected
    return True


async def _count(station: Station, expected: int) -> bool:
    assert len(await station.effects()) == expected
    return True


async def _empty(station: Station) -> bool:
    assert await station.unpublished() == 0
    return True


async def _kept(station: Station, state: str, expected: int) -> list[dict[str, object]]:
    rows = await station.kept(state)
    assert len(rows) == expected, await station.kept()
    return list(rows)
