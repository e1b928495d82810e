"""RabbitMQ is away for a while: every write is accepted meanwhile, and the backlog is gone soon after."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import pytest

from deploy.demo.clients import ChatSocket, Door, NoAnswer, Refused, new_key, sign_in
from tests.resilience.sinks import sequence_faults, waiting
from tests.support.eventually import eventually
from tests.support.pace import no_faster_than
from tests.support.product import Product, pitboss

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

SECONDS: Final = float(os.environ.get("PITBOSS_OUTAGE_SECONDS", "20"))
AFTER: Final = 30.0
# Each of four writers five times a second are 72,000 writes an hour; a socket may say ten a second.
PACE: Final = float(os.environ.get("PITBOSS_OUTAGE_PACE", "0.2"))
_BROKER: Final = "rabbitmq"


@asynccontextmanager
async def _without_broker(product: Product) -> AsyncIterator[None]:
    """Stop the broker and keep the supervisor from starting it; give it back afterwards and wait until it answers."""
    pitboss("hold", _BROKER, environment=product.environment)
    try:
        await asyncio.to_thread(product.broker().stop)
        yield
    finally:
        pitboss("release", _BROKER, environment=product.environment)
        await eventually(product.broker().ready, within=90, every=0.2)


class Writers:
    """Everybody who writes, each counting what was accepted and what was not."""

    def __init__(self, product: Product, door: Door, staff: str) -> None:
        self.product = product
        self.door = door
        self.staff = staff
        self.accepted: Counter[str] = Counter()
        self.refused: list[str] = []
        self.tickets: list[str] = []
        self.chats: list[str] = []

    async def during(self, seconds: float) -> None:
        """Write without a break."""
        until = asyncio.get_running_loop().time() + seconds
        speaker = await ChatSocket.of_player(self.door, self._player("speaker"), subject="Outage", new=True)
        self.chats.append(speaker.ticket_id)
        try:
            await asyncio.gather(
                self._repeat(until, "form", self._form),
                self._repeat(until, "answer", self._answer),
                self._repeat(until, "chat over HTTP", self._chat),
                self._repeat(until, "chat over a socket", lambda: speaker.say("Still there?")),
            )
        finally:
            await speaker.close()

    async def _repeat(self, until: float, kind: str, write: Callable[[], Awaitable[object]]) -> None:
        while asyncio.get_running_loop().time() < until:
            try:
                await no_faster_than(PACE, write())
            except (Refused, NoAnswer) as error:
                self.refused.append(f"{kind}: {error}")
            else:
                self.accepted[kind] += 1

    async def _form(self) -> None:
        body = {"subject": "Outage", "message": {"text": "Is anybody there?"}, "player_id": "former"}
        key = self.product.brand.api_key
        opened = await self.door.call("POST", "/v1/tickets", token=key, body=body, key=new_key())
        self.tickets.append(str(opened["id"]))

    async def _answer(self) -> None:
        path = f"/v1/tickets/{self.tickets[-1]}/messages"
        body = {"text": "We are.", "kind": "reply"}
        await self.door.call("POST", path, token=self.staff, body=body, key=new_key())

    async def _chat(self) -> None:
        words = {"new": True, "message": {"text": "Hello?", "client_msg_id": new_key()}}
        opened = await self.door.call("POST", "/v1/chat/sessions", token=self._player(new_key()), body=words)
        self.chats.append(str(opened["ticket_id"]))

    def _player(self, name: str) -> str:
        return self.product.brand.player_token(name, minutes=30)


async def _told(urls: dict[str, str]) -> bool:
    return await waiting(urls.values()) == 0 and await sequence_faults(urls, ("sla", "notifications")) == []


async def _is_ready(door: Door, base: str) -> bool:
    async with door.http.get(f"{base}/health/ready", timeout=aiohttp.ClientTimeout(total=5)) as answer:
        return answer.status == 200


async def test_without_the_broker_every_write_is_accepted_and_told_afterwards(twins: Product, door: Door) -> None:
    """No write is refused, every service stays ready; thirty seconds after the broker is back nothing waits."""
    person = twins.staff("agent")
    staff = str((await sign_in(door, person["email"], person["password"]))["access_token"])
    writers = Writers(twins, door, staff)
    await writers._form()  # noqa: SLF001 - the first ticket, so that there is one to answer
    urls = {name: found.worker for name, found in twins.databases().items()}
    async with _without_broker(twins):
        await writers.during(SECONDS)
        assert all([await _is_ready(door, base) for base in twins.demo["services"].values()])
        backlog = await waiting(urls.values())
    loop = asyncio.get_running_loop()
    back = loop.time()
    await eventually(lambda: _told(urls), within=AFTER * 2, every=0.5)
    gone = loop.time() - back
    print(f"outage of {SECONDS:.0f} s: {dict(writers.accepted)} accepted, {len(writers.refused)} refused, ", end="")  # noqa: T201
    print(f"{backlog} events waited, gone {gone:.1f} s after the broker was back")  # noqa: T201 - the figures are the point
    assert writers.refused == []
    assert backlog > 0
    assert gone <= AFTER
    for ticket in (*writers.tickets[-3:], *writers.chats):
        found = await door.call("GET", f"/v1/tickets/{ticket}/sla", token=staff)
        assert found["clocks"]
