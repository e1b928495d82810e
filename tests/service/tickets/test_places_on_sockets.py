"""Places over sockets, with tickets and chat together: players see where they wait, the desk that nobody is there."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shared.contracts.tickets import QUEUES_TOPIC, QUEUES_WANTED_TOPIC, QueueRecovered, QueueStalled
from shared.messaging.inprocess import InprocessTransport
from tests.service.tickets.desk import Desk
from tests.service.tickets.test_queue import profile
from tests.support.chat import Client, TwinTransport, desk_ticket, opened, served, start
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service


@dataclass
class Floor:
    """Tickets, chat and the way to chat's sockets."""

    desk: Desk
    chat: RunningService
    url: str

    @asynccontextmanager
    async def player(self, id_: str, text: str = "Hello?") -> AsyncIterator[tuple[str, Client]]:
        """Let a player begin to chat and yield his conversation and his socket."""
        session = await start(self.chat, id_, message={"text": text, "client_msg_id": f"{id_}-1"})
        async with opened(self.url, session["socket_ticket"]) as client:
            yield session["ticket_id"], client


@asynccontextmanager
async def floor(postgres: Cluster) -> AsyncIterator[Floor]:
    """Run both services, joined as `make up` joins them."""
    transport = InprocessTransport()
    async with (
        running_service(postgres, "tickets", transport=transport) as tickets,
        running_service(postgres, "chat", transport=transport) as chat,
        served(chat) as url,
    ):
        yield Floor(Desk(tickets), chat, url)


async def test_players_see_their_place_until_somebody_has_them(postgres: Cluster) -> None:
    """Each his own place and nothing else; who moves up is told, who is taken by hand is told so."""
    async with (
        floor(postgres) as here,
        here.player("p-1") as (first, one),
        here.player("p-2") as (second, two),
    ):
        assert (await one.first("queue"))["position"] == 1
        shown = await two.first("queue", position=2)
        assert shown == {"t": "queue", "ticket_id": second, "position": 2, "eta_seconds": 120}
        await here.desk.hire("s-1", "agent")
        assert (await here.desk.assign({"id": first}, "me")).status_code == 200
        assert (await one.first("assigned"))["assigned"] is True
        await two.first("queue", position=1)
        assert {frame["ticket_id"] for frame in two.all("queue")} == {second}
        assert {frame["ticket_id"] for frame in one.all("queue")} == {first}


async def test_a_player_is_told_no_time_while_nobody_is_there(postgres: Cluster) -> None:
    """His place all the same; how long it takes is known again as soon as somebody is there, with or without room."""
    async with floor(postgres) as here:
        await here.desk.hire("s-1", "agent", "away")
        await profile(here.desk, "s-1", capacity={"web": 0})
        async with here.player("p-1") as (ticket_id, one):
            shown = await one.first("queue")
            assert shown == {"t": "queue", "ticket_id": ticket_id, "position": 1, "eta_seconds": None}
            [queue] = (await here.desk.service.http.get("/v1/queues", headers=here.desk.agent())).json()
            assert (queue["waiting"], queue["eta_seconds"]) == (1, None)
            await here.desk.hire("s-1", "agent", "online", sequence=2)
            await one.first("queue", position=1, eta_seconds=60)


async def test_a_player_who_comes_back_sees_his_place_at_once(postgres: Cluster) -> None:
    """What is known is said right after the welcome; who left the queue otherwise is told that he waits no more."""
    async with floor(postgres) as here, here.player("p-1") as (ticket_id, one):
        await one.first("queue", position=1)
        session = await start(here.chat, "p-1")
        async with opened(here.url, session["socket_ticket"]) as again:
            await again.first("queue", position=1)
            ticket = await here.desk.get(f"/{ticket_id}")
            await here.desk.hire("s-1", "agent")
            assert (await here.desk.patch(ticket, status="resolved")).status_code == 200
            gone = await again.first("queue", position=None)
            assert gone["eta_seconds"] is None


async def test_the_desk_is_told_once_that_nobody_is_there(postgres: Cluster) -> None:
    """However many wait, until somebody comes; the ledger has both facts in one gap-free sequence."""
    async with floor(postgres) as here, opened(here.url, await desk_ticket(here.chat, "s-5")) as lead:
        await here.desk.hire("s-1", "agent")
        await profile(here.desk, "s-1", languages=["en"])
        german = [await here.desk.open(language="de") for _ in range(2)]
        stalled = await lead.first("queue_stalled")
        assert (stalled["queue"], stalled["tickets"]) == ("standard:de:any", 2)
        assert set(stalled["ticket_ids"]) == {one["id"] for one in german}
        await here.desk.open(language="de")
        await here.desk.hire("s-2", "agent")
        await profile(here.desk, "s-2", languages=["de"])
        await lead.first("queue_recovered", queue="standard:de:any")
        facts = [one for one in await here.desk.service.recorded() if one.type.startswith("tickets.queue.")]
        assert [(one.type, one.sequence) for one in facts] == [(QueueStalled.type, 1), (QueueRecovered.type, 2)]


async def test_two_processes_together_tell_once_a_second(postgres: Cluster) -> None:
    """While both change the queue without pause; the last telling has everybody."""
    family: list[TwinTransport] = []
    told: list[tuple[float, dict[str, Any]]] = []

    class Ear(TwinTransport):
        """Writes down what is told."""

        async def broadcast(self, topic: str, payload: Any) -> None:
            if topic == QUEUES_TOPIC:
                told.append((time.monotonic(), payload))
            await super().broadcast(topic, payload)

    async with (
        running_service(postgres, "tickets", transport=Ear(family)) as tickets,
        running_service(postgres, "tickets", transport=Ear(family), urls=tickets.urls) as twin,
    ):
        sides = Desk(tickets), Desk(twin)
        await sides[0].open()
        await tickets.ground.transport.broadcast(QUEUES_WANTED_TOPIC, {"brand": "lucky"})
        await eventually(lambda: bool(told))
        opened_, began = 1, time.monotonic()
        while time.monotonic() - began < 2.5:
            for side in sides:
                await side.open()
                opened_ += 1

        def everybody() -> bool:
            return bool(sum(queue["waiting"] for queue in told[-1][1]["queues"]) == opened_)

        await eventually(everybody)
        assert len(told) <= time.monotonic() - began + 2


async def test_without_anybody_who_asks_nothing_is_told(postgres: Cluster) -> None:
    """A brand whose players have no sockets costs nothing."""
    told: list[object] = []

    class Ear(InprocessTransport):
        """Writes down what is told."""

        async def broadcast(self, topic: str, payload: Any) -> None:
            if topic == QUEUES_TOPIC:
                told.append(payload["brand"])
            await super().broadcast(topic, payload)

    async with running_service(postgres, "tickets", transport=Ear()) as tickets:
        desk = Desk(tickets)
        await desk.open()
        await tickets.ground.transport.broadcast(QUEUES_WANTED_TOPIC, {"brand": "royal"})
        await eventually(lambda: told == ["royal"])
        await desk.open(desk.player("p-1", "royal"))
        await eventually(lambda: told == ["royal", "royal"])
