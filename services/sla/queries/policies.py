"""Policies of brands."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from services.sla.domain.policies import Conditions, Draft, Policy, Source, Target
from services.sla.queries.defaults import default_policies
from services.sla.tables import policies
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import Priority, ReasonClass
from shared.db.engine import Session


async def policies_of(session: Session, brand: str) -> tuple[Policy, ...]:
    """Return every policy that counts for `brand`, in asking order: its own, then the built-in ones."""
    statement = select(policies).where(policies.c.brand == brand).order_by(policies.c.position, policies.c.id)
    own = tuple(_policy(row) for row in await session.execute(statement))
    return own + default_policies()


async def policy_of(session: Session, brand: str, policy_id: UUID, *, lock: bool = False) -> Policy | None:
    """Return one policy that counts for `brand`; `lock` keeps others from editing it until the transaction ends."""
    for policy in default_policies():
        if policy.id == policy_id:
            return policy
    statement = select(policies).where(policies.c.brand == brand, policies.c.id == policy_id)
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else _policy(row)


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


async def update_policy(session: Session, brand: str, policy: Policy, *, now: datetime) -> None:
    """Store the next version of a policy."""
    values = _values(policy.draft()) | {"position": policy.position, "version": policy.version, "updated_at": now}
    await session.execute(update(policies).where(policies.c.brand == brand, policies.c.id == policy.id).values(values))


def _values(draft: Draft) -> dict[str, object]:
    return {
        "name": draft.name,
        "active": draft.active,
        "channel": draft.conditions.channel,
        "reason_class": draft.conditions.reason_class,
        "priority": draft.conditions.priority,
        "targets": {
            metric.value: {
                "warn_seconds": None if target.warn is None else target.warn.total_seconds(),
                "breach_seconds": target.breach.total_seconds(),
            }
            for metric, target in draft.targets.items()
        },
    }


def _policy(row: Row[tuple[object, ...]]) -> Policy:
    columns = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return Policy(
        id=columns["id"],
        version=columns["version"],
        name=columns["name"],
        position=columns["position"],
        source=Source.BRAND,
        active=columns["active"],
        conditions=Conditions(
            channel=Channel(columns["channel"]) if columns["channel"] else None,
            reason_class=ReasonClass(columns["reason_class"]) if columns["reason_class"] else None,
            priority=Priority(columns["priority"]) if columns["priority"] else None,
        ),
        targets={ClockKind(metric): _target(target) for metric, target in columns["targets"].items()},
    )


def _target(stored: Mapping[str, float | None]) -> Target:
    warn, breach = stored["warn_seconds"], stored["breach_seconds"]
    return Target(
        warn=None if warn is None else timedelta(seconds=warn),
        breach=timedelta(seconds=breach or 0),
    )
