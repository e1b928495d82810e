"""Who gets onto a socket, how long it lives, and how it ends."""

import asyncio
import json
import socket
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from shared.contracts.chat import PresenceChanged
from shared.contracts.gateway import AccountChanged, StaffRole, StaffStatus
from shared.web.actor import ActorKind
from tests.support.chat import TwinTransport, assignment, desk_ticket, opened, reply, served, start
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import running_service

_GIVEN_UP: Final = 3  # seconds after which a socket that takes nothing is closed


def _small_socket(url: str) -> socket.socket:
    """Return a connected socket for which the kernel keeps little."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    parts = urlsplit(url)
    small.connect((str(parts.hostname), int(parts.port or 0)))
    small.setblocking(False)  # noqa: FBT003 - the standard library's signature
    return small


async def test_a_socket_ticket_works_once(postgres: Cluster) -> None:
    """The second holder of the same ticket is not let in."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, session["socket_ticket"]) as first:
            await first.first("welcome")
            async with opened(url, session["socket_ticket"]) as second:
                assert await second.closed() == 4401


async def test_only_one_of_many_wins_a_ticket(postgres: Cluster) -> None:
    """The ticket is consumed atomically."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        ticket = await desk_ticket(chat)

        async def attempt() -> bool:
            async with opened(url, ticket) as client:
                reader = asyncio.create_task(client.closed())
                welcome = asyncio.create_task(client.first("welcome"))
                done, _ = await asyncio.wait({reader, welcome}, return_when=asyncio.FIRST_COMPLETED)
                for task in (reader, welcome):
                    task.cancel()
                return welcome in done

        assert sum(await asyncio.gather(*(attempt() for _ in range(8)))) == 1


@pytest.mark.parametrize("forge", ["lucky.unknown", "royal.{secret}", "nonsense", "x" * 300])
async def test_foreign_and_forged_tickets_are_refused(postgres: Cluster, forge: str) -> None:
    """A ticket of another brand, or of nobody, opens nothing."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        secret = (await desk_ticket(chat)).partition(".")[2]
        async with opened(url, forge.format(secret=secret)) as client:
            assert await client.closed() in {4401, 4400}
            assert not client.frames


async def test_an_expired_ticket_is_refused(postgres: Cluster) -> None:
    """A ticket that was not used in time is worth nothing."""
    async with (
        running_service(postgres, "chat", socket_ticket_life=timedelta(0)) as chat,
        served(chat) as url,
        opened(url, await desk_ticket(chat)) as client,
    ):
        assert await client.closed() == 4401


async def test_a_ticket_is_tied_to_the_page_that_asked_for_it(postgres: Cluster) -> None:
    """Another origin cannot use it, even once."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        headers = chat.actor(ActorKind.PLAYER, "p-1") | {"Origin": "https://casino.example"}
        tickets = [
            (await chat.http.post("/v1/chat/sessions", json={}, headers=headers)).json()["socket_ticket"]
            for _ in range(2)
        ]
        async with opened(url, tickets[0], origin="https://evil.example") as thief:
            assert await thief.closed() == 4403
        async with opened(url, tickets[1], origin="https://casino.example") as player:
            await player.first("welcome")


async def test_the_first_frame_must_come_soon_and_be_a_hello(postgres: Cluster) -> None:
    """Silence and other talk end a socket whose holder is unknown."""
    async with (
        running_service(postgres, "chat", first_frame_within=timedelta(seconds=0.2)) as chat,
        served(chat) as url,
    ):
        async with connect(url, compression=None) as silent:
            await asyncio.wait_for(silent.wait_closed(), 5)
            assert silent.close_code == 4401
        async with connect(url, compression=None) as talker:
            await talker.send(json.dumps({"t": "pong"}))
            await asyncio.wait_for(talker.wait_closed(), 5)
            assert talker.close_code == 4400


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", 4400),
        ('{"t":"fly"}', 4400),
        (b"\x00", 4400),
        ('{"t":"send","client_msg_id":"a","text":"' + "x" * 70_000 + '"}', 1009),
    ],
)
async def test_frames_that_are_none_end_the_socket(postgres: Cluster, frame: str | bytes, code: int) -> None:
    """Nonsense and giants are answered with a close code."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, session["socket_ticket"]) as player:
            await player.first("welcome")
            await player.connection.send(frame)
            assert await player.closed() == code


