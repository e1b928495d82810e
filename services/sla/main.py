"""Wires sla together."""

from fastapi import FastAPI

from services.sla.api import boards, calendars, holidays, promises, rehearsals
from services.sla.events import LISTENERS, TICKETS, complaints_counted
from services.sla.jobs import JOBS, attentive
from services.sla.settings import Settings
from shared.messaging.transport import Transport
from shared.service import create_service


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the service; without arguments it is configured by the environment."""
    chosen = settings or Settings()
    return create_service(
        chosen,
        title="Pitboss SLA",
        routers=(promises.router, rehearsals.router, calendars.router, holidays.router, boards.router),
        subscriptions=(*TICKETS, *complaints_counted(chosen.complaint_seconds_per_day)),
        listeners=LISTENERS,
        jobs=JOBS,
        lifespan=attentive,
        transport=transport,
    )
