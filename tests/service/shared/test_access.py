"""The document of each service says who may call a route; whoever it does not name is refused."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.ids import new_id
from shared.web.actor import ROLES, ActorKind
from tests.support.database import Cluster
from tests.support.service import RunningService, running_service

_SCOPES = {
    f"{what}:{deed}" for what in ("tickets", "chat", "sla", "complaints", "webhooks") for deed in ("read", "write")
} | {"audit:read"}


def _callers(service: RunningService, allowed: Mapping[str, list[str]]) -> Iterator[tuple[bool, dict[str, str]]]:
    """Yield whether somebody may call, and his headers: all roles, the scope and all others, players, visitors."""
    least = ROLES.index(next(iter(allowed.get("staff") or [ROLES[0]])))
    for place, role in enumerate(ROLES):
        yield "staff" in allowed and place >= least, service.actor(ActorKind.STAFF, "s-1", role=role)
    needed = set(allowed.get("apiKey", []))
    yield "apiKey" in allowed, service.actor(ActorKind.SERVER, "k-1", scopes=needed)
    yield "apiKey" in allowed and not needed, service.actor(ActorKind.SERVER, "k-1", scopes=_SCOPES - needed)
    yield "player" in allowed, service.actor(ActorKind.PLAYER, "p-1")
    yield "visitor" in allowed, service.actor(ActorKind.VISITOR, "v-1")


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, list[dict[str, list[str]]]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if path.startswith("/v1/"):
                yield method, path, operation["security"]


@pytest.mark.parametrize("name", ["tickets", "chat", "sla"])
async def test_who_is_not_named_is_refused_and_who_is_named_gets_through(postgres: Cluster, name: str) -> None:
    """Before anything else is looked at: nothing that is asked for here is there, and no body is right."""
    async with running_service(postgres, name) as service:
        operations = list(_operations(service.app.openapi()))
        assert len(operations) > 9
        for method, path, security in operations:
            allowed = {kind: needs for way in security for kind, needs in way.items()}
            assert allowed, path
            # Whom one follows a ticket for is looked at later: leads alone decide for others.
            url = re.sub(r"\{\w+\}", str(new_id()), path.replace("watchers/{staff_id}", "watchers/me"))
            for may, headers in _callers(service, allowed):
                answer = await service.http.request(method, url, json={}, headers=headers)
                refused = answer.status_code == 403 and answer.json()["code"] == "forbidden"
                assert refused is not may, (method, path, allowed, answer.status_code, answer.text)
