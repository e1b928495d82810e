"""Files and their words find each other over RabbitMQ, where what a queue is not bound to never arrives."""

from http import HTTPStatus
from typing import Any

import aiohttp
import pytest

from deploy.demo.clients import ChatSocket, Door, Refused, sign_in
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


async def _uploaded(door: Door, token: str, ticket: str) -> str:
    """Upload a note of text and return its id."""
    url, headers = f"{door.url}/v1/attachments", {"Authorization": f"Bearer {token}"}
    asked = {"name": "statement.txt", "ticket_id": ticket}
    async with door.http.post(url, data=b"Balance 250", headers=headers, params=asked) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def _joined(door: Door, token: str, ticket: str) -> list[Any]:
    found = await door.call("GET", f"/v1/attachments?ticket_id={ticket}", token=token)
    return [one["id"] for one in found["items"] if one["message_id"] and one["public"]]


async def test_files_of_both_sides_are_joined_to_their_words(twins: Product, door: Door) -> None:
    """The desk sees the player's, and the player opens the agent's."""
    person = twins.staff("agent")
    agent = str((await sign_in(door, person["email"], person["password"]))["access_token"])
    kim = twins.brand.player_token("filer", minutes=50)
    player = await ChatSocket.of_player(door, kim, subject="Statement")
    words = f"/v1/chat/sessions/{player.ticket_id}/messages"
    sent = await _uploaded(door, kim, player.ticket_id)
    await door.call("POST", words, token=kim, body={"attachments": [sent], "client_msg_id": "c1"})
    await eventually(lambda: _has(door, agent, player.ticket_id, sent), within=60)
    back = await _uploaded(door, agent, player.ticket_id)
    answer = {"text": "Here", "attachments": [back]}
    await door.call("POST", f"/v1/tickets/{player.ticket_id}/messages", token=agent, body=answer)
    await eventually(lambda: _has(door, agent, player.ticket_id, back), within=60)
    async with door.http.post(
        f"{door.url}/v1/attachments/{back}/links", headers={"Authorization": f"Bearer {kim}"}
    ) as link:
        assert link.status == 201, await link.text()
        url = (await link.json())["url"]
    async with door.http.get(url, timeout=aiohttp.ClientTimeout(total=30)) as content:
        assert await content.read() == b"Balance 250"
    await player.close()


async def _has(door: Door, token: str, ticket: str, file: str) -> bool:
    """A conversation is there before its ticket is: chat tells tickets of it."""
    try:
        return file in await _joined(door, token, ticket)
    except Refused as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise
        return False
