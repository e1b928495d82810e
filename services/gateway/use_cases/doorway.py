"""What the door needs while the process lives: who is known, what is left of each quota, where everything goes."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, Final

import aiohttp

from services.gateway.clients.upstream import Upstream, open_client
from services.gateway.domain.limits import Limiter, Policy, Verdict
from services.gateway.domain.routing import Network, RouteTable, client_address
from services.gateway.settings import Settings
from services.gateway.use_cases.authenticate import Doorkeeper
from services.gateway.use_cases.origins import Origins
from services.gateway.use_cases.passwords import Passwords
from services.gateway.use_cases.tokens import TokenMint, public_half
from services.gateway.use_cases.unsealing import check_seal
from shared.clock import Clock
from shared.db.engine import Database
from shared.directory import SERVICES
from shared.sealing import parse_key

_POLICIES: Final = ("requests", "sends", "brand", "anonymous", "visitors", "sign_ins", "sockets", "links")


@dataclass(slots=True)
class Doorway:
    """What the door works with; built in the lifespan, shared by door, sockets and the gateway's own routes."""

    NAME: ClassVar[str] = "doorway"

    settings: Settings
    clock: Clock
    keeper: Doorkeeper
    limiter: Limiter
    policies: Mapping[str, Policy]
    routes: RouteTable
    upstreams: dict[str, Upstream]
    mint: TokenMint
    passwords: Passwords
    sockets: aiohttp.ClientSession
    origins: Origins
    trusted: tuple[Network, ...]

    def forget(self) -> None:
        """Drop what was looked up: an account, a key or a brand was changed here."""
        self.keeper.forget()
        self.origins.forget()

    def take(self, policy: str, subject: str) -> Verdict:
        """Take one unit of a quota that `Settings.policy` names."""
        return self.limiter.take(self.policies[policy], subject, time.monotonic())


@asynccontextmanager
async def opened(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[Doorway]:
    """Open the door: one HTTP client for all services, closed with it.

    A gateway whose tokens no service would accept, or that could not read its players' keys, does not open.
    """
    signing_key = parse_key(settings.signing_key.get_secret_value())
    if public_half(signing_key) != settings.gateway_public_key.rstrip("="):
        message = "gateway_public_key is not the public half of signing_key"
        raise ValueError(message)
    await check_seal(database, settings.seal())
    async with open_client(settings) as client:
        yield Doorway(
            settings=settings,
            clock=clock,
            keeper=Doorkeeper(database, settings),
            limiter=Limiter(),
            policies={name: settings.policy(name) for name in _POLICIES},
            routes=RouteTable((entry.name, route) for entry in SERVICES for route in entry.routes),
            upstreams={
                name: Upstream(name, urls, client, connections=settings.upstream_connections)
                for name, urls in settings.service_urls.items()
            },
            mint=TokenMint(signing_key),
            passwords=Passwords(settings),
            sockets=client,
            origins=Origins(database, settings),
            trusted=settings.trusted_networks(),
        )


def address_of(peer: str, headers: Mapping[bytes, bytes], trusted: tuple[Network, ...]) -> str:
    """Return the network address of whoever opened this connection."""
    forwarded = headers.get(b"x-forwarded-for")
    return client_address(peer, forwarded.decode("latin-1") if forwarded and trusted else None, trusted)
