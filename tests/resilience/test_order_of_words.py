"""Words stand in one order wherever they are read: in the ticket, in the chat, on every socket."""

import asyncio
from typing import Any, Final
from uuid import uuid4

import pytest

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import ask
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

AT_ONCE: Final = 8
ROUNDS: Final = 6


@pytest.fixture(scope="module")
async def house(twins: Product, door: Door) -> House:
    """A brand with as many agents as speak at once."""
    house = await found_house(door, twins.demo, "order")
    for number in range(AT_ONCE):
        await house.hire("agent", f"agent{number}")
    return house


async def test_answers_of_one_moment_stand_in_the_order_in_which_the_player_heard_them(house: House) -> None:
    """Eight colleagues at once, over two processes: the ticket, the transcript and the player's socket agree."""
    player = await ChatSocket.of_player(house.door, house.player(f"p-{uuid4().hex[:8]}"), subject="Talk")
    ticket = player.ticket_id
    try:
        await player.say("Hello?")
        await eventually(lambda: _is_there(house, ticket))
        for turn in range(ROUNDS):
            answers = (
                house.reply(ticket, f"{turn} {number}", token=house.tokens[f"agent{number}"])
                for number in range(AT_ONCE)
            )
            await asyncio.gather(*answers)
        said = 1 + ROUNDS * AT_ONCE
        await eventually(lambda: len(player.messages) >= said - 1)
        transcript = await _words(house, f"/v1/chat/sessions/{ticket}/messages")
        assert await _words(house, f"/v1/tickets/{ticket}/messages") == transcript
        assert [frame["text"] for frame in player.messages if frame["author"]["kind"] == "staff"] == transcript[1:]
        assert len(set(transcript)) == said
    finally:
        await player.close()


async def _is_there(house: House, ticket: str) -> bool:
    return (await ask(house.door, "GET", f"/v1/tickets/{ticket}", token=house.api_key)).status == 200


async def _words(house: House, path: str) -> list[str]:
    page: Any = await house.door.call("GET", f"{path}?limit=100", token=house.api_key)
    return [item["text"] for item in page["items"]]
