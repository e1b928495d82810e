"""One document from many: nothing lost, nothing internal shown."""

import json
from typing import Any

import pytest

from services.gateway.domain.openapi import merge_openapi


def document(path: str, schema: dict[str, object], **operation: object) -> dict[str, Any]:
    responses = {
        "200": {
            "description": "ok",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
        }
    }
    return {
        "openapi": "3.1.0",
        "paths": {
            path: {"get": {"operationId": "read", "responses": responses} | operation},
            "/health/live": {"get": {"responses": {}}},
        },
        "components": {"schemas": {"Thing": schema, "Problem": {"type": "object"}}},
    }


def test_paths_of_all_services_are_there_and_internal_ones_are_not() -> None:
    merged: Any = merge_openapi(
        {"b": document("/v1/b", {"type": "string"}), "a": document("/v1/a", {"type": "string"})}
    )
    assert list(merged["paths"]) == ["/v1/a", "/v1/b"]
    assert merged["paths"]["/v1/a"]["get"]["tags"] == ["a"]
    assert merged["paths"]["/v1/a"]["get"]["operationId"] == "a_read"
    assert set(merged["components"]["schemas"]) == {"Thing", "Problem"}


def test_schemas_of_one_name_and_two_contents_both_survive() -> None:
    merged: Any = merge_openapi(
        {"a": document("/v1/a", {"type": "string"}), "b": document("/v1/b", {"type": "integer"})}
    )
    schemas = merged["components"]["schemas"]
    assert (schemas["Thing"]["type"], schemas["b_Thing"]["type"]) == ("string", "integer")
    answer = merged["paths"]["/v1/b"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/b_Thing"}


def test_internal_headers_disappear_and_public_ones_stay() -> None:
    parameters = [
        {"in": "header", "name": name}
        for name in ("x-pitboss-actor", "X-Pitboss-Deadline-Ms", "Idempotency-Key", "X-Pitboss-Reason", "traceparent")
    ]
    merged: Any = merge_openapi({"a": document("/v1/a", {}, parameters=parameters)})
    names = [parameter["name"] for parameter in merged["paths"]["/v1/a"]["get"]["parameters"]]
    assert names == ["Idempotency-Key", "X-Pitboss-Reason"]


def test_every_operation_names_its_proofs_and_common_refusals() -> None:
    merged: Any = merge_openapi({"gateway": document("/v1/auth/token", {}), "a": document("/v1/a", {})})
    assert merged["paths"]["/v1/auth/token"]["get"]["security"] == []
    operation = merged["paths"]["/v1/a"]["get"]
    assert {next(iter(item)) for item in operation["security"]} == set(merged["components"]["securitySchemes"])
    assert {"401", "429", "503"} <= set(operation["responses"])


def test_two_services_cannot_describe_one_path() -> None:
    with pytest.raises(ValueError, match="two services"):
        merge_openapi({"a": document("/v1/a", {}), "b": document("/v1/a", {})})


def test_the_sources_are_left_alone() -> None:
    source = document("/v1/a", {"type": "string"})
    before = json.dumps(source)
    merge_openapi({"a": source, "b": document("/v1/b", {"type": "integer"})})
    assert json.dumps(source) == before
