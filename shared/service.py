"""`create_service()`: the one call each `main.py` makes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.routing import BaseRoute

from shared.clock import SystemClock
from shared.db.engine import Database
from shared.messaging.courier import Courier
from shared.messaging.inprocess import InprocessTransport
from shared.messaging.runtime import Ground, Job
from shared.messaging.subscriptions import Listener, Subscription
from shared.messaging.transport import Transport
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging
from shared.web import health
from shared.web.actor import Actor, ActorVerifier, identify_by_token
from shared.web.edge import Edge
from shared.web.idempotency import Answers
from shared.web.openapi import install_openapi
from shared.web.pages import Cursors
from shared.web.problems import install_problems

Identify = Callable[[Request], Actor]
Lifespan = Callable[[Ground], AbstractAsyncContextManager[None]]


def create_service(
    settings: ServiceSettings,
    *,
    title: str,
    description: str = "",
    routers: Sequence[APIRouter] = (),
    subscriptions: Sequence[Subscription] = (),
    listeners: Sequence[Listener] = (),
    jobs: Sequence[Job] = (),
    lifespan: Lifespan | None = None,
    transport: Transport | None = None,
    asgi_routes: Sequence[BaseRoute] = (),
    identify: Identify | None = None,
) -> FastAPI:
    """Return the service's app: routes, consumer, relay and jobs on one ground, with nothing started yet.

    `lifespan` opens what only this service needs and puts it into `ground.extras`; it runs inside database and
    transport
    and outside consumer and jobs. `transport` is given when several services share a process. `identify` replaces the
    gateway's internal token as proof of identity: only the gateway itself needs that.
    """
    configure_logging(settings.log_level, settings.log_format)
    service = settings.service
    ground = Ground(
        settings=settings,
        database=Database(settings, service=service),
        transport=transport or _transport(settings),
        clock=SystemClock(),
    )
    courier = Courier(
        ground, subscriptions=subscriptions, listeners=listeners, jobs=jobs, owns_transport=transport is None
    )
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan(ground, courier, lifespan),
        routes=list(asgi_routes),
    )
    _set_state(app, ground, identify)
    app.state.subscriptions = tuple(subscriptions)
    # Not `include_router`: it would match every request twice and serve it through a copy of its route.
    for router in (*routers, health.router):
        app.router.routes.extend(router.routes)
    install_problems(app, public_base_url=settings.public_base_url)
    install_openapi(app)
    app.add_middleware(
        Edge,
        service=service,
        max_in_flight=settings.max_in_flight,
        max_body_bytes=settings.max_body_bytes,
        deadline=settings.request_deadline,
        problem_base=settings.public_base_url.rstrip("/"),
    )
    return app


def _set_state(app: FastAPI, ground: Ground, identify: Identify | None) -> None:
    settings = ground.settings
    app.state.ground = ground
    app.state.started = False
    app.state.database_probe = health.DatabaseProbe(ground.database)
    secret = settings.cursor_secret.get_secret_value().encode()
    app.state.cursors = Cursors(secret)
    app.state.answers = Answers(secret)
    verifier = ActorVerifier(settings.gateway_public_key, audience=settings.service)
    app.state.identify = identify or identify_by_token(verifier)


def _lifespan(
    ground: Ground, courier: Courier, own: Lifespan | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(ground.database.stop)
            await stack.enter_async_context(courier.carried())
            if own is not None:
                await stack.enter_async_context(own(ground))
            await stack.enter_async_context(courier.working())
            app.state.started = True
            yield
            app.state.started = False

    return alive


def _transport(settings: ServiceSettings) -> Transport:
    """Return the transport of a service that has a process of its own."""
    if settings.transport == "inprocess":
        return InprocessTransport()
    if settings.amqp_url is None:
        message = "PITBOSS_AMQP_URL is needed unless PITBOSS_TRANSPORT=inprocess"
        raise ValueError(message)
    from shared.messaging.rabbitmq import RabbitMQTransport  # noqa: PLC0415 - 18 MiB that one process does not need

    return RabbitMQTransport(settings.amqp_url.get_secret_value(), name=settings.service)


async def _ground(request: Request) -> Ground:
    ground: Ground = request.app.state.ground
    return ground


GroundDep = Annotated[Ground, Depends(_ground)]