async def test_a_flood_ends_the_socket(postgres: Cluster) -> None:
    """A burst of twenty frames passes, a flood does not."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, session["socket_ticket"]) as player:
            with suppress(websockets.ConnectionClosed):
                for n in range(500):
                    await player.say("typing", n=n)
            assert await player.closed() == 4429


async def test_words_are_counted_for_the_person_whatever_he_speaks_over(postgres: Cluster) -> None:
    """Two sockets say no more than one; whoever goes beyond is told for how long to wait, others are not held up."""
    knobs: dict[str, Any] = {"frames_per_second": 0.01, "frame_burst": 4}
    async with running_service(postgres, "chat", **knobs) as chat, served(chat) as url:
        tickets = [(await start(chat))["socket_ticket"] for _ in range(2)]
        async with opened(url, tickets[0]) as one, opened(url, tickets[1]) as two:
            for n in range(2):
                for player in (one, two):
                    await player.say("send", client_msg_id=f"{id(player)}-{n}", text="words")
                    await player.first("ack", client_msg_id=f"{id(player)}-{n}")
            await two.say("send", client_msg_id="beyond", text="words")
            problem = (await two.first("nack", client_msg_id="beyond"))["problem"]
            assert (problem["code"], problem["status"]) == ("too-many-frames", 429)
            assert 1 <= problem["retry_after"] <= 100
            assert await two.closed() == 4429
        async with opened(url, (await start(chat, "p-2"))["socket_ticket"]) as other:
            await other.say("send", client_msg_id="c1", text="words")
            await other.first("ack", client_msg_id="c1")


async def test_the_oldest_of_too_many_sockets_is_replaced(postgres: Cluster) -> None:
    """A player has five sockets; the sixth takes the place of the first."""
    async with running_service(postgres, "chat", sockets_per_player=2) as chat, served(chat) as url:
        tickets = [(await start(chat))["socket_ticket"] for _ in range(3)]
        async with opened(url, tickets[0]) as one, opened(url, tickets[1]) as two:
            await one.first("welcome")
            await two.first("welcome")
            async with opened(url, tickets[2]) as three:
                await three.first("welcome")
                assert await one.closed() == 4409
                await three.say("send", client_msg_id="c", text="hi")
                await two.first("msg")


async def test_who_does_not_answer_pings_is_closed(postgres: Cluster) -> None:
    """A socket without pong is not kept."""
    times: dict[str, Any] = {"ping_every": timedelta(seconds=0.1), "pong_within": timedelta(seconds=0.3)}
    async with running_service(postgres, "chat", **times) as chat, served(chat) as url:
        session = await start(chat, message={"text": "hi"})
        async with opened(url, (await start(chat, "p-2"))["socket_ticket"]) as healthy:
            async with opened(url, session["socket_ticket"], pongs=False) as deaf:
                assert (await deaf.first("ping"))["heads"] == {session["ticket_id"]: 1}
                assert await deaf.closed() == 4408
            await eventually(lambda: len(healthy.all("ping")) >= 6)
            assert healthy.connection.close_code is None


async def test_an_old_socket_has_to_prove_itself_again(postgres: Cluster) -> None:
    """Sockets do not outlive what let them in for ever."""
    times: dict[str, Any] = {"socket_life": timedelta(seconds=0.2), "ping_every": timedelta(seconds=0.1)}
    async with (
        running_service(postgres, "chat", **times) as chat,
        served(chat) as url,
        opened(url, (await start(chat))["socket_ticket"]) as player,
    ):
        await player.first("reconnect")
        assert await player.closed() == 4401


async def test_a_switched_off_account_is_cut_off(postgres: Cluster) -> None:
    """Staff whose account ends lose their sockets at once, and the others are told so, as of every change."""
    async with (
        running_service(postgres, "chat") as chat,
        served(chat) as url,
        opened(url, await desk_ticket(chat, "s-1")) as ann,
        opened(url, await desk_ticket(chat, "s-2")) as bob,
    ):
        await ann.first("welcome")
        await bob.first("welcome")
        busy = AccountChanged.sample().model_copy(update={"staff_id": "s-1", "status": StaffStatus.BUSY})
        await chat.publish(busy)
        for one in (ann, bob):
            assert (await one.first("account", staff_id="s-1"))["status"] == "busy"
        left = AccountChanged.sample().model_copy(
            update={"staff_id": "s-1", "active": False, "role": StaffRole.AGENT, "status": StaffStatus.OFFLINE}
        )
        await chat.publish(left)
        assert await ann.closed() == 4403
        gone = await bob.first("account", staff_id="s-1", active=False)
        assert (gone["name"], gone["role"], gone["status"]) == ("Ann", "agent", "offline")
        assert datetime.fromisoformat(gone["changed_at"]) == left.changed_at
        assert bob.connection.close_code is None


async def test_presence_changes_with_the_first_and_the_last_socket(postgres: Cluster) -> None:
    """Two tabs are one presence, and each change takes the next sequence."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:

        async def told() -> list[tuple[int, bool]]:
            return [(e.sequence, bool(e.data["connected"])) for e in await chat.recorded(PresenceChanged)]

        async def tells(*expected: tuple[int, bool]) -> None:
            async def check() -> bool:
                assert await told() == list(expected)
                return True

            await eventually(check)

        async with opened(url, await desk_ticket(chat)) as one:
            await one.first("welcome")
            await tells((1, True))
            async with opened(url, await desk_ticket(chat)) as two:
                await two.first("welcome")
            await tells((1, True))
        await tells((1, True), (2, False))


