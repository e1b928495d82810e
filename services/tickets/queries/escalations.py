"""Which senior is asked to take a ticket on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.tickets.domain.taking_back import Asked
from services.tickets.tables import escalations, ticket_clocks, tickets
from shared.contracts.sla import ClockKind, ClockState
from shared.db.engine import Session


async def asked_of(session: Session, brand: str, ticket_id: UUID) -> Asked | None:
    """Return who is asked about a locked ticket, None if nobody has to accept it."""
    mine = (escalations.c.brand == brand, escalations.c.ticket_id == ticket_id)
    row = (await session.execute(select(escalations).where(*mine))).first()
    return None if row is None else Asked(row.senior_id, row.cause, tuple(row.declined), row.asked_at)


async def ask(
    session: Session,
    brand: str,
    ticket_id: UUID,
    *,
    senior_id: str | None,
    cause: str,
    declined: Sequence[str],
    asked_at: datetime,
) -> None:
    """Remember who is asked now; a new escalation replaces the one before."""
    values = {"senior_id": senior_id, "cause": cause, "declined": list(declined), "asked_at": asked_at}
    statement = insert(escalations).values(brand=brand, ticket_id=ticket_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[escalations.c.ticket_id], set_=values))


@dataclass(frozen=True, slots=True)
class Ask:
    """A ticket that a senior is asked to take on; `due_at` is when he is passed over, None while no promise runs."""

    ticket_id: UUID
    number: str
    subject: str
    priority: str
    assignee_id: str | None
    cause: str
    asked_at: datetime
    due_at: datetime | None


async def asked_of_senior(session: Session, brand: str, senior_id: str, limit: int) -> list[Ask]:
    """Return what a senior is asked to take on, the longest asked first."""
    due_at = (
        select(func.min(ticket_clocks.c.due_at))
        .where(
            ticket_clocks.c.brand == brand,
            ticket_clocks.c.ticket_id == escalations.c.ticket_id,
            ticket_clocks.c.kind == ClockKind.SENIOR_ACCEPTS.value,
            ticket_clocks.c.state.in_([ClockState.RUNNING.value, ClockState.WARNED.value]),
        )
        .scalar_subquery()
    )
    ticket = tickets.c
    statement = (
        select(
            ticket.id, ticket.number, ticket.subject, ticket.priority, ticket.assignee_id, escalations.c.cause,
            escalations.c.asked_at, due_at,
        )
        .join_from(escalations, tickets, ticket.id == escalations.c.ticket_id)
        .where(escalations.c.brand == brand, escalations.c.senior_id == senior_id)
        .order_by(escalations.c.asked_at, ticket.id)
        .limit(limit)
    )  # fmt: skip
    return [Ask(*row) for row in await session.execute(statement)]


async def settle(session: Session, brand: str, ticket_id: UUID) -> None:
    """Forget who was asked: it is accepted or no longer matters."""
    mine = (escalations.c.brand == brand, escalations.c.ticket_id == ticket_id)
    await session.execute(delete(escalations).where(*mine))
