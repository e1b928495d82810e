"""Words over sockets: order, resumption, repetition, and what each side is told."""

import asyncio
import json
import random
from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

import pytest

from services.chat.domain.values import Draft, Look, Person
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.heartbeat import RECEIPT_TOPIC
from services.chat.sockets.hub import hub_of
from services.chat.use_cases.transcripts import read_page
from shared.contracts.base import AuthorKind
from shared.contracts.chat import MessagePosted, SessionStarted
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.support.chat import assignment, desk_ticket, opened, reply, served, start
from tests.support.database import Cluster, held
from tests.support.eventually import eventually
from tests.support.service import running_service


async def test_a_player_is_welcomed_and_heard(postgres: Cluster) -> None:
    """Words get an acknowledgement after the commit and become an event with the session's next version."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, language="en")
        async with opened(url, session["socket_ticket"]) as player:
            welcome = await player.first("welcome")
            assert player.frames[0] is welcome
            assert welcome["ping_every"] == 25
            await player.say("send", client_msg_id="c1", text="Hello")
            ack = await player.first("ack", client_msg_id="c1")
            assert ack["seq"] == 1
        started = await chat.recorded(SessionStarted)
        posted = await chat.recorded(MessagePosted)
        assert [e.sequence for e in started + posted] == [1, 2]
        assert posted[0].data["message_id"] == ack["id"]


async def test_twenty_fast_messages_arrive_in_order_both_ways(postgres: Cluster) -> None:
    """Neither the player's nor the agent's words overtake each other."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat)) as agent,
        ):
            await agent.first("welcome")
            await agent.say("watch", ticket_id=ticket_id, after_seq=0)
            for n in range(20):
                await player.say("send", client_msg_id=f"c{n}", text=f"player {n}")
                await chat.publish(reply(ticket_id, f"agent {n}"))
            await agent.got(ticket_id, 40)
            await player.got(ticket_id, 40)
            assert agent.seqs(ticket_id) == player.seqs(ticket_id) == list(range(1, 41))
            texts = [frame["text"] for frame in agent.all("msg")]
            assert [t for t in texts if t.startswith("player")] == [f"player {n}" for n in range(20)]
            assert [t for t in texts if t.startswith("agent")] == [f"agent {n}" for n in range(20)]


async def test_nothing_is_lost_doubled_or_reordered_by_fifty_disconnections(postgres: Cluster) -> None:
    """A socket that comes back with its cursor gets exactly what it missed."""
    rng = random.Random(7)  # noqa: S311 - a repeatable choice of moments
    async with running_service(postgres, "chat", frames_per_second=1000, frame_burst=1000) as chat, served(chat) as url:
        session = await start(chat)
        ticket_id, ticket = session["ticket_id"], await desk_ticket(chat)
        seen: list[int] = []
        async with opened(url, session["socket_ticket"]) as player:
            sent = 0
            for _ in range(50):
                async with opened(url, ticket, {ticket_id: seen[-1] if seen else 0}) as agent:
                    for _ in range(rng.randrange(1, 6)):
                        sent += 1
                        await player.say("send", client_msg_id=f"c{sent}", text=f"{sent}")
                    wanted = rng.randint(0, sent - (seen[-1] if seen else 0))
                    await agent.got(ticket_id, wanted)
                    seen += agent.seqs(ticket_id)
                ticket = await desk_ticket(chat)
            await player.first("ack", client_msg_id=f"c{sent}")
            async with opened(url, ticket, {ticket_id: seen[-1]}) as agent:
                await agent.got(ticket_id, sent - len(seen))
                seen += agent.seqs(ticket_id)
        assert seen == list(range(1, sent + 1))


async def test_repeating_a_message_over_both_transports_is_one_message(postgres: Cluster) -> None:
    """The same client_msg_id has the same id and seq, however often and whichever way it comes."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        path = f"/v1/chat/sessions/{session['ticket_id']}/messages"
        headers = chat.actor(ActorKind.PLAYER, "p-1", name="Kim")
        answers = set()
        async with opened(url, session["socket_ticket"]) as player:
            for _ in range(10):
                await player.say("send", client_msg_id="same", text="Once")
                answer = await chat.http.post(path, json={"text": "Once", "client_msg_id": "same"}, headers=headers)
                answers.add((answer.json()["id"], answer.json()["seq"]))
            await player.until(lambda _: len(player.all("ack")) == 10)
            answers |= {(ack["id"], ack["seq"]) for ack in player.all("ack")}
        assert len(answers) == 1
        assert len(await chat.recorded(MessagePosted)) == 1


async def test_assigned_conversations_are_heard_without_asking(postgres: Cluster) -> None:
    """The holder hears what was said before and what follows; the former one hears no more."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Anyone?"})
        ticket_id = session["ticket_id"]
        async with (
            opened(url, await desk_ticket(chat, "s-1")) as ann,
            opened(url, await desk_ticket(chat, "s-2")) as bob,
        ):
            await ann.first("welcome")
            await bob.first("welcome")
            await chat.publish(assignment(ticket_id, "s-1"))
            await ann.first("assigned", ticket_id=ticket_id)
            await ann.first("msg", text="Anyone?")
            assert (await bob.first("ticket", fact="assigned"))["ticket"]["assignee_id"] == "s-1"
            await chat.publish(assignment(ticket_id, "s-2", before="s-1"))
            await bob.first("msg", text="Anyone?")
            await chat.publish(reply(ticket_id, "Bob here"))
            await bob.first("msg", text="Bob here")
            assert not [f for f in ann.all("msg") if f["text"] == "Bob here"]
        async with opened(url, await desk_ticket(chat, "s-2"), {ticket_id: 1}) as bob:
            await bob.first("msg", text="Bob here")
            assert bob.seqs(ticket_id) == [2]


