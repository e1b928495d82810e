"""The webhook portal as tests use it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeAlias
from uuid import UUID

import httpx
from standardwebhooks.webhooks import Webhook

from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import MessageAdded, MessageKind, TicketOpened
from shared.ids import new_id
from tests.support.service import RunningService
from tests.support.sinks import Call

KNOBS: Final[dict[str, Any]] = {
    "secrets_key": "a2V5IG9mIHRoZSB0ZXN0cywgdGhpcnR5LXR3byBieXQ=",
    "reply_token_key": "reply token key of the tests",
    "allow_loopback": True,
    "schedule_scale": 1e-5,
}
Start: TypeAlias = Callable[..., AbstractAsyncContextManager[RunningService]]
PATH: Final = "/v1/webhook-endpoints"


class Portal:
    """Calls the portal as a lead of one brand and remembers the secrets it was shown."""

    def __init__(self, service: RunningService, *, brand: str = "lucky") -> None:
        self.service = service
        self.headers = service.actor(role="lead", brand=brand)
        self.secrets: dict[str, str] = {}

    async def ask(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        """Return whatever the portal answers."""
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.service.http.request(method, f"{PATH}{path}", headers=headers, **more)

    async def add(self, url: str, **fields: object) -> dict[str, Any]:
        """Add an endpoint and return it."""
        answer = await self.ask("POST", json={"url": url, **fields})
        assert answer.status_code == 201, answer.text
        endpoint: dict[str, Any] = answer.json()
        self.secrets[endpoint["id"]] = endpoint["secret"]
        return endpoint

    async def get(self, path: str, **params: Any) -> Any:
        """Return what a GET that must succeed says."""
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def deliveries(self, endpoint_id: str, **params: Any) -> list[dict[str, Any]]:
        """Return an endpoint's deliveries, newest first."""
        page = await self.get(f"/{endpoint_id}/deliveries", **params)
        items: list[dict[str, Any]] = page["items"]
        return items

    async def states(self, endpoint_id: str) -> list[str]:
        """Return the states of an endpoint's deliveries, oldest first."""
        return [one["state"] for one in reversed(await self.deliveries(endpoint_id, limit=100))]

    async def change(self, endpoint_id: str, **fields: object) -> dict[str, Any]:
        """Edit the endpoint as it is now."""
        version = (await self.get(f"/{endpoint_id}"))["version"]
        answer = await self.ask("PATCH", f"/{endpoint_id}", json=fields, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = answer.json()
        return changed

    def verify(self, endpoint_id: str, call: Call) -> Any:
        """Verify a call with the independent library and return its body."""
        return Webhook(self.secrets[endpoint_id]).verify(call.body, dict(call.headers))


def opened(ticket_id: UUID | None = None) -> TicketOpened:
    """Return the fact that a ticket was opened."""
    id_ = ticket_id or new_id()
    sample = TicketOpened.sample()
    return sample.model_copy(update={"ticket_id": id_, "ticket": sample.ticket.model_copy(update={"id": id_})})


def message(ticket_id: UUID, text: str = "hello", **more: object) -> MessageAdded:
    """Return the fact that a player's message was added, unless `more` says otherwise."""
    sample = MessageAdded.sample()
    fields: dict[str, object] = {
        "ticket_id": ticket_id,
        "ticket": sample.ticket.model_copy(update={"id": ticket_id}),
        "message_id": new_id(),
        "kind": MessageKind.MESSAGE,
        "author": Author(kind=AuthorKind.PLAYER, id="p-1"),
        "text": text,
        "live": False,
    }
    return sample.model_copy(update={**fields, **more})
