"""Wires tickets together."""

from fastapi import FastAPI

from services.tickets import api, events
from services.tickets.jobs import JOBS, remembering
from services.tickets.settings import Settings, complaint_lexicon, complaint_rules, complaint_texts, licences, taxonomy
from shared.messaging.transport import Transport
from shared.service import create_service


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the application; settings come from the environment unless given."""
    for read_once in (taxonomy, complaint_rules, licences, complaint_lexicon, complaint_texts):
        read_once()
    return create_service(
        settings or Settings(),
        title="Pitboss tickets",
        routers=api.ROUTERS,
        subscriptions=events.SUBSCRIPTIONS,
        listeners=events.LISTENERS,
        jobs=JOBS,
        lifespan=remembering,
        transport=transport,
    )
