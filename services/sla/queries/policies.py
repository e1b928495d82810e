"""Policies of brands."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from services.sla.domain.calendars import Calendar
from services.sla.domain.pauses import Pause
from services.sla.domain.policies import Conditions, Draft, Policy, Source, Target, Version
from services.sla.queries.calendars import CURRENT, HOURS, hours_from
from services.sla.queries.defaults import default_policies
from services.sla.queries.rows import Row
from services.sla.queries.standing import Standing, changed
from services.sla.tables import calendar_versions, calendars, policies, policy_versions
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import BackOffice, Priority, ReasonClass
from shared.db.engine import Session
from shared.db.fixed import Fixed

_CONDITIONS: Final = tuple(field.name for field in fields(Conditions))
_KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    "channel": Channel,
    "reason_class": ReasonClass,
    "priority": Priority,
    "waiting_on": BackOffice,
}
_POLICIES: Final = (
    select(
        policies,
        calendars.c.version.label("calendar_version"),
        calendar_versions.c.name.label("calendar_name"),
        HOURS,
    )
    .outerjoin(calendars, calendars.c.id == policies.c.calendar_id)
    .outerjoin(calendar_versions, CURRENT)
)


_OWN: Final = Fixed(
    _POLICIES.where(policies.c.brand == bindparam("brand")).order_by(policies.c.position, policies.c.id)
)
_STANDING: Final = Standing[tuple[Policy, ...]]()


async def policies_of(session: Session, brand: str) -> tuple[Policy, ...]:
    """Return every policy that counts for `brand`, in asking order: its own, then the built-in ones."""
    own = tuple(_policy(row) for row in await _OWN.rows(session, {"brand": brand}))
    return own + default_policies()


async def standing_policies(session: Session, brand: str) -> tuple[Policy, ...]:
    """Return the same as `policies_of`, for events: as it was at most a second ago if another process edited it."""
    return await _STANDING.find(session, brand, policies_of)


async def policy_of(session: Session, brand: str, policy_id: UUID, *, lock: bool = False) -> Policy | None:
    """Return one policy that counts for `brand`; `lock` keeps others from editing it until the transaction ends."""
    for policy in default_policies():
        if policy.id == policy_id:
            return policy
    chosen = (policies.c.brand == brand, policies.c.id == policy_id)
    if lock:
        # Apart from reading: a row that changed while it was waited for would no longer meet its calendar.
        await session.execute(select(policies.c.id).where(*chosen).with_for_update())
    row = (await session.execute(_POLICIES.where(*chosen))).mappings().one_or_none()
    return None if row is None else _policy(row)


async def followers_of(session: Session, brand: str, calendar_id: UUID) -> Sequence[Policy]:
    """Return the policies of `brand` that follow a calendar."""
    statement = _POLICIES.where(policies.c.brand == brand, policies.c.calendar_id == calendar_id)
    return [_policy(row) for row in (await session.execute(statement)).mappings()]


async def places(session: Session, brand: str) -> tuple[int, int]:
    """Return how many policies `brand` has and the last position among them."""
    statement = select(func.count(), func.coalesce(func.max(policies.c.position), 0)).where(policies.c.brand == brand)
    row = (await session.execute(statement)).one()
    return int(row[0]), int(row[1])


async def insert_policy(session: Session, brand: str, policy: Policy, *, editor: str | None, now: datetime) -> None:
    """Store a new policy."""
    values = _values(policy.draft()) | {
        "id": policy.id, "brand": brand, "position": policy.position, "version": policy.version,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    await session.execute(insert(policies).values(values))
    await _keep_version(session, brand, policy, editor, now)
    changed(session)


async def update_policy(session: Session, brand: str, policy: Policy, *, editor: str | None, now: datetime) -> None:
    """Store the next version of a policy."""
    values = _values(policy.draft()) | {"position": policy.position, "version": policy.version, "updated_at": now}
    await session.execute(update(policies).where(policies.c.brand == brand, policies.c.id == policy.id).values(values))
    await _keep_version(session, brand, policy, editor, now)
    changed(session)


async def versions_of(
    session: Session, brand: str, policy_id: UUID, *, before: int | None, limit: int
) -> Sequence[Version]:
    """Return up to `limit + 1` versions of a policy that are older than `before`, newest first."""
    table = policy_versions
    chosen = [table.c.brand == brand, table.c.policy_id == policy_id]
    if before is not None:
        chosen.append(table.c.version < before)
    statement = select(table).where(*chosen).order_by(table.c.version.desc()).limit(limit + 1)
    return [_version(row) for row in (await session.execute(statement)).mappings()]


async def _keep_version(session: Session, brand: str, policy: Policy, editor: str | None, now: datetime) -> None:
    kept = _values(policy.draft())
    kept |= {"position": policy.position, "calendar_id": str(policy.calendar_id) if policy.calendar_id else None}
    values = {
        "policy_id": policy.id, "version": policy.version, "brand": brand, "policy": kept, "edited_by": editor,
        "created_at": now,
    }  # fmt: skip
    await session.execute(insert(policy_versions).values(values))


def _version(row: Row) -> Version:
    kept = row["policy"]
    draft = Draft(
        name=kept["name"],
        position=kept["position"],
        active=kept["active"],
        conditions=Conditions(**{name: _condition(name, kept[name]) for name in _CONDITIONS}),
        targets={ClockKind(metric): _target(target) for metric, target in kept["targets"].items()},
        calendar_id=None if kept["calendar_id"] is None else UUID(kept["calendar_id"]),
    )
    return Version(row["version"], draft, row["edited_by"], row["created_at"])


def _values(draft: Draft) -> dict[str, object]:
    return {
        "name": draft.name,
        "active": draft.active,
        **{name: getattr(draft.conditions, name) for name in _CONDITIONS},
        "calendar_id": draft.calendar_id,
        "targets": {metric.value: _target_values(target) for metric, target in draft.targets.items()},
    }


def _target_values(target: Target) -> dict[str, object]:
    return {
        "warn_seconds": None if target.warn is None else target.warn.total_seconds(),
        "breach_seconds": target.breach.total_seconds(),
        "warnings": list(target.warnings),
        "pauses": None if target.pauses is None else sorted(target.pauses),
    }


def _policy(columns: Row) -> Policy:
    return Policy(
        id=columns["id"],
        version=columns["version"],
        name=columns["name"],
        position=columns["position"],
        source=Source.BRAND,
        active=columns["active"],
        conditions=Conditions(**{name: _condition(name, columns[name]) for name in _CONDITIONS}),
        targets={ClockKind(metric): _target(target) for metric, target in _targets(columns["targets"])},
        calendar=_calendar(columns),
    )


def _condition(name: str, stored: str | None) -> Any:  # noqa: ANN401 - a word of the kind that the condition has
    return stored if stored is None or name not in _KINDS else _KINDS[name](stored)


def _targets(stored: str | Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Return the stored targets; the driver gives them as text."""
    found: Mapping[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
    return found.items()


def _calendar(columns: Row) -> Calendar | None:
    if columns["calendar_id"] is None:
        return None
    hours = hours_from(columns["calendar_hours"])
    return Calendar(columns["calendar_id"], columns["calendar_version"], columns["calendar_name"], hours)


def _target(stored: Mapping[str, Any]) -> Target:
    """Return a stored target; older ones name neither several warnings nor pauses."""
    warn, pauses = stored["warn_seconds"], stored.get("pauses")
    return Target(
        warn=None if warn is None else timedelta(seconds=warn),
        breach=timedelta(seconds=stored["breach_seconds"]),
        warnings=tuple(stored.get("warnings", ())),
        pauses=None if pauses is None else frozenset(Pause(pause) for pause in pauses),
    )
