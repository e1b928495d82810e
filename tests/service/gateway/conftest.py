"""A gateway on a fresh database, with the demo brand, in front of a small real service on loopback."""

import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiohttp import web

from services.gateway.main import bootstrap
from services.gateway.settings import Settings
from services.gateway.use_cases.doorway import Doorway
from shared.web.actor import ACTOR_HEADER, Actor, ActorVerifier
from tests.support.database import Cluster
from tests.support.service import GATEWAY_KEY, PUBLIC_KEY, RunningService, running_service

KNOBS: dict[str, object] = {
    "signing_key": str(GATEWAY_KEY.as_dict(private=True)["d"]),
    "secrets_key": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "password_rounds": 1,
    "password_memory_kib": 8,
    "sign_ins_per_minute": 6000,
    "sign_ins_burst": 1000,
    "anonymous_per_minute": 6000,
    "anonymous_burst": 1000,
}


@dataclass
class Service:
    """A service behind the door: it answers what the test tells it and remembers what it was asked."""

    url: str = ""
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember and answer."""
        self.seen.append(request)
        if self.answer is not None:
            return await self.answer(request)
        self.bodies.append(await request.read())
        return web.json_response({"served": request.raw_path}, headers={"ETag": '"7"'})

    def actor(self, audience: str = "tickets") -> Actor:
        """Return the verified actor of the last request."""
        token = self.seen[-1].headers[ACTOR_HEADER]
        verifier = ActorVerifier(PUBLIC_KEY, audience=audience)
        return verifier.verify(token, now=time.time())


@dataclass
class Gate:
    """The gateway as its users see it, and the secrets of the demo brand."""

    service: RunningService
    http: httpx.AsyncClient
    demo: dict[str, Any]
    knobs: dict[str, object]

    @property
    def doorway(self) -> Doorway:
        """What the door works with."""
        found = self.service.ground.extras[Doorway.NAME]
        assert isinstance(found, Doorway)
        return found

    def password(self, email: str) -> str:
        """Return the password of a demo person."""
        return str(next(person["password"] for person in self.demo["staff"] if person["email"] == email))

    async def sign_in(self, email: str = "admin@lucky.example", **more: object) -> dict[str, Any]:
        """Sign in and return the session."""
        body = {"email": email, "password": self.password(email)} | more
        answer = await self.http.post("/v1/auth/token", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def staff_of(self, brand: str, email: str = "admin@lucky.example") -> dict[str, str]:
        """Return the headers of a person who signed in to one of several brands."""
        return bearer((await self.sign_in(email, brand=brand))["access_token"])

    async def staff(self, email: str = "admin@lucky.example") -> dict[str, str]:
        """Return the headers of a signed-in person."""
        return bearer((await self.sign_in(email))["access_token"])


def bearer(token: str) -> dict[str, str]:
    """Return the header that presents a credential."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def tickets() -> AsyncIterator[Service]:
    """A service that answers under `/v1`."""
    async with serving() as service:
        yield service


class serving:  # noqa: N801 - reads as a verb where it is used
    """Runs a `Service` on a free port."""

    async def __aenter__(self) -> Service:
        """Start."""
        self._service = Service()
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._service.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self._service.url = f"http://127.0.0.1:{port}"
        return self._service

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self._runner.cleanup()


@pytest.fixture
async def gate(postgres: Cluster, tickets: Service) -> AsyncIterator[Gate]:
    """A gateway with the demo brand and one service behind it, under two names."""
    async for made in gates(postgres, {"tickets": (tickets.url,), "chat": (tickets.url,)}):
        yield made


async def gates(postgres: Cluster, urls: Mapping[str, tuple[str, ...]], **knobs: object) -> AsyncIterator[Gate]:
    """Run a gateway; `urls` says where its services are, the others are nowhere."""
    nowhere = dict.fromkeys(("gateway", "sla", "notifications", "intake", "tickets", "chat"), ("http://127.0.0.1:9",))
    chosen: dict[str, Any] = KNOBS | {"service_urls": nowhere | dict(urls)} | knobs
    async with running_service(postgres, "gateway", **chosen) as service:
        settings = service.ground.settings
        assert isinstance(settings, Settings)
        demo = await bootstrap(settings)
        yield Gate(service, service.http, demo, chosen)
