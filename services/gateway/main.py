"""Wires the gateway: the door around its own routes, and the socket tunnel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from services.gateway.api import access, brands, demo, desk, faces, keys, pages, staff
from services.gateway.api.door import Door, identify
from services.gateway.jobs import JOBS
from services.gateway.settings import Settings
from services.gateway.sockets import PATH, SocketTunnel
from services.gateway.use_cases.bootstrap import bootstrap
from services.gateway.use_cases.doorway import Doorway, opened
from shared.messaging.runtime import Ground
from shared.messaging.transport import Transport
from shared.service import create_service

__all__ = ["bootstrap", "create_app"]

_ROUTERS: Final = (access.router, staff.router, keys.router, brands.router, faces.router, pages.router, desk.router)


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the gateway's app."""
    chosen = settings or Settings()
    tunnel = SocketTunnel()

    @asynccontextmanager
    async def door_open(ground: Ground) -> AsyncIterator[None]:
        async with opened(chosen, ground.database, ground.clock) as doorway:
            ground.extras[Doorway.NAME] = doorway
            ground.draining.append(tunnel.drain)
            yield

    app = create_service(
        chosen,
        title="Pitboss gateway",
        description="The only door: sign-in, accounts, keys and brands; every other path is forwarded.",
        routers=(*_ROUTERS, demo.router) if chosen.demo else _ROUTERS,
        jobs=JOBS,
        lifespan=door_open,
        transport=transport,
        asgi_routes=(Route("/openapi.json", faces.openapi), WebSocketRoute(PATH, tunnel)),
        identify=identify,
    )
    # Innermost: the edge around it has given the request its ids, its limits and its deadline.
    app.user_middleware.append(Middleware(Door))
    return app
