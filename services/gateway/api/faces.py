"""What people look at: the product's API document, a page to read it with, and the catalogue of problems."""

import html
import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi import Path as PathParameter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from services.gateway.domain.routing import RouteUnknown

router = APIRouter(include_in_schema=False)
PAGES: Final = Path(__file__).parent.parent / "pages"
_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_PROBLEM_HEAD: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="stylesheet" href="/docs/docs.css">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)
_FILES: Final = {"docs.js": "text/javascript", "docs.css": "text/css"}


async def openapi(request: Request) -> Response:
    """Return the document of the whole product: the committed one, else this service's own."""
    committed = PAGES / "openapi.json"
    return (
        FileResponse(committed, media_type="application/json")
        if committed.exists()
        else JSONResponse(request.app.openapi())
    )


@router.get("/")
async def front() -> Response:
    """Lead whoever looks at the bare address to the page that tells what is here."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def docs() -> Response:
    """Return the page that shows the document."""
    return FileResponse(PAGES / "docs" / "index.html", media_type="text/html", headers=_page_headers())


@router.get("/docs/{name}")
async def docs_file(name: str) -> Response:
    """Return the script or the style of that page."""
    if name not in _FILES:
        raise RouteUnknown
    return FileResponse(PAGES / "docs" / name, media_type=_FILES[name], headers=_page_headers())


@router.get("/problems/{code}")
async def problem(code: Annotated[str, PathParameter(pattern=r"^[a-z0-9-]{1,64}$")]) -> Response:
    """Explain a problem code: the page that the `type` of a problem document names."""
    known = _catalogue().get(code)
    if known is None:
        raise RouteUnknown(f"there is no problem {code}")
    title, status = html.escape(str(known["title"])), html.escape(str(known["status"]))
    head = f"{_PROBLEM_HEAD}<title>{code}</title>"
    return HTMLResponse(
        f"{head}<h1>{title}</h1><p>Code <code>{code}</code>, status {status}.</p></html>", headers=_page_headers()
    )


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, dict[str, object]]:
    committed = PAGES / "problems.json"
    if not committed.exists():
        return {}
    found: dict[str, dict[str, object]] = json.loads(committed.read_text())
    return found


def _page_headers() -> dict[str, str]:
    return {"Content-Security-Policy": _CONTENT_POLICY, "X-Frame-Options": "DENY"}
