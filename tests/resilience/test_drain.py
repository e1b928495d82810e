"""SIGTERM under load, service after service: nobody outside notices.

With two processes of each service the gateway repeats on the other one what may be repeated, so a caller sees no
failure at all. Of the two gateways one takes its connections with it: there a client does what every HTTP client does,
it repeats an idempotent request once on a new connection.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final

import aiohttp
import pytest

from deploy.demo.clients import ChatSocket, Door, new_key, sign_in
from shared.directory import SERVICES
from tests.resilience.restarts import drained
from tests.support.eventually import eventually
from tests.support.pace import no_faster_than
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

WORKERS: Final = 6
PACE: Final = 0.12
SOCKETS: Final = 12


@dataclass
class Load:
    """Requests to every service, fifty a second; what failed at the first try, and what failed for good."""

    door: Door
    api_key: str
    admin: str
    asked: int = 0
    first: list[str] = field(default_factory=list)
    final: list[str] = field(default_factory=list)
    is_over: bool = False

    async def run(self) -> None:
        """Ask until told to stop."""
        for method, path, token, body in cycle(self._requests()):
            if self.is_over:
                return
            key = new_key()
            failure = await no_faster_than(PACE, self._try(method, path, token, body, key))
            self.asked += 1
            if failure:
                self.first.append(f"{method} {path}: {failure}")
                again = await self._try(method, path, token, body, key)
                self.final += [f"{method} {path}: {again}"] if again else []

    def _requests(self) -> list[tuple[str, str, str, Any]]:
        ticket = {"subject": "Drain", "message": {"text": "Do you notice?"}, "player_id": "drained"}
        return [
            ("POST", "/v1/tickets", self.api_key, ticket),
            ("GET", "/v1/tickets?limit=5", self.api_key, None),
            ("GET", "/v1/sla/policies", self.api_key, None),
            ("GET", "/v1/webhook-endpoints", self.api_key, None),
            ("GET", "/v1/intake/failed-mails", self.admin, None),
            ("POST", "/v1/desk/socket-tickets", self.admin, None),
            ("GET", "/v1/staff", self.api_key, None),
        ]

    async def _try(self, method: str, path: str, token: str, body: Any, key: str) -> str:
        """Return why it failed, empty if it did not."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        try:
            async with self.door.http.request(method, self.door.url + path, json=body, headers=headers) as answer:
                text = await answer.text()
                return "" if answer.status < 400 else f"{answer.status} {text[:200]}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return repr(error)


@asynccontextmanager
async def _loaded(product: Product, door: Door) -> AsyncIterator[Load]:
    person = product.staff("admin")
    admin = str((await sign_in(door, person["email"], person["password"]))["access_token"])
    load = Load(door, product.brand.api_key, admin)
    workers = [asyncio.create_task(load.run()) for _ in range(WORKERS)]
    try:
        await eventually(lambda: load.asked > 10 * WORKERS, within=30)
        yield load
    finally:
        load.is_over = True
        await asyncio.gather(*workers)


@pytest.mark.parametrize("service", [entry.name for entry in SERVICES])
async def test_sigterm_under_load_costs_no_request(twins: Product, door: Door, service: str) -> None:
    """One of two processes ends within thirty seconds; no request fails beyond what one repetition heals."""
    async with _loaded(twins, door) as load:
        took = await drained(twins, service)
        asked = load.asked
        await eventually(lambda: load.asked > asked + 10 * WORKERS, within=30)
    print(  # noqa: T201 - the figures are the point
        f"drain {service}: {load.asked} requests, {len(load.first)} repeated by the client, {len(load.final)} failed, "
        f"ended after {took:.1f} s; {Counter(load.first).most_common(3)}"
    )
    assert load.final == []
    if service != "gateway":
        assert load.first == []


async def test_sockets_are_told_to_come_back(twins: Product, door: Door) -> None:
    """Every socket of an ending chat process is told `reconnect`, comes back, and goes on where it was."""
    players = [twins.brand.player_token(f"socket-{number}", minutes=30) for number in range(SOCKETS)]
    sockets = [await ChatSocket.of_player(door, token, new=True) for token in players]
    try:
        for socket in sockets:
            await socket.say("before")
        for name in ("chat", "chat-2"):
            await drained(twins, name)
        told = [sum(frame["t"] == "reconnect" for frame in socket.others) for socket in sockets]
        print(f"drain chat: {sum(told)} sockets were told to come back")  # noqa: T201 - how many
        assert told == [1] * SOCKETS
        for socket in sockets:
            await socket.close()
            await socket.connect({})
            assert (await socket.say("after"))["seq"] == 2
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))
