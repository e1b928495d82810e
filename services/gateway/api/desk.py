"""The desk of the staff at `/desk`: one page and its modules as they lie in `pages`, under a strict policy.

The page names addresses that never change; they lead into the edition of this release, as the widget's do.
"""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi import Path as PathParameter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.gateway.api.pages import serve
from services.gateway.api.shelf import shelf
from services.gateway.domain.routing import RouteUnknown
from shared.service import GroundDep

router = APIRouter(include_in_schema=False)


@router.get("/desk")
async def desk(request: Request, ground: GroundDep) -> Response:
    """Return the page."""
    item = shelf(watched=ground.settings.development).items["desk/index.html"]
    headers = {
        "Content-Security-Policy": _content_policy(ground.settings.public_base_url),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
    }
    return serve(request, item, keep="no-cache", headers=headers)


@router.get("/desk/{name}")
async def desk_file(
    name: Annotated[str, PathParameter(pattern=r"^[a-z-]+\.(js|css|svg)$")], ground: GroundDep
) -> Response:
    """Lead to the file of this release."""
    files = shelf(watched=ground.settings.development)
    if f"desk/{name}" not in files.items:
        raise RouteUnknown
    where = f"/assets/{files.edition}/desk/{name}"
    return RedirectResponse(where, status_code=307, headers={"Cache-Control": "no-cache"})


def _content_policy(public_base_url: str) -> str:
    """Return what the page needs: its own scripts and styles, the API and the socket; nothing inline or foreign."""
    where = urlsplit(f"ws{public_base_url.removeprefix('http')}")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {where.scheme}://{where.netloc}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html"
    )