async def test_presence_of_a_dead_process_runs_out(postgres: Cluster) -> None:
    """A lease nobody renews ends, and the survivors tell that the person left."""
    lease: dict[str, Any] = {"presence_lease": timedelta(seconds=1)}
    async with running_service(postgres, "chat", **lease) as chat:
        async with chat.ground.database.begin("lucky") as session:
            from services.chat.use_cases.presence import arrive  # noqa: PLC0415 - the dead process's last act
            from shared.ids import new_id  # noqa: PLC0415 - the same

            await arrive(
                session, brand="lucky", staff_id="s-9", process_id=new_id(), now=chat.ground.clock.now(),
                lease=timedelta(seconds=0.3),
            )  # fmt: skip

        async def gone() -> bool:
            return [e.data["connected"] for e in await chat.recorded(PresenceChanged)] == [True, False]

        await eventually(gone)


async def test_a_drain_says_when_to_come_back(postgres: Cluster) -> None:
    """Every socket is told before it is closed, and new ones are sent elsewhere."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session, late = await start(chat), await start(chat, "p-2")
        async with opened(url, session["socket_ticket"]) as player, opened(url, await desk_ticket(chat)) as agent:
            await player.first("welcome")
            await agent.first("welcome")
            await chat.ground.drain()
            # Two may come back at once: they stampede nobody.
            assert 0 <= (await player.first("reconnect"))["after_ms"] <= 10
            assert await player.closed() == await agent.closed() == 1012
        with pytest.raises(InvalidStatus):  # with the handshake, so that the door tries another process
            async with opened(url, late["socket_ticket"]):
                pass


async def test_slow_readers_are_closed_and_delay_nobody(postgres: Cluster) -> None:
    """Those who do not read lose their socket; the others get everything at once."""
    knobs: dict[str, Any] = {
        "frames_per_second": 10_000,
        "frame_burst": 10_000,
        "write_within": timedelta(seconds=_GIVEN_UP),
        "queue_bytes": 256 * 1024,
    }
    async with running_service(postgres, "chat", **knobs) as chat, served(chat, send_buffer=16_384) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        stuck = []
        for n in range(8):
            ticket = await desk_ticket(chat, f"slow-{n}")
            connection = await connect(url, compression=None, ping_interval=None, max_queue=1, sock=_small_socket(url))
            await connection.send(json.dumps({"t": "hello", "ticket": ticket}))
            await connection.send(json.dumps({"t": "watch", "ticket_id": ticket_id, "after_seq": 0}))
            connection.transport.pause_reading()
            stuck.append(connection)
        loop = asyncio.get_running_loop()
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat), {ticket_id: 0}) as agent,
        ):
            await agent.first("welcome")
            delays = []
            for n in range(80):
                sent = loop.time()
                await player.say("send", client_msg_id=f"c{n}", text=f"{n} " + "x" * 15_000)
                await agent.first("msg", client_msg_id=f"c{n}")
                delays.append(loop.time() - sent)
            assert max(delays) < _GIVEN_UP

            def only_readers() -> bool:
                return len(chat.ground.extras["chat.hub"].people.sockets) == 2  # type: ignore[attr-defined]

            await eventually(only_readers)
        for connection in stuck:
            connection.transport.abort()


async def test_a_slow_reader_that_reads_on_learns_why(postgres: Cluster) -> None:
    """Its socket ends with 4408 and the next one resumes where it stopped."""
    knobs: dict[str, Any] = {"frames_per_second": 10_000, "frame_burst": 10_000, "queue_frames": 8}
    async with running_service(postgres, "chat", **knobs) as chat, served(chat, send_buffer=16_384) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat), {ticket_id: 0}, sock=_small_socket(url)) as agent,
        ):
            await agent.first("welcome")
            agent.connection.transport.pause_reading()
            for n in range(80):
                await player.say("send", client_msg_id=f"c{n}", text="x" * 15_000)
            await player.first("ack", client_msg_id="c79")
            agent.connection.transport.resume_reading()
            assert await agent.closed() == 4408
            got = agent.seqs(ticket_id)
        async with opened(url, await desk_ticket(chat), {ticket_id: got[-1]}) as agent:
            await agent.first("msg", seq=80)
            assert got + agent.seqs(ticket_id) == list(range(1, 81))


async def test_two_processes_hear_each_other_and_heal_when_deaf(postgres: Cluster) -> None:
    """Words and signals cross processes; a lost hint is made good by the next ping."""
    family: list[TwinTransport] = []
    times: dict[str, Any] = {"ping_every": timedelta(seconds=0.3), "pong_within": timedelta(seconds=5)}
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls, **times) as one,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls, **times) as two,
        served(one) as url_one,
        served(two) as url_two,
    ):
        session = await start(one)
        ticket_id = session["ticket_id"]
        async with (
            opened(url_one, session["socket_ticket"]) as player,
            opened(url_two, await desk_ticket(two), {ticket_id: 0}) as agent,
        ):
            await agent.first("welcome")
            await player.first("presence", kind="staff", online=True)
            for n in range(15):
                await player.say("send", client_msg_id=f"c{n}", text=f"{n}")
            await agent.first("msg", seq=15)
            await agent.say("typing", ticket_id=ticket_id)
            await player.first("typing")
            await agent.say("read", ticket_id=ticket_id, seq=15)
            await player.first("receipt", read=15)
            family[1].deaf = True
            await player.say("send", client_msg_id="unheard", text="hello?")
            await agent.first("msg", client_msg_id="unheard")
            await two.publish(assignment(ticket_id, "s-1"))
            await two.publish(reply(ticket_id, "here"))
            await agent.first("msg", text="here")
            await player.first("msg", text="here")
            assert agent.seqs(ticket_id) == player.seqs(ticket_id) == list(range(1, 18))
