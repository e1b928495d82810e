"""A fake casino with the widget on it, so that a newcomer can talk to himself. Served only with `GATEWAY_DEMO`."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway.api.access import DoorwayDep
from services.gateway.api.pages import serve
from services.gateway.api.shelf import shelf
from services.gateway.domain.routing import RouteUnknown
from services.gateway.use_cases.bootstrap import BRAND
from services.gateway.use_cases.demo import sign_demo_player
from shared.service import GroundDep

router = APIRouter(include_in_schema=False)


@router.get("/demo")
async def casino(request: Request, ground: GroundDep) -> Response:
    """Return the casino's page."""
    files = shelf(watched=ground.settings.development)
    headers = {"Content-Security-Policy": _content_policy(ground.settings.public_base_url), "X-Frame-Options": "DENY"}
    return serve(request, files.items["demo/index.html"], keep="no-cache", headers=headers)


@router.get("/demo/{name}")
async def casino_file(name: str, request: Request, ground: GroundDep) -> Response:
    """Return a file of the page."""
    item = shelf(watched=ground.settings.development).items.get(f"demo/{name}")
    if item is None:
        raise RouteUnknown
    return serve(request, item, keep="no-cache")


@router.get("/demo/player/token")
async def token(player: Annotated[str, Query(max_length=20)], ground: GroundDep, door: DoorwayDep) -> Response:
    """Do what the casino's own server would: sign a token for the player who is signed in there."""
    now = ground.clock.now()
    async with ground.database.begin(BRAND) as session:
        signed = await sign_demo_player(session, door.settings, name=player, now=now)
    return JSONResponse({"token": signed}, headers={"Cache-Control": "no-store"})


def _content_policy(public_base_url: str) -> str:
    """Return the strictest policy a casino could have: the widget needs scripts and connections, nothing else."""
    socket = f"ws{public_base_url.removeprefix('http')}"
    where = urlsplit(socket)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {where.scheme}://{where.netloc}; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html"
    )
