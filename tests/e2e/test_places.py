"""Waiting in line as a player sees it, through every door of the running product."""

import asyncio

import pytest

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask
from tests.e2e.house import found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]


def _places(socket: ChatSocket) -> list[object]:
    return [frame["position"] for frame in socket.others if frame["t"] == "queue"]


def _frames(socket: ChatSocket, t: str) -> list[Json]:
    return [frame for frame in socket.others if frame["t"] == t]


async def test_a_player_sees_his_place_move_up_and_then_who_has_him(product: Product, door: Door) -> None:
    """Two wait; one is taken, the other moves up, and neither sees a place but his own."""
    house = await found_house(door, product.demo, "line")
    agent = await house.hire("agent")
    first = await ChatSocket.of_player(door, house.player("p-first"))
    await first.say("Hello?")
    await eventually(lambda: _places(first)[-1:] == [1])
    second = await ChatSocket.of_player(door, house.player("p-second"))
    await second.say("Hello, too?")
    try:
        await eventually(lambda: _places(second)[-1:] == [2])
        path = f"/v1/tickets/{first.ticket_id}/assignment"
        taken = await ask(door, "PUT", path, body={"assignee_id": "me"}, token=agent)
        assert taken.status == 200, taken
        await eventually(lambda: _frames(first, "assigned") and _places(second)[-1] == 1)
        assert {frame["ticket_id"] for frame in _frames(second, "queue")} == {second.ticket_id}
        shown = await ask(door, "GET", f"/v1/tickets/{second.ticket_id}/queue", token=house.player("p-second"))
        assert shown.json["position"] == 1
    finally:
        await asyncio.gather(first.close(), second.close())
