"""Who may call a route, as its dependencies say it."""

from typing import Annotated

from fastapi import Depends, FastAPI

from shared.web.access import allowed_by
from shared.web.actor import Actor, ActorDep, ActorKind, require
from shared.web.openapi import install_openapi

_Lead = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="a:read"))]
_Agent = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, ActorKind.PLAYER, role="agent"))]


def _app() -> FastAPI:
    app = FastAPI()

    async def deeper(actor: _Lead) -> Actor:
        return actor

    @app.get("/v1/open")
    async def read_open() -> None: ...

    @app.get("/v1/all")
    async def read_all(actor: ActorDep) -> None: ...

    @app.get("/v1/some")
    async def read_some(actor: Annotated[Actor, Depends(deeper)]) -> None: ...

    @app.get("/v1/both")
    async def read_both(lead: _Lead, agent: _Agent) -> None: ...

    install_openapi(app)
    return app


def test_each_operation_names_its_callers() -> None:
    """However deep the check is, and all of them together where there are several."""
    paths = _app().openapi()["paths"]
    said = {path: item["get"]["security"] for path, item in paths.items()}
    assert said == {
        "/v1/open": [],
        "/v1/all": [{"staff": []}, {"apiKey": []}, {"player": []}, {"visitor": []}],
        "/v1/some": [{"staff": ["lead"]}, {"apiKey": ["a:read"]}],
        "/v1/both": [{"staff": ["lead"]}, {"apiKey": ["a:read"]}],
    }


def test_a_route_without_callers_is_open() -> None:
    """Nothing is checked there, and the document does not pretend it is."""
    route = next(one for one in _app().routes if getattr(one, "path", "") == "/v1/open")
    assert allowed_by(route.dependant) is None  # type: ignore[attr-defined]
