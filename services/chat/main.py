"""Chat: live conversations over sockets and HTTP."""

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from services.chat import api, events, jobs
from services.chat.settings import Settings
from services.chat.sockets import heartbeat, lifespan, listeners, protocol, silences
from shared.messaging.transport import Transport
from shared.service import create_service


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the app of chat; `transport` is given when several services share a process."""
    return create_service(
        settings or Settings(),
        title="Pitboss chat",
        description="Live conversations: sessions, transcripts, sockets.",
        routers=api.ROUTERS,
        subscriptions=events.SUBSCRIPTIONS,
        listeners=listeners.LISTENERS,
        jobs=(*heartbeat.JOBS, *silences.JOBS, *jobs.JOBS),
        lifespan=lifespan.live,
        transport=transport,
        asgi_routes=[WebSocketRoute(api.SOCKET_PATH, protocol.ChatSocket())],
    )
