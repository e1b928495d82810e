"""Facts about deliveries to operators and outside channels, told by notifications."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Channel, Event
from shared.contracts.looks import PlayerDataRead


class DeliveryExhausted(Event):
    """A webhook delivery failed for the last time; it can be replayed."""

    type: ClassVar[str] = "notifications.delivery.exhausted.v1"
    aggregate: ClassVar[str] = "delivery_id"

    delivery_id: UUID
    endpoint_id: UUID
    webhook_id: str
    attempts: int
    exhausted_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            delivery_id=SAMPLE_ID,
            endpoint_id=SAMPLE_ID,
            webhook_id=str(SAMPLE_ID),
            attempts=10,
            exhausted_at=SAMPLE_TIME,
        )


class EndpointDisabled(Event):
    """A webhook endpoint was switched off after days of failures or an answer 410."""

    type: ClassVar[str] = "notifications.endpoint.disabled.v1"
    aggregate: ClassVar[str] = "endpoint_id"

    endpoint_id: UUID
    url: str
    reason: str
    disabled_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(endpoint_id=SAMPLE_ID, url="https://ops.lucky.example/hook", reason="gone", disabled_at=SAMPLE_TIME)


class EndpointRecovered(Event):
    """A webhook endpoint that had been switched off or was failing answers again."""

    type: ClassVar[str] = "notifications.endpoint.recovered.v1"
    aggregate: ClassVar[str] = "endpoint_id"

    endpoint_id: UUID
    url: str
    recovered_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(endpoint_id=SAMPLE_ID, url="https://ops.lucky.example/hook", recovered_at=SAMPLE_TIME)


class MessageDispatched(Event):
    """An answer left for the player's channel, or failed for good; `provider_id` is the e-mail's Message-ID."""

    type: ClassVar[str] = "notifications.message.dispatched.v1"
    aggregate: ClassVar[str] = "message_id"

    message_id: UUID
    ticket_id: UUID
    channel: Channel
    outcome: str
    provider_id: str | None = None
    detail: str | None = None
    dispatched_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            message_id=SAMPLE_ID,
            ticket_id=SAMPLE_ID,
            channel=Channel.EMAIL,
            outcome="sent",
            provider_id="<o-1@lucky.example>",
            dispatched_at=SAMPLE_TIME,
        )


class DeliveriesRead(PlayerDataRead):
    """Staff or a server saw what was sent to webhook endpoints, or changed them."""

    type: ClassVar[str] = "notifications.player_data.read.v1"
    aggregate: ClassVar[str] = "read_id"
