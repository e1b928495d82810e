"""What is promised to whom: for each metric the first fitting policy from the top that names it counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from services.sla.domain.calendars import Calendar, check_reach
from services.sla.domain.marks import BREACH, part_of, percent_of
from services.sla.domain.pauses import Pauses, pointless
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import BackOffice, Priority, ReasonClass
from shared.errors import DomainError, Kind

POLICIES_PER_BRAND: Final = 200
LAST_POSITION: Final = 10_000
LONGEST: Final = timedelta(days=366)
ANY_TIER: Final = "*"
WARNINGS: Final = 5


class PolicyNotFound(DomainError):
    """There is no such policy."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class PolicyReadOnly(DomainError):
    """The built-in policies cannot be edited; a policy of the brand stands above them."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TooManyPolicies(DomainError):
    """A brand cannot have more policies."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TargetInvalid(DomainError):
    """A target must warn before it breaches, within a year, and stand still only where it can also count."""

    kind: ClassVar[Kind] = Kind.INVALID


class PolicyPromisesNothing(DomainError):
    """A policy must name at least one target."""

    kind: ClassVar[Kind] = Kind.INVALID


class Source(StrEnum):
    """Who wrote a policy."""

    BRAND = "brand"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Target:
    """How long a deed may take: a broken promise after `breach`, a warning after `warn` or several before it.

    `warnings` are percents of the promise, rising. `pauses` say when it stands still; null: as is usual for its metric.
    """

    warn: timedelta | None
    breach: timedelta
    warnings: tuple[int, ...] = ()
    pauses: Pauses | None = None

    def warned_after(self) -> tuple[tuple[int, timedelta], ...]:
        """Return every percent at which somebody is warned, and after how long that is."""
        if self.warn is not None:
            return ((percent_of(self.breach, self.warn), self.warn),)
        return tuple((percent, part_of(self.breach, percent)) for percent in self.warnings)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which tickets a policy is for; null means any, the tier `*` any tier at all."""

    channel: Channel | None = None
    reason_class: ReasonClass | None = None
    priority: Priority | None = None
    tier: str | None = None
    language: str | None = None
    licence: str | None = None
    waiting_on: BackOffice | None = None

    def fit(self, subject: "Subject") -> bool:
        """True if every named condition holds."""
        return (
            self.channel in (None, subject.channel)
            and self.reason_class in (None, subject.reason_class)
            and self.priority in (None, subject.priority)
            and (self.tier in (None, subject.tier) or (self.tier == ANY_TIER and subject.tier is not None))
            and self.language in (None, subject.language)
            and self.licence in (None, subject.licence)
            and self.waiting_on in (None, subject.waiting_on)
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What policies look at in a ticket."""

    channel: Channel
    reason_class: ReasonClass | None
    priority: Priority
    tier: str | None = None
    language: str | None = None
    licence: str | None = None
    waiting_on: BackOffice | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person decides about a policy; without a calendar its promises count round the clock."""

    name: str
    position: int | None
    active: bool
    conditions: Conditions
    targets: Mapping[ClockKind, Target]
    calendar_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A row of promises; smaller positions are asked first, equal ones in the order of their creation."""

    id: UUID
    version: int
    name: str
    position: int
    source: Source
    active: bool = True
    conditions: Conditions = field(default_factory=Conditions)
    targets: Mapping[ClockKind, Target] = field(default_factory=dict)
    calendar: Calendar | None = None

    @property
    def calendar_id(self) -> UUID | None:
        """Return the calendar that the policy follows."""
        return None if self.calendar is None else self.calendar.id

    def draft(self) -> Draft:
        """Return the part of the policy that a person may edit."""
        return Draft(self.name, self.position, self.active, self.conditions, self.targets, self.calendar_id)


@dataclass(frozen=True, slots=True)
class Promise:
    """The target that counts for one metric, and the policy that named it with the calendar it follows."""

    policy_id: UUID
    policy_version: int
    target: Target
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A policy as it was from `created_at` on, and who made it so."""

    version: int
    draft: Draft
    edited_by: str | None
    created_at: datetime


def with_policy(policies: Iterable[Policy], policy: Policy) -> tuple[Policy, ...]:
    """Return the policies in asking order with one added, or changed if it is among them."""
    others = [one for one in policies if one.id != policy.id]
    own = [one for one in (*others, policy) if one.source is Source.BRAND]
    built_in = [one for one in others if one.source is Source.DEFAULT]
    return (*sorted(own, key=lambda one: (one.position, one.id)), *built_in)


def promise_for(policies: Iterable[Policy], metric: ClockKind, subject: Subject) -> Promise | None:
    """Return what is promised for `metric`: the first active fitting policy that names it decides."""
    for policy in policies:
        target = policy.targets.get(metric)
        if target is not None and policy.active and policy.conditions.fit(subject):
            return Promise(policy.id, policy.version, target, policy.calendar)
    return None


def check(draft: Draft, calendar: Calendar | None = None) -> None:
    """Refuse a policy that promises nothing, or a target that cannot be kept track of; the error names the field.

    `calendar` is the one that the draft names.
    """
    if not draft.targets:
        raise PolicyPromisesNothing(field="#/targets")
    for metric, target in draft.targets.items():
        at = f"#/targets/{metric.value}"
        _check_target(target, at)
        _check_warnings(target, f"{at}/warnings")
        if target.pauses is not None and pointless(metric, target.pauses):
            raise TargetInvalid("a back office is timed only while it is waited for", field=f"{at}/pauses")
    if calendar is not None:
        check_reach(calendar.hours, (target.breach for target in draft.targets.values()), field="#/calendar_id")


def _check_target(target: Target, at: str) -> None:
    if not timedelta(0) < target.breach <= LONGEST:
        raise TargetInvalid(
            f"breach_seconds must be above 0 and at most {LONGEST.days} days", field=f"{at}/breach_seconds"
        )
    if target.warn is None:
        return
    if target.warn <= timedelta(0):
        raise TargetInvalid("warn_seconds must be above 0", field=f"{at}/warn_seconds")
    if target.warn >= target.breach:
        raise TargetInvalid("warn_seconds must be below breach_seconds", field=f"{at}/warn_seconds")


def _check_warnings(target: Target, at: str) -> None:
    if target.warnings and target.warn is not None:
        raise TargetInvalid("a target has warn_seconds or warnings, not both", field=at)
    if len(target.warnings) > WARNINGS or not all(0 < percent < BREACH for percent in target.warnings):
        raise TargetInvalid(f"at most {WARNINGS} warnings, each of 1 to {BREACH - 1} percent", field=at)
    if list(target.warnings) != sorted(set(target.warnings)):
        raise TargetInvalid("warnings rise, and none comes twice", field=at)
