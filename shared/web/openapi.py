"""Makes FastAPI's document say what is really answered: problem documents instead of its own error shapes."""

from collections.abc import Iterator, Mapping
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from shared.web.access import allowed_by
from shared.web.problems import MEDIA_TYPE, Problem, problem_response

_COMMON: Final[Mapping[str, str]] = {
    "401": "`unauthenticated`: the caller is not known",
    "403": "`forbidden`: the caller may not do this",
    "413": "`body-too-large`: the body is larger than allowed",
    "503": "`database-unavailable`, `overloaded`: try again after Retry-After",
    "504": "`deadline-exceeded`: the request took too long; repeat it with the same Idempotency-Key",
}
# What the guards behind a parameter may answer, so that no route has to repeat it.
_BY_PARAMETER: Final[Mapping[str, Mapping[str, str]]] = {
    "cursor": {"400": "`cursor-invalid`: the cursor was not issued for this list"},
    "idempotency-key": {
        "400": "`idempotency-key-missing`, `idempotency-key-malformed`: servers must send a well-formed key",
        "409": "`request-in-progress`: a request with this key is still running; `answer-lost`: it was carried out, "
        "but its answer can no longer be repeated",
        "422": "`idempotency-key-reused`: the key came with another request",
    },
    "if-match": {
        "400": "`if-match-malformed`: If-Match is not an entity tag as given in ETag",
        "412": "`stale`: the resource has changed since it was read",
        "428": "`if-match-missing`: an edit needs If-Match",
    },
}
_OWN_SHAPES: Final = ("HTTPValidationError", "ValidationError")


def install_openapi(app: FastAPI) -> None:
    """Replace the app's document generator; the document is made once."""

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, object]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {}).setdefault("schemas", {})
    for shape in _OWN_SHAPES:
        components.pop(shape, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(problem.pop("$defs", {}))
    components["Problem"] = problem
    _say_who_may_call(app, document)
    for operation in _operations(document):
        _complete(operation)
    return document


def _say_who_may_call(app: FastAPI, document: Mapping[str, object]) -> None:
    """Put on each operation which callers its route lets through, as its own dependencies check it."""
    paths = document.get("paths")
    for route in app.routes:
        item = paths.get(route.path_format) if isinstance(paths, dict) and isinstance(route, APIRoute) else None
        if item is None or not isinstance(route, APIRoute):
            continue
        allowed = allowed_by(route.dependant)
        for method in route.methods or ():
            item[method.lower()]["security"] = [] if allowed is None else allowed.security()


def _operations(document: Mapping[str, object]) -> Iterator[dict[str, dict[str, object]]]:
    paths = document.get("paths")
    for item in paths.values() if isinstance(paths, dict) else ():
        for operation in item.values():
            if isinstance(operation, dict) and "responses" in operation:
                yield operation


def _complete(operation: dict[str, dict[str, object]]) -> None:
    responses = operation["responses"]
    if "422" in responses:
        responses["422"] = problem_response("The request does not have the expected shape; `errors` names each field")
    for status, text in [*_guarded(operation), *_COMMON.items()]:
        responses.setdefault(status, problem_response(text))
    for status, response in responses.items():
        if status >= "400" and isinstance(response, dict):
            response.setdefault("content", {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}})


def _guarded(operation: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what the guards of an operation's parameters may answer."""
    parameters = operation.get("parameters")
    for parameter in parameters if isinstance(parameters, list) else ():
        yield from _BY_PARAMETER.get(str(parameter["name"]).lower(), {}).items()
