"""Wires intake together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.intake.api import ROUTERS
from services.intake.clients.files import files_open
from services.intake.events import OWNING, carrying
from services.intake.jobs import JOBS
from services.intake.settings import Settings
from services.intake.sockets import listening
from shared.messaging.runtime import Ground
from shared.messaging.transport import Transport
from shared.service import create_service


@asynccontextmanager
async def _open(ground: Ground) -> AsyncIterator[None]:
    async with files_open(ground), listening(ground):
        yield


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the service; without arguments it is configured by the environment."""
    chosen = settings or Settings()
    return create_service(
        chosen,
        title="Pitboss intake",
        routers=ROUTERS,
        subscriptions=(*OWNING, *carrying(chosen.terms())),
        jobs=JOBS,
        lifespan=_open,
        transport=transport,
    )
