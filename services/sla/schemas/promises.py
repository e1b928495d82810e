"""HTTP shapes of policies; durations are seconds on the wire."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.sla.domain.pauses import Pause
from services.sla.domain.policies import LAST_POSITION, LONGEST, WARNINGS, Conditions, Draft, Policy, Source, Target
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import BackOffice, Priority, ReasonClass

Seconds = Annotated[float, Field(gt=0, le=LONGEST.total_seconds(), allow_inf_nan=False, strict=True)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")
]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]
CalendarId = Annotated[
    UUID | None, Field(description="promises count in its opening hours only; null: round the clock")
]
Percent = Annotated[int, Field(ge=1, le=99, strict=True)]
Warnings = Annotated[
    list[Percent],
    Field(max_length=WARNINGS, description="percents of the promise, rising; in place of `warn_seconds`"),
]
Pauses = Annotated[
    list[Pause] | None,
    Field(
        max_length=len(Pause),
        description="when it stands still; an empty list: never; null: as is usual for its metric "
        "(resolution: pending, waiting, snoozed, bot; periodic_update: pending, snoozed; the others: never)",
    ),
]
Position = Annotated[int, Field(ge=1, le=LAST_POSITION, strict=True, description="smaller positions are asked first")]


class PolicyConditions(BaseModel):
    """Which tickets a policy is for; null means any."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel | None = None
    reason_class: ReasonClass | None = None
    priority: Priority | None = None
    tier: Annotated[Word | None, Field(description="the player's VIP tier; `*`: any tier at all")] = None
    language: Word | None = None
    licence: Word | None = None
    waiting_on: BackOffice | None = None

    def value(self) -> Conditions:
        """Return the conditions as the rules know them."""
        return Conditions(**self.model_dump())


class PolicyTarget(BaseModel):
    """How long a deed may take; without `warn_seconds` and `warnings` nobody is warned."""

    model_config = ConfigDict(extra="forbid")

    warn_seconds: Seconds | None = None
    breach_seconds: Seconds
    warnings: Warnings = []
    pauses: Pauses = None

    def value(self) -> Target:
        """Return the target as the rules know it."""
        warn = None if self.warn_seconds is None else timedelta(seconds=self.warn_seconds)
        pauses = None if self.pauses is None else frozenset(self.pauses)
        return Target(warn, timedelta(seconds=self.breach_seconds), tuple(self.warnings), pauses)


class PolicyTargets(BaseModel):
    """What is promised, metric by metric; a metric that is null or absent is left to the policies below."""

    model_config = ConfigDict(extra="forbid")

    first_response: PolicyTarget | None = None
    next_response: PolicyTarget | None = None
    resolution: PolicyTarget | None = None
    senior_accepts: PolicyTarget | None = None
    back_office: PolicyTarget | None = None
    periodic_update: PolicyTarget | None = None

    def named(self) -> dict[ClockKind, Target | None]:
        """Return the metrics the caller named, null ones included."""
        named = {ClockKind(field): getattr(self, field) for field in self.model_fields_set}
        return {metric: None if target is None else target.value() for metric, target in named.items()}

    def value(self) -> dict[ClockKind, Target]:
        """Return the targets as the rules know them."""
        return {metric: target for metric, target in self.named().items() if target is not None}


class NewPolicy(BaseModel):
    """A policy to add."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    position: Position | None = None
    active: bool = True
    conditions: PolicyConditions = PolicyConditions()
    targets: PolicyTargets
    calendar_id: CalendarId = None

    def draft(self) -> Draft:
        """Return the policy as a person's decision."""
        conditions, targets = self.conditions.value(), self.targets.value()
        return Draft(self.name, self.position, self.active, conditions, targets, self.calendar_id)


class PolicyEdit(BaseModel):
    """What to change (RFC 7396): what is absent stays, a condition, metric or calendar that is null goes."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    position: Position | None = None
    active: bool | None = None
    conditions: PolicyConditions | None = None
    targets: PolicyTargets | None = None
    calendar_id: CalendarId = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            message = "an edit must name at least one field"
            raise ValueError(message)
        return self

    def revise(self, draft: Draft) -> Draft:
        """Return the policy after the edit."""
        return Draft(
            name=draft.name if self.name is None else self.name,
            position=draft.position if self.position is None else self.position,
            active=draft.active if self.active is None else self.active,
            conditions=self._conditions(draft.conditions),
            targets=self._targets(draft),
            calendar_id=self.calendar_id if "calendar_id" in self.model_fields_set else draft.calendar_id,
        )

    def _conditions(self, before: Conditions) -> Conditions:
        if self.conditions is None:
            return before
        wanted = self.conditions.value()
        return replace(before, **{field: getattr(wanted, field) for field in self.conditions.model_fields_set})

    def _targets(self, before: Draft) -> dict[ClockKind, Target]:
        merged = {**before.targets, **({} if self.targets is None else self.targets.named())}
        return {metric: target for metric, target in merged.items() if target is not None}


class PolicyView(BaseModel):
    """A policy; `source` is `brand` for the brand's own and `default` for the built-in ones, which cannot be edited."""

    id: UUID
    version: int
    name: str
    position: int
    source: Source
    active: bool
    conditions: PolicyConditions
    targets: PolicyTargets
    calendar_id: UUID | None

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Return the view of a policy."""
        return cls(
            id=policy.id,
            version=policy.version,
            name=policy.name,
            position=policy.position,
            source=policy.source,
            active=policy.active,
            conditions=PolicyConditions.model_validate(asdict(policy.conditions)),
            targets=PolicyTargets(**{metric.value: target_view(target) for metric, target in policy.targets.items()}),
            calendar_id=policy.calendar_id,
        )


def target_view(target: Target) -> PolicyTarget:
    """Return the view of a target."""
    warn = None if target.warn is None else target.warn.total_seconds()
    pauses = None if target.pauses is None else sorted(target.pauses)
    breach, warnings = target.breach.total_seconds(), list(target.warnings)
    return PolicyTarget(warn_seconds=warn, breach_seconds=breach, warnings=warnings, pauses=pauses)