async def test_receipts_never_run_backwards(postgres: Cluster) -> None:
    """Marks are high-water marks and cannot pass the conversation."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat), {ticket_id: 0}) as agent,
        ):
            await agent.first("welcome")
            for n in range(5):
                await player.say("send", client_msg_id=f"c{n}", text="hi")
            await agent.first("msg", seq=5)
            await agent.say("read", ticket_id=ticket_id, seq=4)
            await player.first("receipt", read=4)
            await agent.say("delivered", ticket_id=ticket_id, seq=2)
            await agent.say("read", ticket_id=ticket_id, seq=99)
            await player.first("receipt", read=5)
            reads = [(f["delivered"], f["read"]) for f in player.all("receipt")]
            assert reads == sorted(reads)


async def test_marks_that_other_processes_tell_in_any_order_never_fall(postgres: Cluster) -> None:
    """Each process writes marks at its own time: what comes late is no news, whoever connects meanwhile."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        told = {"process": "another", "brand": "lucky", "ticket_id": ticket_id, "reader": ["staff", "s-1"]}
        async with opened(url, session["socket_ticket"]) as player:
            await player.first("welcome")
            for delivered, read in [(5, 2), (3, 3), (4, 1), (6, 6)]:
                await chat.ground.transport.broadcast(RECEIPT_TOPIC, {**told, "delivered": delivered, "read": read})
            await player.first("receipt", delivered=6)
            assert [(f["delivered"], f["read"]) for f in player.all("receipt")] == [(5, 2), (5, 3), (6, 6)]


async def test_typing_is_told_at_most_once_in_a_while_and_never_to_oneself(postgres: Cluster) -> None:
    """Typing is a passing signal."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat), {ticket_id: 0}) as agent,
        ):
            await agent.first("welcome")
            for _ in range(3):
                await player.say("typing")
            await player.say("send", client_msg_id="c1", text="done")
            await agent.first("msg")
            assert len(agent.all("typing")) == 1
            assert agent.all("typing")[0]["author"]["id"] == "p-1"
            assert not player.all("typing")


@pytest.mark.parametrize("text", ["", "   ", "x" * 16_001, "nul\x00", "bad \ud83d half"])
async def test_unreadable_words_are_refused_with_a_problem(postgres: Cluster, text: str) -> None:
    """A refusal names the message and the reason; the socket goes on."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, session["socket_ticket"]) as player:
            await player.say("send", client_msg_id="bad", text=text)
            nack = await player.first("nack", client_msg_id="bad")
            assert nack["problem"]["code"] == "text-refused"
            await player.say("send", client_msg_id="good", text="x" * 16_000)
            assert (await player.first("ack", client_msg_id="good"))["seq"] == 1


@pytest.mark.parametrize(
    ("client_msg_id", "more"),
    [("many", {"attachments": [str(new_id()) for _ in range(11)]}), ("half \ud83d", {}), ("x" * 129, {})],
)
async def test_words_in_a_bad_frame_are_refused_and_the_socket_goes_on(
    postgres: Cluster, client_msg_id: str, more: dict[str, object]
) -> None:
    """Nobody loses his connection for one message that names itself."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, session["socket_ticket"]) as player:
            await player.say("send", client_msg_id=client_msg_id, text="Hello", **more)
            nack = await player.first("nack", client_msg_id=client_msg_id)
            assert (nack["problem"]["code"], nack["problem"]["status"]) == ("frame-refused", 422)
            await player.say("send", client_msg_id="good", text="Hello")
            assert (await player.first("ack", client_msg_id="good"))["seq"] == 1


async def test_staff_words_are_sent_to_the_ticket(postgres: Cluster) -> None:
    """The socket says where staff's words belong."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, await desk_ticket(chat)) as agent:
            await agent.say("send", client_msg_id="c1", text="Hi", ticket_id=session["ticket_id"])
            nack = await agent.first("nack")
            assert nack["problem"]["status"] == 403
            assert f"/v1/tickets/{session['ticket_id']}/messages" in nack["problem"]["detail"]


