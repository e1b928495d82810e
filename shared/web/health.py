"""Health as orchestrators ask for it: alive, and ready for traffic."""

import asyncio
from typing import Final, Protocol

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.errors import DomainError

_PING_SECONDS: Final = 2.0
_GRACE_SECONDS: Final = 10.0

router = APIRouter(include_in_schema=False)


class Pingable(Protocol):
    """Something whose absence makes a service unready."""

    async def ping(self) -> None:
        """Return if it answers, raise otherwise."""
        ...


class DatabaseProbe:
    """Unready only when the database has been failing for ten seconds: a blip must not empty the load balancer."""

    def __init__(self, database: Pingable) -> None:
        self._database = database
        self._failing_since: float | None = None

    async def answers(self) -> bool:
        """Ask the database; True while it answers or has failed for less than ten seconds."""
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._database.ping()
        except (DomainError, TimeoutError, OSError):
            self._failing_since = self._failing_since or now
            return now - self._failing_since < _GRACE_SECONDS
        self._failing_since = None
        return True


@router.get("/health/live")
async def live() -> JSONResponse:
    """Answer while the event loop turns."""
    return JSONResponse({"status": "alive"})


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Say whether traffic may come; an absent broker only degrades, since the outbox absorbs it."""
    ground = request.app.state.ground
    probe: DatabaseProbe = request.app.state.database_probe
    checks = {
        "started": bool(request.app.state.started),
        "not_draining": not ground.is_draining,
        "database": await probe.answers(),
    }
    events = str(ground.transport.state)
    status = "unready" if not all(checks.values()) else "ready" if events == "up" else "degraded"
    return JSONResponse({"status": status, "checks": checks | {"events": events}}, 503 if status == "unready" else 200)


@router.get("/metrics")
async def metrics() -> Response:
    """Return the process's metrics in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
