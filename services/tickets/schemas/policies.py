"""Lifecycles as the HTTP API shows them."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.tickets.domain.lifecycle import BUILT_IN, DEFAULT, Lifecycle, LifecyclePolicy
from services.tickets.schemas.fields import left_out
from shared.contracts.base import Channel

_MOST_DAYS: Final = 3660
_NAMES: Final = frozenset({DEFAULT, *(channel.value for channel in Channel)})

Days = Annotated[int, Field(ge=0, le=_MOST_DAYS, strict=True)]
Seconds = Annotated[int, Field(ge=0, le=86_400, strict=True)]
Switch = Annotated[bool, Field(strict=True)]


class ChannelLifecycle(BaseModel):
    """Days since a ticket was resolved. Null: never closed by itself; reopened for ever."""

    model_config = ConfigDict(extra="forbid")

    auto_close_days: Days | None
    reopen_days: Days | None

    def lifecycle(self) -> Lifecycle:
        """Return it as the rules know it."""
        return Lifecycle(self.auto_close_days, self.reopen_days)


class ReplacePolicy(BaseModel):
    """The lifecycles of all channels: by channel, and under `default` for those that are not named."""

    model_config = ConfigDict(extra="forbid")

    channels: dict[str, ChannelLifecycle]
    acknowledge_complaints: Switch = Field(default_factory=left_out, description="left out: stays as it is")
    correct_within: Seconds = Field(
        default_factory=left_out,
        description="seconds in which staff correct or withdraw their own words; 0: never; left out: stays as it is",
    )

    def within(self) -> timedelta | None:
        """Return for how long staff correct their words, None if that stays as it is."""
        return timedelta(seconds=self.correct_within) if "correct_within" in self.model_fields_set else None

    @model_validator(mode="after")
    def _known(self) -> "ReplacePolicy":
        unknown = sorted(set(self.channels) - _NAMES)
        if unknown:
            message = f"channels are {', '.join(sorted(_NAMES))}, not {', '.join(unknown)}"
            raise ValueError(message)
        return self


class Policy(BaseModel):
    """What becomes of resolved tickets; `version` is the ETag, 0 the built-in policy."""

    version: int
    channels: dict[str, ChannelLifecycle]
    acknowledge_complaints: bool
    correct_within: int


def policy_of(policy: LifecyclePolicy) -> Policy:
    """Return a brand's policy; what counts for channels that are not named is always shown."""
    lifecycles = {DEFAULT: BUILT_IN, **policy.channels}
    channels = {
        name: ChannelLifecycle(auto_close_days=one.auto_close_days, reopen_days=one.reopen_days)
        for name, one in lifecycles.items()
    }
    return Policy(
        version=policy.version,
        channels=channels,
        acknowledge_complaints=policy.acknowledge_complaints,
        correct_within=int(policy.correct_within.total_seconds()),
    )
