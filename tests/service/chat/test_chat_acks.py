"""Every `send` is answered, however the words of others and repetitions fall in between."""

import asyncio
import json
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.chat.domain.values import Draft, Person
from services.chat.schemas.frames import Send
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.frames import answer
from services.chat.sockets.hub import Hub, hub_of
from shared.contracts.base import AuthorKind
from tests.support.chat import start
from tests.support.database import Cluster, held
from tests.support.eventually import eventually
from tests.support.service import running_service

KIM = Person("lucky", AuthorKind.PLAYER, "p-1")


async def test_players_who_never_pause_do_not_keep_each_other_waiting(postgres: Cluster) -> None:
    """A writer that runs out of work just then leaves nothing behind: nobody waits for a third to speak."""
    async with running_service(postgres, "chat", writer_patience=timedelta(seconds=2)) as chat:
        people = [Person("lucky", AuthorKind.PLAYER, f"p-{n}") for n in range(2)]
        tickets = [UUID((await start(chat, person.id))["ticket_id"]) for person in people]

        async def talk(person: Person, ticket_id: UUID) -> list[int]:
            writers = hub_of(chat.ground).writers
            drafts = [Draft(ticket_id, person.author(), "on and on", f"c{n}") for n in range(50)]
            return [(await writers.write("lucky", draft)).seq for draft in drafts]

        async with asyncio.timeout(20):
            heard = await asyncio.gather(*map(talk, people, tickets))
        assert heard == [list(range(1, 51))] * 2


async def test_words_repeated_while_their_turn_is_to_come_are_acknowledged_each(postgres: Cluster) -> None:
    """A socket that still catches up acknowledges in the place of the message, as often as it was sent."""
    async with running_service(postgres, "chat") as chat:
        hub, sent = hub_of(chat.ground), list[str]()
        ticket_id = UUID((await start(chat, message={"text": "for Kim alone"}))["ticket_id"])
        socket = _socket(hub, ticket_id, sent)
        async with held(chat.urls.owner, "chat_receipts"):
            tuning = asyncio.create_task(hub.conversations.tune_in(socket, {ticket_id: 0}))
            while ticket_id not in socket.subscriptions:
                await asyncio.wait({tuning}, timeout=0)
            for _ in range(2):
                await answer(hub, socket, Send(t="send", client_msg_id="same", text="Once"))
            assert sent == []
        await tuning
        if (filler := socket.subscriptions[ticket_id].filler) is not None:
            await filler
        await socket.finished()
        assert sent == ["msg", "ack", "ack"]


async def test_a_conversation_that_is_heard_anew_while_it_is_read_comes_once(postgres: Cluster) -> None:
    """Whoever asks again before everything has come is answered from there on; what was under way does not mix in."""
    async with running_service(postgres, "chat", page=2) as chat:
        hub, sent = hub_of(chat.ground), list[str]()
        ticket_id = UUID((await start(chat, message={"text": "1"}))["ticket_id"])
        for number in range(2, 6):
            await hub.writers.write("lucky", Draft(ticket_id, KIM.author(), f"{number}", f"c{number}"))
        socket = _socket(hub, ticket_id, sent)
        async with held(chat.urls.owner, "chat_messages") as waiting:
            fillers = []
            for number in range(1, 3):
                await hub.conversations.tune_in(socket, {ticket_id: 0})
                fillers.append(socket.subscriptions[ticket_id].filler)
                await eventually(lambda: waiting(number))  # noqa: B023 - awaited at once
        await asyncio.gather(*(filler for filler in fillers if filler is not None))
        await socket.finished()
        assert sent == ["msg"] * 5


def _socket(hub: Hub, ticket_id: UUID, sent: list[str]) -> LiveSocket:
    async def send(message: MutableMapping[str, Any]) -> None:
        frame = json.loads(message["text"])
        sent.extend([frame["t"]] if frame["t"] in {"msg", "ack", "nack"} else [])

    reader = asyncio.current_task()
    assert reader is not None
    socket = LiveSocket(send=send, reader=reader, person=KIM, bound=ticket_id, settings=hub.settings, writing={}, now=0)
    socket.greet('{"t":"welcome"}')
    return socket
