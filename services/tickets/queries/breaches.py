"""Broken promises that tickets have answered, and what is needed to take that back."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, and_, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.domain.taking_back import Answer, Asked, Since
from services.tickets.tables import breaches, timeline
from shared.contracts.base import AuthorKind
from shared.contracts.sla import ClockBreached, ClockKind, ClockWithdrawn
from shared.contracts.tickets import Priority
from shared.db.engine import Session

_ASKED = TypeAdapter(Asked)
_MOVES = ("assignee", "escalation", "escalation_accepted", "escalation_declined")
_PERSONS = (AuthorKind.STAFF.value, AuthorKind.SERVER.value)


async def first_breach(session: Session, brand: str, breach: ClockBreached) -> bool:
    """Remember a broken promise; False if this clock's breach is already known, or is known to be none."""
    return await _remember(session, brand, breach, breach.breached_at or breach.occurred_at) is not None


async def keep_answer(session: Session, brand: str, clock_id: UUID, answer: Answer) -> None:
    """Remember what a breach did to its locked ticket."""
    asked = None if answer.asked is None else _ASKED.dump_python(answer.asked, mode="json")
    values = asdict(answer) | {"kind": answer.kind.value, "priority": answer.priority.value, "asked": asked}
    await session.execute(update(breaches).where(_this(brand, clock_id)).values(values))


async def withdraw(session: Session, brand: str, withdrawn: ClockWithdrawn) -> Answer | None:
    """Remember that a breach was none, also if it is told only later; return what it did, the first time."""
    await _remember(session, brand, withdrawn, withdrawn.due_at)
    mark = (
        update(breaches)
        .where(_this(brand, withdrawn.clock_id), breaches.c.withdrawn_at.is_(None))
        .values(withdrawn_at=withdrawn.occurred_at)
        .returning(*breaches.c)
    )
    row = (await session.execute(mark)).first()
    return None if row is None or row.version is None else _answer_of(row)


async def answers_after(session: Session, brand: str, ticket_id: UUID, version: int) -> list[tuple[UUID, ClockKind]]:
    """Return the breaches that were answered after a version of the ticket and stand, oldest first."""
    standing = (
        select(breaches.c.clock_id, breaches.c.kind)
        .where(
            breaches.c.brand == brand,
            breaches.c.ticket_id == ticket_id,
            breaches.c.version > version,
            breaches.c.withdrawn_at.is_(None),
        )
        .order_by(breaches.c.version)
    )
    return [(row.clock_id, ClockKind(row.kind)) for row in await session.execute(standing)]


async def keep_priorities(session: Session, brand: str, before: Sequence[tuple[UUID, Priority]]) -> None:
    """Remember another priority as what it was before each of these breaches."""
    for clock_id, priority in before:
        await session.execute(update(breaches).where(_this(brand, clock_id)).values(priority=priority.value))


async def since(session: Session, brand: str, ticket_id: UUID, answer: Answer, *, by: str) -> Since:
    """Return what happened to a ticket after a breach that `by` answered."""
    what, later = timeline.c.change["what"].astext, timeline.c.version > answer.version
    moved = and_(later, what.in_(_MOVES))
    edited = and_(later, timeline.c.author_id != by, timeline.c.change["changes"].has_key("priority"))
    person = and_(later, timeline.c.author_kind.in_(_PERSONS), timeline.c.author_id.is_distinct_from(answer.holder_id))
    handed_up = func.count().filter(what == "escalation") - func.count().filter(what == "escalation_withdrawn")
    found = select(
        func.coalesce(func.bool_or(edited), false()).label("edited"),
        func.coalesce(func.bool_or(moved), false()).label("moved"),
        func.coalesce(func.bool_or(or_(moved, person)), false()).label("acted"),
        handed_up.label("handed_up"),
    ).where(timeline.c.brand == brand, timeline.c.ticket_id == ticket_id)
    row = (await session.execute(found)).one()
    return Since(row.edited, row.moved, row.acted, row.handed_up)


async def _remember(
    session: Session, brand: str, clock: ClockBreached | ClockWithdrawn, breached_at: datetime
) -> UUID | None:
    statement = (
        insert(breaches)
        .values(
            clock_id=clock.clock_id,
            brand=brand,
            ticket_id=clock.ticket_id,
            kind=clock.kind.value,
            breached_at=breached_at,
        )
        .on_conflict_do_nothing()
        .returning(breaches.c.clock_id)
    )
    added: UUID | None = (await session.execute(statement)).scalar()
    return added


def _this(brand: str, clock_id: UUID) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy
    return and_(breaches.c.brand == brand, breaches.c.clock_id == clock_id)


def _answer_of(row: Row[Any]) -> Answer:
    return Answer(
        kind=ClockKind(row.kind),
        version=row.version,
        priority=Priority(row.priority),
        holder_id=row.holder_id,
        escalated_at=row.escalated_at,
        asked=None if row.asked is None else _ASKED.validate_python(row.asked),
    )
