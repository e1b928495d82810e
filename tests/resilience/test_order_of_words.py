"""Words stand in one order wherever they are read: in the ticket, in the chat, on every socket."""

import asyncio
from typing import Any, Final
from uuid import uuid4

import pytest

from deploy.demo.clients import ChatSocket
from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

AT_ONCE: Final = 8
ROUNDS: Final = 6


async def test_answers_of_one_moment_stand_in_the_order_in_which_the_player_heard_them(twins: Product) -> None:
    """Eight answers at once, over two processes: the ticket, the transcript and the player's socket agree."""
    async with Workload.on(twins) as load:
        token = twins.brand.player_token(f"p-{uuid4().hex[:8]}", minutes=10)
        player = await ChatSocket.of_player(load.door, token, subject="Talk")
        try:
            await player.say("Hello?")
            for _ in range(ROUNDS):
                await asyncio.gather(*(load.answer(player.ticket_id, f"agent {n}") for n in range(AT_ONCE)))
            said = 1 + ROUNDS * AT_ONCE
            await eventually(lambda: len(player.messages) >= said - 1)
            transcript = await _words(load, f"/v1/chat/sessions/{player.ticket_id}/messages")
            assert await _words(load, f"/v1/tickets/{player.ticket_id}/messages") == transcript
            assert [frame["text"] for frame in player.messages if frame["author"]["kind"] == "staff"] == transcript[1:]
            assert len(set(transcript)) == said
        finally:
            await player.close()


async def _words(load: Workload, path: str) -> list[str]:
    page: Any = await load.call("GET", f"{path}?limit=100")
    return [item["text"] for item in page["items"]]
