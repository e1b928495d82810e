"""Wires intake together."""

from fastapi import FastAPI

from services.intake.api import router
from services.intake.events import SUBSCRIPTIONS
from services.intake.jobs import JOBS
from services.intake.settings import Settings
from services.intake.sockets import listening
from shared.messaging.transport import Transport
from shared.service import create_service


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the service; without arguments it is configured by the environment."""
    return create_service(
        settings or Settings(),
        title="Pitboss intake",
        routers=(router,),
        subscriptions=SUBSCRIPTIONS,
        jobs=JOBS,
        lifespan=listening,
        transport=transport,
    )
