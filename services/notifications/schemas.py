"""HTTP shapes of the webhook portal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Row

from services.notifications.domain.catalogue import SUBSCRIBABLE
from services.notifications.domain.health import BREAKER_FAILURES
from services.notifications.domain.signing import webhook_id

EndpointState = Literal["enabled", "paused", "disabled"]
DeliveryStateName = Literal["pending", "delivered", "exhausted", "skipped"]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://ops.lucky.example/pitboss"])]
Description = Annotated[str, Field(max_length=200)]
Events = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(min_length=1, max_length=32, description=f"public types, or `*` for all: {', '.join(SUBSCRIBABLE)}"),
]
_Names = Annotated[list[UUID], Field(min_length=1, max_length=100)]
_WebhookIds = Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=100)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewEndpoint(_Input):
    """A webhook endpoint to add."""

    url: Url
    description: Description = ""
    events: Events = ["*"]
    ordered: Annotated[
        bool, Field(description="one at a time per ticket, in order; a failing one holds up its ticket")
    ] = False
    include_content: Annotated[bool, Field(description="also send words, names and subjects")] = False
    state: Literal["enabled", "paused"] = "enabled"


class EndpointChanges(_Input):
    """What to change; absent fields stay."""

    url: Url | None = None
    description: Description | None = None
    events: Events | None = None
    ordered: bool | None = None
    include_content: bool | None = None
    state: EndpointState | None = None

    def changed(self) -> dict[str, object]:
        """Return the fields that were given."""
        return self.model_dump(exclude_none=True)


class EndpointHealth(BaseModel):
    """How the endpoint fares: failures in a row, since when, and whether only probes are sent."""

    failures: int
    failing_since: datetime | None
    probing: bool


class Endpoint(BaseModel):
    """A webhook endpoint; its secret is shown only when it is made."""

    id: UUID
    url: str
    description: str
    events: list[str]
    ordered: bool
    include_content: bool
    api_version: str
    state: EndpointState
    disabled_reason: str | None
    health: EndpointHealth
    previous_secret_until: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]], **more: object) -> Self:
        """Return what the API shows of a row."""
        failures = row.failures
        health = EndpointHealth(
            failures=failures, failing_since=row.failing_since_at, probing=failures >= BREAKER_FAILURES
        )
        values = {name: getattr(row, name) for name in Endpoint.model_fields if hasattr(row, name)}
        return cls.model_validate({**values, "health": health, "previous_secret_until": row.previous_until_at, **more})


class EndpointWithSecret(Endpoint):
    """An endpoint and its new secret, which is not shown again."""

    secret: str


class DeliveryAttempt(BaseModel):
    """One attempt; `error` is null after an answer 2xx."""

    number: int
    attempted_at: datetime
    latency_ms: int
    status: int | None
    error: str | None


class FullAttempt(DeliveryAttempt):
    """One attempt with the first 16 KiB of the answer."""

    response: str


class Delivery(BaseModel):
    """One fact for one endpoint; `webhook_id` stays the same over attempts and replays."""

    id: UUID
    endpoint_id: UUID
    webhook_id: str
    type: str
    aggregate_id: str
    state: DeliveryStateName
    attempts: list[DeliveryAttempt]
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]], attempts: Sequence[Row[*tuple[Any, ...]]], **more: object) -> Self:
        """Return what the API shows of a row and its attempts."""
        is_waiting = row.state == "pending" and row.lease_token is None
        values = {name: getattr(row, name) for name in Delivery.model_fields if hasattr(row, name)}
        derived = {
            "webhook_id": webhook_id(row.event_id),
            "attempts": [_attempt(one) for one in attempts],
            "next_attempt_at": row.next_at if is_waiting else None,
        }
        return cls.model_validate({**values, **derived, **more})


class FullDelivery(Delivery):
    """One delivery with its attempts and the body that is sent."""

    attempts: list[FullAttempt]  # type: ignore[assignment] # a longer form of the same list
    body: str


class Replay(_Input):
    """What to send again: named deliveries (finished ones, delivered or not), or a range of at most seven days."""

    delivery_ids: _Names | None = None
    webhook_ids: _WebhookIds | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    only_failed: Annotated[bool, Field(description="of a range, only what was not delivered")] = True


class Replayed(BaseModel):
    """How many deliveries go out again, ten a second; if not `complete`, ask once more for the rest."""

    replayed: int
    complete: bool


def _attempt(row: Row[*tuple[Any, ...]]) -> dict[str, object]:
    return {**row._mapping, "response": bytes(row.response).decode("utf-8", "replace")}  # noqa: SLF001 - SQLAlchemy's name