async def test_a_reply_reaches_the_player_after_the_session_ended(postgres: Cluster) -> None:
    """The conversation takes no more words of the player, but the answer still comes through."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"], {ticket_id: 1}) as player:
            await player.first("welcome")
            path = f"/v1/chat/sessions/{ticket_id}"
            assert (await chat.http.delete(path, headers=chat.actor())).status_code == 204
            await player.first("ended", ticket_id=ticket_id)
            await chat.publish(reply(ticket_id, "Sorry, here it is"))
            await player.first("msg", text="Sorry, here it is")
            await player.say("send", client_msg_id="late", text="Thanks")
            assert (await player.first("nack"))["problem"]["code"] == "session-has-ended"


async def test_what_is_said_while_a_cursor_beyond_the_end_is_checked_is_not_missed(postgres: Cluster) -> None:
    """To a client that claims to be further than the conversation, live words seem old until it is told better."""
    async with running_service(postgres, "chat") as chat:
        hub, sent = hub_of(chat.ground), list[str]()
        ticket_id = UUID((await start(chat, message={"text": "1"}))["ticket_id"])

        async def send(message: MutableMapping[str, Any]) -> None:
            frame = json.loads(message["text"])
            sent.append(f"{frame['t']} {frame.get('seq', '')}".strip())

        reader = asyncio.current_task()
        assert reader is not None
        kim = Person("lucky", AuthorKind.PLAYER, "p-1")
        socket = LiveSocket(send=send, reader=reader, person=kim, bound=None, settings=hub.settings, writing={}, now=0)
        socket.greet('{"t":"welcome"}')
        async with held(chat.urls.owner, "chat_receipts") as waiting:
            tuning = asyncio.create_task(hub.conversations.tune_in(socket, {ticket_id: 2**53}))
            await eventually(lambda: waiting(1))
            await hub.writers.write("lucky", Draft(ticket_id, kim.author(), "2", "c2"))
        await tuning
        filler = socket.subscriptions[ticket_id].filler
        if filler is not None:
            await filler
        await socket.finished()
        assert sent == ["welcome", "resync", "msg 2"]


async def test_a_long_gap_is_reloaded_over_http(postgres: Cluster) -> None:
    """More than the agreed gap is not replayed: the client is told to reload and goes on live."""
    async with running_service(postgres, "chat", resync_beyond=5, page=2) as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        for n in range(8):
            await chat.publish(reply(ticket_id, f"{n}"))

        async def posted() -> bool:
            page = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/messages", headers=chat.actor())
            return bool(page.json()["last_seq"] == 8)

        await eventually(posted)
        async with opened(url, await desk_ticket(chat), {ticket_id: 1}) as agent:
            assert (await agent.first("resync", ticket_id=ticket_id))["last_seq"] == 8
            await chat.publish(reply(ticket_id, "live"))
            await agent.first("msg", text="live")
            assert agent.seqs(ticket_id) == [9]
        async with opened(url, await desk_ticket(chat), {ticket_id: 4}) as agent:
            await agent.first("msg", text="live")
            assert agent.seqs(ticket_id) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("person", "frames"),
    [
        (Person("lucky", AuthorKind.PLAYER, "p-1"), ["welcome", "typing", "msg"]),
        (Person("lucky", AuthorKind.PLAYER, "p-2"), ["welcome"]),
        (Person("royal", AuthorKind.STAFF, "s-1"), ["welcome"]),
    ],
)
async def test_a_live_message_during_the_check_neither_leaks_nor_comes_twice(
    postgres: Cluster, person: Person, frames: list[str]
) -> None:
    """Nothing is read or sent of a conversation before it is known that its holder may hear it."""
    async with running_service(postgres, "chat") as chat:
        hub = hub_of(chat.ground)
        ticket_id = UUID((await start(chat, "p-1", message={"text": "for Kim alone"}))["ticket_id"])
        async with chat.ground.database.begin("lucky") as session:
            kim, look = Person("lucky", AuthorKind.PLAYER, "p-1"), Look(chat.ground.clock.now(), "r-1")
            page = await read_page(session, reader=kim, ticket_id=ticket_id, after_seq=0, limit=10, look=look)
        sent: list[str] = []

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(json.loads(message["text"])["t"])

        reader = asyncio.current_task()
        assert reader is not None
        socket = LiveSocket(
            send=send, reader=reader, person=person, bound=None, settings=hub.settings, writing={}, now=0
        )
        socket.greet('{"t":"welcome"}')
        tuning = asyncio.create_task(hub.conversations.tune_in(socket, {ticket_id: 0}))
        while ticket_id not in socket.subscriptions:
            await asyncio.wait({tuning}, timeout=0)
        assert not tuning.done()
        for _ in range(2):
            hub.conversations.deliver("lucky", page.messages[0])
        hub.conversations.send("lucky", ticket_id, '{"t":"typing"}')
        heard = socket.subscriptions[ticket_id]
        too_early = heard.filler is not None
        assert not too_early
        await tuning
        if heard.filler is not None:
            await heard.filler
        await socket.finished()
        assert sent == frames
