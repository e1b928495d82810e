"""HTTP shapes of what a change of a policy does to open tickets, and of the versions of policies."""

from dataclasses import asdict
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from services.sla.domain.policies import Version
from services.sla.schemas.promises import NewPolicy, PolicyConditions, PolicyEdit, PolicyTargets, target_view
from services.sla.use_cases.rehearsing import Applied, Rehearsal
from shared.contracts.sla import ClockKind


class DryRun(BaseModel):
    """A change to try: `draft` is a new policy, or `policy_id` an existing one and `changes` its edit."""

    model_config = ConfigDict(extra="forbid")

    draft: NewPolicy | None = None
    policy_id: UUID | None = None
    changes: PolicyEdit | None = None

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        edit = self.policy_id is not None and self.changes is not None
        if (self.draft is None) != edit or (self.draft is not None and self.policy_id is not None):
            message = "give either draft, or policy_id and changes"
            raise ValueError(message)
        return self


class ShiftView(BaseModel):
    """An open clock whose due time would change; it is due at once where `would_breach`."""

    ticket_id: UUID
    clock_id: UUID
    kind: ClockKind
    old_due_at: datetime
    new_due_at: datetime | None
    would_breach: bool


class RehearsalView(BaseModel):
    """How many open tickets and clocks a change would touch, and the first hundred clocks.

    `complete` is false if there are so many open tickets that only the oldest were examined.
    """

    tickets: int
    clocks: int
    shifts: list[ShiftView]
    complete: bool

    @classmethod
    def of(cls, rehearsal: Rehearsal) -> Self:
        """Return the view of a rehearsal."""
        return cls.model_validate(asdict(rehearsal))


class Application(BaseModel):
    """Where to go on; the first batch needs nothing."""

    model_config = ConfigDict(extra="forbid")

    after: UUID | None = None


class ApplicationView(BaseModel):
    """What one batch changed; repeat with `after` = `next_after` until that is null."""

    tickets: int
    clocks: int
    next_after: UUID | None

    @classmethod
    def of(cls, applied: Applied) -> Self:
        """Return the view of a batch."""
        return cls.model_validate(asdict(applied))


class PolicyVersion(BaseModel):
    """A policy as it was from `created_at` on, and who made it so."""

    version: int
    name: str
    position: int | None
    active: bool
    conditions: PolicyConditions
    targets: PolicyTargets
    calendar_id: UUID | None
    edited_by: str | None
    created_at: datetime

    @classmethod
    def of(cls, version: Version) -> Self:
        """Return the view of a version."""
        draft = version.draft
        return cls(
            version=version.version,
            name=draft.name,
            position=draft.position,
            active=draft.active,
            conditions=PolicyConditions.model_validate(asdict(draft.conditions)),
            targets=PolicyTargets(**{metric.value: target_view(target) for metric, target in draft.targets.items()}),
            calendar_id=draft.calendar_id,
            edited_by=version.edited_by,
            created_at=version.created_at,
        )
