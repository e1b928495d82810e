"""One OpenAPI document for the whole product, merged from the documents of its services."""

import copy
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from services.gateway.domain.routing import REASON_HEADER
from shared.directory import SIGNED_LINKS

Json: TypeAlias = dict[str, object]

_PROBLEM: Final = "application/problem+json"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_HIDDEN_HEADERS: Final = ("x-pitboss-", "x-internal-", "x-forwarded-", "traceparent")
_OPEN_PATHS: Final = frozenset({"/v1/auth/token", "/v1/auth/refresh", "/v1/auth/visitor"})
_OPEN_PREFIXES: Final = (SIGNED_LINKS,)


def _bearer(form: str, description: str) -> Json:
    return {"type": "http", "scheme": "bearer", "bearerFormat": form, "description": description}


_SECURITY_SCHEMES: Final[Mapping[str, Json]] = {
    "staff": _bearer("pbs_...", "Access token of a member of staff, from `POST /v1/auth/token`."),
    "apiKey": _bearer("pb_<env>_<keyid>_<secret>", "API key of an operator's server."),
    "player": _bearer("JWT", "Player token, signed by the operator with a player key of the brand."),
    "visitor": _bearer("pbv_...", "Visitor token, from `POST /v1/auth/visitor`."),
}
_EVERYWHERE: Final[Mapping[str, str]] = {
    "401": "`unauthenticated`: the credential is missing, unknown or expired",
    "429": "`quota-exceeded`: wait as `Retry-After` says",
    "503": "`service-unavailable`: try again as `Retry-After` says",
}


def merge_openapi(
    documents: Mapping[str, Json], *, title: str = "Pitboss", version: str = "1", server: str = "/"
) -> Json:
    """Return one document with the public paths of all `documents` (service name → its OpenAPI document).

    Only `/v1` paths are public. Schemas of the same name and content are shared; with other content they are
    renamed to `<service>_<name>`. Internal headers disappear; every operation can answer 401, 429 and 503.
    """
    schemas: Json = {}
    paths: Json = {}
    for service in sorted(documents):
        document = _with_unique_schemas(copy.deepcopy(documents[service]), service, schemas)
        schemas.update(_schemas_of(document))
        for path, item in _public_paths(document, service):
            if path in paths:
                message = f"{path} is described by two services"
                raise ValueError(message)
            paths[path] = item
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server}],
        "tags": [{"name": service} for service in sorted(documents)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": copy.deepcopy(dict(_SECURITY_SCHEMES)),
        },
    }


def _schemas_of(document: Json) -> Json:
    return _object(_object(document.get("components")).get("schemas"))


def _with_unique_schemas(document: Json, service: str, taken: Mapping[str, object]) -> Json:
    renamed = {
        name: f"{service}_{name}" for name, schema in _schemas_of(document).items() if taken.get(name, schema) != schema
    }
    if not renamed:
        return document
    references = {f"#/components/schemas/{old}": f"#/components/schemas/{new}" for old, new in renamed.items()}
    moved = _object(_replaced(document, references))
    components = _object(moved.get("components"))
    components["schemas"] = {
        renamed.get(name, name): schema for name, schema in _object(components.get("schemas")).items()
    }
    return moved


def _replaced(value: object, references: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {key: _replaced(item, references) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, references) for item in value]
    return references.get(value, value) if isinstance(value, str) else value


def _public_paths(document: Json, service: str) -> Iterator[tuple[str, Json]]:
    for path, item in _object(document.get("paths")).items():
        if path.startswith("/v1/"):
            for method, operation in _object(item).items():
                if method in _METHODS:
                    _make_public(_object(operation), service, path, method)
            yield path, _object(item)


def _make_public(operation: Json, service: str, path: str, method: str) -> None:
    """Change one operation in place from what a service sees to what the outside sees."""
    parameters = operation.get("parameters")
    if isinstance(parameters, list):
        operation["parameters"] = [parameter for parameter in parameters if not _is_internal(_object(parameter))]
    operation["tags"] = [service]
    operation["operationId"] = f"{service}_{operation.get('operationId') or method}"
    if path in _OPEN_PATHS or path.startswith(_OPEN_PREFIXES):
        operation["security"] = []
    operation.setdefault("security", [{name: []} for name in _SECURITY_SCHEMES])
    responses = _object(operation.setdefault("responses", {}))
    for status, description in _EVERYWHERE.items():
        responses.setdefault(status, _problem_response(description))


def _is_internal(parameter: Json) -> bool:
    name = str(parameter.get("name", "")).lower()
    return parameter.get("in") == "header" and name.startswith(_HIDDEN_HEADERS) and name != REASON_HEADER.decode()


def _problem_response(description: str) -> Json:
    return {"description": description, "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
