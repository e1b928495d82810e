"""Tickets as far as clocks need them, and their clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.sla.domain.calendars import Calendar
from services.sla.domain.clocks import Clock
from services.sla.domain.fold import Ticket
from services.sla.queries.calendars import HOURS, hours_from
from services.sla.tables import calendar_versions, clocked_tickets, clocks
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import Priority, ReasonClass, TicketStatus
from shared.db.engine import Session

_CLOCK_FIELDS: Final = tuple(field.name for field in fields(Clock) if field.name != "calendar")
_STORED_FIELDS: Final = (*_CLOCK_FIELDS, "calendar_id", "calendar_version")
_UPSERT_CLOCK: Final = upsert(clocks)
_STORE_CLOCK: Final = _UPSERT_CLOCK.on_conflict_do_update(
    index_elements=[clocks.c.ticket_id, clocks.c.id],
    set_={name: _UPSERT_CLOCK.excluded[name] for name in _STORED_FIELDS if name != "id"},
)
_CLOCKS: Final = select(clocks, calendar_versions.c.name.label("calendar_name"), HOURS).outerjoin(
    calendar_versions,
    (calendar_versions.c.calendar_id == clocks.c.calendar_id)
    & (calendar_versions.c.version == clocks.c.calendar_version),
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
    statement = _CLOCKS.where(clocks.c.brand == brand, clocks.c.ticket_id == ticket_id).order_by(
        clocks.c.started_at, clocks.c.id
    )
    return [clock_from(row) for row in (await session.execute(statement)).mappings()]


async def open_clocks_of(session: Session, brand: str, ticket_id: UUID) -> Sequence[Clock]:
    """Return the clocks of a ticket to which something can still happen."""
    statement = _CLOCKS.where(clocks.c.brand == brand, clocks.c.ticket_id == ticket_id, clocks.c.ended_at.is_(None))
    return [clock_from(row) for row in (await session.execute(statement)).mappings()]


async def store_clocks(session: Session, brand: str, ticket_id: UUID, changed: Iterable[Clock]) -> None:
    """Store new and changed clocks of a locked ticket."""
    rows = [{"brand": brand, "ticket_id": ticket_id} | _stored(clock) for clock in changed]
    if rows:
        await session.execute(_STORE_CLOCK, rows)


def clock_from(row: RowMapping) -> Clock:
    """Return the clock in a row."""
    values = {name: row[name] for name in _CLOCK_FIELDS}
    named = {"kind": ClockKind(row["kind"]), "state": ClockState(row["state"]), "calendar": _calendar(row)}
    return Clock(**values | named)


def _stored(clock: Clock) -> dict[str, object]:
    values = {name: getattr(clock, name) for name in _CLOCK_FIELDS}
    calendar = clock.calendar
    return values | {
        "calendar_id": None if calendar is None else calendar.id,
        "calendar_version": None if calendar is None else calendar.version,
    }


def _calendar(row: RowMapping) -> Calendar | None:
    if row["calendar_id"] is None:
        return None
    return Calendar(
        row["calendar_id"], row["calendar_version"], row["calendar_name"], hours_from(row["calendar_hours"])
    )


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
