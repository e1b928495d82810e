"""The widget that casino sites embed: its files, without a build step, for pages of any origin.

Two addresses never change: `/widget.js`, the script of a page, and `/widget/pitboss-chat.js`, the ES module. Both lead
to files under `/assets/{edition}/`; an edition holds files that belong together and never change, so that browsers keep
them for a year and no page ever mixes two releases.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from fastapi import Path as PathParameter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.gateway.api.access import DoorwayDep
from services.gateway.api.shelf import Item, Shelf, shelf
from services.gateway.domain.routing import RouteUnknown
from shared.service import GroundDep

router = APIRouter(include_in_schema=False)
_LOADER: Final = "widget/widget.js"
_MODULE: Final = "widget/pitboss-chat.js"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_MINUTES: Final = "public, max-age=300"
_ASK_AGAIN: Final = "no-cache"
# The files are public and the same for everybody; which site may talk to a brand is decided where it talks.
_ANY_SITE: Final = {"Access-Control-Allow-Origin": "*", "Content-Security-Policy": "default-src 'none'"}


@router.get("/widget.js")
async def loader(request: Request, ground: GroundDep) -> Response:
    """Return the script that puts the widget on a page."""
    return serve(request, _found(shelf(watched=ground.settings.development), _LOADER), keep=_FOR_MINUTES)


@router.get("/widget/pitboss-chat.js")
async def module(ground: GroundDep) -> Response:
    """Lead to the ES module of this release."""
    edition = shelf(watched=ground.settings.development).edition
    headers = {**_ANY_SITE, "Cache-Control": _ASK_AGAIN}
    return RedirectResponse(f"/assets/{edition}/{_MODULE}", status_code=307, headers=headers)


@router.get("/widget/site")
async def site(
    brand: Annotated[str, Query(max_length=64)],
    ground: GroundDep,
    door: DoorwayDep,
    origin: Annotated[str | None, Header(max_length=300)] = None,
) -> Response:
    """Tell a page of any origin whether the brand lists it, and nothing else.

    Its browser hides every other answer from a page that is not listed: without this one it could not tell that from
    a lost network.
    """
    now = ground.clock.now().timestamp()
    is_listed = origin is None or await door.origins.allow(origin, brand, now)
    headers = {**_ANY_SITE, "Cache-Control": "no-store", "Vary": "Origin"}
    return JSONResponse({"is_listed": is_listed}, headers=headers)


@router.get("/assets/{edition}/{path:path}")
async def asset(
    request: Request,
    edition: Annotated[str, PathParameter(pattern=r"^[0-9a-f]{16}$")],
    path: Annotated[str, PathParameter(max_length=200)],
    ground: GroundDep,
) -> Response:
    """Return a file; under the name of another release the one there is now, which nobody may keep."""
    files = shelf(watched=ground.settings.development)
    return serve(request, _found(files, path), keep=_FOR_EVER if edition == files.edition else _ASK_AGAIN)


def serve(request: Request, item: Item, *, keep: str, headers: dict[str, str] | None = None) -> Response:
    """Return the file, packed if the caller takes that; 304 to whoever has it."""
    common = {**_ANY_SITE, "Cache-Control": keep, "ETag": item.tag, "Vary": "Accept-Encoding", **(headers or {})}
    if item.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=common)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(item.packed, media_type=item.media_type, headers={**common, "Content-Encoding": "gzip"})
    return Response(item.plain, media_type=item.media_type, headers=common)


def _found(files: Shelf, path: str) -> Item:
    item = files.items.get(path)
    if item is None:
        raise RouteUnknown
    return item
