"""The settings of a queue as the HTTP API shows them."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.tickets.domain.patience import QueueSettings
from services.tickets.domain.people import CHAT_CAPACITY, MOST_CAPACITY
from services.tickets.schemas.people import Slots
from shared.contracts.base import Channel


class ReplaceQueueSettings(BaseModel):
    """How patient a brand's queue is; what is left out has its default."""

    model_config = ConfigDict(extra="forbid")

    silence_seconds: Annotated[
        int,
        Field(
            ge=30,
            le=3600,
            strict=True,
            description="a live chat is taken back from whoever says nothing for so long",
        ),
    ] = 180
    woken_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=1440,
            strict=True,
            description="a ticket that its player woke stays reserved for its holder, if he is there without room",
        ),
    ] = 10
    manager_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=1440,
            strict=True,
            description="a new ticket is its player's personal manager's for so long, then everybody's",
        ),
    ] = 5
    push_seconds: Annotated[
        int, Field(ge=1, le=60, strict=True, description="positions are told no more often than that")
    ] = 1
    capacity: dict[Channel, Slots] = Field(
        default_factory=dict,
        description="how many conversations people hold who have no limit of their own, by channel; "
        f"web {CHAT_CAPACITY} and others {MOST_CAPACITY} unless said",
    )

    def settings(self) -> QueueSettings:
        """Return them as the rules know them."""
        return QueueSettings(
            silence=timedelta(seconds=self.silence_seconds),
            sleeper=timedelta(minutes=self.woken_minutes),
            manager=timedelta(minutes=self.manager_minutes),
            push=timedelta(seconds=self.push_seconds),
            capacity={channel.value: slots for channel, slots in self.capacity.items()},
        )


class QueueSettingsView(BaseModel):
    """How patient a brand's queue is; `version` is the ETag, 0 the defaults."""

    version: int
    silence_seconds: int
    woken_minutes: int
    manager_minutes: int
    push_seconds: int
    capacity: dict[Channel, int]


def settings_shown(settings: QueueSettings) -> QueueSettingsView:
    """Return a brand's settings as the API shows them, with what counts for channels that are not named."""
    defaults = {channel: CHAT_CAPACITY if channel is Channel.WEB else MOST_CAPACITY for channel in Channel}
    return QueueSettingsView(
        version=settings.version,
        silence_seconds=int(settings.silence.total_seconds()),
        woken_minutes=int(settings.sleeper.total_seconds()) // 60,
        manager_minutes=int(settings.manager.total_seconds()) // 60,
        push_seconds=int(settings.push.total_seconds()),
        capacity=defaults | {Channel(name): slots for name, slots in settings.capacity.items()},
    )
