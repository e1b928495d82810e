"""Policies of brands."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update

from services.sla.domain.calendars import Calendar
from services.sla.domain.policies import Conditions, Draft, Policy, Source, Target
from services.sla.queries.calendars import CURRENT, HOURS, hours_from
from services.sla.queries.defaults import default_policies
from services.sla.queries.rows import Row
from services.sla.queries.standing import Standing, changed
from services.sla.tables import calendar_versions, calendars, policies
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


async def insert_policy(session: Session, brand: str, policy: Policy, *, now: datetime) -> None:
    """Store a new policy."""
    values = _values(policy.draft()) | {
        "id": policy.id, "brand": brand, "position": policy.position, "version": policy.version,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    await session.execute(insert(policies).values(values))
    changed(session)


async def update_policy(session: Session, brand: str, policy: Policy, *, now: datetime) -> None:
    """Store the next version of a policy."""
    values = _values(policy.draft()) | {"position": policy.position, "version": policy.version, "updated_at": now}
    await session.execute(update(policies).where(policies.c.brand == brand, policies.c.id == policy.id).values(values))
    changed(session)


def _values(draft: Draft) -> dict[str, object]:
    return {
        "name": draft.name,
        "active": draft.active,
        **{name: getattr(draft.conditions, name) for name in _CONDITIONS},
        "calendar_id": draft.calendar_id,
        "targets": {
            metric.value: {
                "warn_seconds": None if target.warn is None else target.warn.total_seconds(),
                "breach_seconds": target.breach.total_seconds(),
            }
            for metric, target in draft.targets.items()
        },
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


def _target(stored: Mapping[str, float | None]) -> Target:
    warn, breach = stored["warn_seconds"], stored["breach_seconds"]
    return Target(
        warn=None if warn is None else timedelta(seconds=warn),
        breach=timedelta(seconds=breach or 0),
    )
