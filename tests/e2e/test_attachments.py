"""Files from the player's browser to the desk's, through the gateway."""

import io
import os
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import pytest
from PIL import Image

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_MOST: Final = 20 * 1024 * 1024
_PIECE: Final = 256 * 1024


@pytest.fixture(scope="module")
async def gallery(product: Product, door: Door) -> House:
    """A brand with an agent."""
    house = await found_house(door, product.demo, "gallery")
    await house.hire("agent")
    return house


async def _upload(house: House, token: str, content: Any, name: str, **query: str) -> tuple[int, Json]:
    url, headers = f"{house.door.url}/v1/attachments", {"Authorization": f"Bearer {token}"}
    params, patience = {"name": name, **query}, aiohttp.ClientTimeout(total=100)
    async with house.door.http.post(url, data=content, headers=headers, params=params, timeout=patience) as answer:
        return answer.status, await answer.json()


def _photo() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(target, "JPEG")
    return target.getvalue()


async def test_a_photo_goes_from_the_player_to_the_desk_and_back(gallery: House) -> None:
    """Uploaded, sent without a word, announced to the desk, shown in the timeline, fetched by a link."""
    player = await ChatSocket.of_player(gallery.door, gallery.player("p-1"), subject="Photo")
    desk = await ChatSocket.of_staff(gallery.door, gallery.tokens["agent"])
    await desk.watch(player.ticket_id)
    status, made = await _upload(gallery, gallery.player("p-1"), _photo(), "photo.jpg", ticket_id=player.ticket_id)
    assert (status, made["media_type"], made["width"]) == (201, "image/jpeg", 640)
    await gallery.door.call(
        "POST", f"/v1/chat/sessions/{player.ticket_id}/messages", token=gallery.player("p-1"),
        body={"attachments": [made["id"]], "client_msg_id": "c1"},
    )  # fmt: skip
    path = f"/v1/attachments?ticket_id={player.ticket_id}"

    async def public() -> bool:
        items = (await ask(gallery.door, "GET", path, token=gallery.tokens["agent"])).json["items"]
        return [(one["id"], one["public"]) for one in items] == [(made["id"], True)]

    await eventually(public)
    await eventually(lambda: any(frame.get("attachments") == [made["id"]] for frame in desk.messages))
    timeline = f"/v1/tickets/{player.ticket_id}/messages"

    async def shown() -> bool:
        answer = await ask(gallery.door, "GET", timeline, token=gallery.api_key)
        return answer.status == 200 and [one["attachments"] for one in answer.json["items"]] == [[made["id"]]]

    await eventually(shown)
    await _agent_answers(gallery, player.ticket_id)
    await player.close()
    await desk.close()


async def _agent_answers(house: House, ticket: str) -> None:
    """Answer with a file; the player fetches it without any credential, as `<img>` does."""
    agent = house.tokens["agent"]
    status, made = await _upload(house, agent, _photo(), "answer.jpg", ticket_id=ticket)
    assert status == 201
    hidden = await ask(house.door, "GET", f"/v1/attachments/{made['id']}", token=house.player("p-1"))
    assert hidden.status == 404
    body = {"text": "Here", "attachments": [made["id"]]}
    await house.door.call("POST", f"/v1/tickets/{ticket}/messages", token=agent, body=body)

    async def linked() -> str:
        path = f"/v1/attachments/{made['id']}/links"
        answer = await ask(house.door, "POST", path, token=house.player("p-1"))
        return str(answer.json["url"]) if answer.status == 201 else ""

    url = urlsplit(await eventually(linked))
    got = await ask(house.door, "GET", url.path)
    assert got.status == 200
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"].startswith("sandbox")
    assert len(got.body) == made["size"]
    bent = await ask(house.door, "GET", url.path[:-1] + ("A" if url.path[-1] != "A" else "B"))
    assert (bent.status, bent.code) == (404, "link-invalid")
    assert (await ask(house.door, "POST", url.path)).status == 405


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, _PIECE):
        yield b"x" * min(_PIECE, size - start)


async def test_twenty_mebibytes_pass_and_one_byte_more_does_not(gallery: House, product: Product) -> None:
    """Streamed, declared or not; nothing grows with it."""
    token = gallery.player("p-2")
    status, made = await _upload(gallery, token, _pieces(_MOST), "long.txt")
    assert (status, made["size"]) == (201, _MOST)
    before = _memory(product)
    for number in range(2):
        assert (await _upload(gallery, token, _pieces(_MOST), f"long{number}.txt"))[0] == 201
    assert _memory(product) - before < _MOST
    for content in (_pieces(_MOST + 1), io.BytesIO(b"x" * (_MOST + 1))):
        status, problem = await _upload(gallery, token, content, "long.txt")
        assert (status, problem["code"]) == (413, "body-too-large")
    link = await ask(gallery.door, "POST", f"/v1/attachments/{made['id']}/links", token=token)
    got = await ask(gallery.door, "GET", urlsplit(link.json["url"]).path)
    assert got.body == b"x" * _MOST


def _memory(product: Product) -> int:
    """Return the resident bytes of the product's one process."""
    (name,) = product.processes()
    with open(f"/proc/{product.pid(name)}/statm", encoding="ascii") as pages:  # noqa: PTH123 - no file of ours
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
