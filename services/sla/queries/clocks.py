"""Tickets as far as clocks need them, and their clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.sla.domain.clocks import Clock
from services.sla.domain.fold import Ticket
from services.sla.tables import clocked_tickets, clocks
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import Priority, ReasonClass, TicketStatus
from shared.db.engine import Session

_CLOCK_FIELDS: Final = tuple(field.name for field in fields(Clock))
_UPSERT_CLOCK: Final = upsert(clocks)
_STORE_CLOCK: Final = _UPSERT_CLOCK.on_conflict_do_update(
    index_elements=[clocks.c.ticket_id, clocks.c.id],
    set_={name: _UPSERT_CLOCK.excluded[name] for name in _CLOCK_FIELDS if name != "id"},
)


@dataclass(frozen=True, slots=True)
class LockedTicket:
    """A ticket nobody else can change until the transaction ends.

    `told` is the sequence of the last fact told about its clocks, `now` the database's time.
    """

    ticket: Ticket
    told: int
    now: datetime


async def database_now(session: Session) -> datetime:
    """Return the time by which timers are measured."""
    return (await session.execute(select(func.now()))).scalar_one()


async def lock_ticket(session: Session, brand: str, ticket_id: UUID) -> LockedTicket | None:
    """Return the ticket, locked."""
    statement = (
        select(clocked_tickets, func.now().label("now"))
        .where(clocked_tickets.c.brand == brand, clocked_tickets.c.id == ticket_id)
        .with_for_update()
    )
    row = (await session.execute(statement)).mappings().one_or_none()
    return None if row is None else LockedTicket(_ticket(row), row["clock_sequence"], row["now"])


async def insert_ticket(session: Session, brand: str, ticket: Ticket) -> None:
    """Store a new ticket without clocks."""
    await session.execute(insert(clocked_tickets).values(brand=brand, **asdict(ticket)))


async def update_ticket(session: Session, brand: str, ticket: Ticket, *, told: int) -> None:
    """Store what changed in a locked ticket."""
    values = asdict(ticket) | {"clock_sequence": told}
    await session.execute(
        update(clocked_tickets)
        .where(clocked_tickets.c.brand == brand, clocked_tickets.c.id == ticket.id)
        .values(values)
    )


async def has_ticket(session: Session, brand: str, ticket_id: UUID) -> bool:
    """True if the brand has such a ticket."""
    statement = select(clocked_tickets.c.id).where(clocked_tickets.c.brand == brand, clocked_tickets.c.id == ticket_id)
    return (await session.execute(statement)).first() is not None


async def clocks_of(session: Session, brand: str, ticket_id: UUID) -> Sequence[Clock]:
    """Return every clock of a ticket, oldest first."""
    statement = (
        select(clocks)
        .where(clocks.c.brand == brand, clocks.c.ticket_id == ticket_id)
        .order_by(clocks.c.started_at, clocks.c.id)
    )
    return [clock_from(row) for row in (await session.execute(statement)).mappings()]


async def open_clocks_of(session: Session, brand: str, ticket_id: UUID) -> Sequence[Clock]:
    """Return the clocks of a ticket to which something can still happen."""
    statement = select(clocks).where(
        clocks.c.brand == brand, clocks.c.ticket_id == ticket_id, clocks.c.ended_at.is_(None)
    )
    return [clock_from(row) for row in (await session.execute(statement)).mappings()]


async def store_clocks(session: Session, brand: str, ticket_id: UUID, changed: Iterable[Clock]) -> None:
    """Store new and changed clocks of a locked ticket."""
    rows = [
        {"brand": brand, "ticket_id": ticket_id} | {name: getattr(clock, name) for name in _CLOCK_FIELDS}
        for clock in changed
    ]
    if rows:
        await session.execute(_STORE_CLOCK, rows)


def clock_from(row: RowMapping) -> Clock:
    """Return the clock in a row."""
    values = {name: row[name] for name in _CLOCK_FIELDS}
    return Clock(**values | {"kind": ClockKind(row["kind"]), "state": ClockState(row["state"])})


def _ticket(row: RowMapping) -> Ticket:
    return Ticket(
        id=row["id"],
        channel=Channel(row["channel"]),
        status=TicketStatus(row["status"]),
        priority=Priority(row["priority"]),
        reason_class=ReasonClass(row["reason_class"]) if row["reason_class"] else None,
        assignee_id=row["assignee_id"],
        greeted=row["greeted"],
        waiting_since=row["waiting_since"],
        accepted=row["accepted"],
        escalated=row["escalated"],
    )
