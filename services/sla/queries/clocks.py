"""Tickets as far as clocks need them, and their clocks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.sla.domain.calendars import Calendar
from services.sla.domain.clocks import Clock
from services.sla.domain.marks import ONLY_WARNING, Mark
from services.sla.domain.pauses import Pause
from services.sla.domain.running import Replaced, Schedule
from services.sla.domain.tracked import Party, Ticket
from services.sla.queries.calendars import HOURS, hours_from
from services.sla.queries.rows import Row
from services.sla.tables import calendar_versions, clock_schedules, clocked_tickets, clocks
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import BackOffice, Priority, ReasonClass, TicketStatus
from shared.db.engine import Session
from shared.db.fixed import Fixed

_TICKET_FIELDS: Final = tuple(field.name for field in fields(Ticket))
_APART: Final = ("calendar", "warnings", "pauses")
_CLOCK_FIELDS: Final = tuple(field.name for field in fields(Clock) if field.name not in _APART)
_STORED_FIELDS: Final = (*_CLOCK_FIELDS, "calendar_id", "calendar_version", "warn_at", "warnings", "pauses")
_SCHEDULE_FIELDS: Final = ("generation", "policy_id", "policy_version", "warn_at", "due_at")

_NOW: Final = Fixed("SELECT now()")
_THIS_TICKET: Final = (clocked_tickets.c.brand == bindparam("of_brand"), clocked_tickets.c.id == bindparam("ticket_id"))
_LOCK_TICKET: Final = Fixed(select(clocked_tickets, func.now().label("now")).where(*_THIS_TICKET).with_for_update())
_INSERT_TICKET: Final = Fixed(insert(clocked_tickets), columns=("brand", *_TICKET_FIELDS))
_UPDATE_TICKET: Final = Fixed(
    update(clocked_tickets).where(*_THIS_TICKET),
    columns=(*(name for name in _TICKET_FIELDS if name != "id"), "clock_sequence"),
)
_UPSERT_CLOCK: Final = upsert(clocks)
_STORE_CLOCK: Final = Fixed(
    _UPSERT_CLOCK.on_conflict_do_update(
        index_elements=[clocks.c.ticket_id, clocks.c.id],
        set_={name: _UPSERT_CLOCK.excluded[name] for name in _STORED_FIELDS if name != "id"},
    ),
    columns=("brand", "ticket_id", *_STORED_FIELDS),
)
_ALL: Final = select(clocks, calendar_versions.c.name.label("calendar_name"), HOURS).outerjoin(
    calendar_versions,
    (calendar_versions.c.calendar_id == clocks.c.calendar_id)
    & (calendar_versions.c.version == clocks.c.calendar_version),
)
_CLOCKS: Final = _ALL.where(clocks.c.brand == bindparam("brand"), clocks.c.ticket_id == bindparam("ticket_id"))
_ALL_CLOCKS: Final = Fixed(_CLOCKS.order_by(clocks.c.started_at, clocks.c.id))
_LIVE_CLOCKS: Final = Fixed(_CLOCKS.where(clocks.c.ended_at.is_(None) | (clocks.c.state == ClockState.BREACHED)))
_OPEN: Final = """
    SELECT *, now() AS now FROM clocked_tickets
    WHERE brand = :brand AND status NOT IN ('resolved', 'closed') AND id > :after ORDER BY id LIMIT :limit
"""
_OPEN_TICKETS: Final = Fixed(_OPEN)
_LOCK_OPEN_TICKETS: Final = Fixed(f"{_OPEN} FOR UPDATE")
_KEEP_SCHEDULE: Final = Fixed(
    insert(clock_schedules), columns=("ticket_id", "clock_id", "brand", "replaced_at", "cause", *_SCHEDULE_FIELDS)
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
    now: datetime = await _NOW.value(session, {})
    return now


async def lock_ticket(session: Session, brand: str, ticket_id: UUID) -> LockedTicket | None:
    """Return the ticket, locked."""
    row = await _LOCK_TICKET.row(session, {"of_brand": brand, "ticket_id": ticket_id})
    return None if row is None else LockedTicket(ticket_from(row), row["clock_sequence"], row["now"])


async def open_tickets(
    session: Session, brand: str, *, after: UUID, limit: int, lock: bool = False
) -> Sequence[LockedTicket]:
    """Return up to `limit` unfinished tickets whose ids follow `after`, in their order; `lock` holds them."""
    statement = _LOCK_OPEN_TICKETS if lock else _OPEN_TICKETS
    rows = await statement.rows(session, {"brand": brand, "after": after, "limit": limit})
    return [LockedTicket(ticket_from(row), row["clock_sequence"], row["now"]) for row in rows]


async def insert_ticket(session: Session, brand: str, ticket: Ticket) -> None:
    """Store a new ticket without clocks."""
    await _INSERT_TICKET.rows(session, {"brand": brand} | _ticket_values(ticket))


async def update_ticket(session: Session, brand: str, ticket: Ticket, *, told: int) -> None:
    """Store what changed in a locked ticket."""
    named = {"of_brand": brand, "ticket_id": ticket.id, "clock_sequence": told}
    await _UPDATE_TICKET.rows(session, _ticket_values(ticket) | named)


async def ticket_of(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket of the brand."""
    chosen = (clocked_tickets.c.brand == brand, clocked_tickets.c.id == ticket_id)
    row = (await session.execute(select(clocked_tickets).where(*chosen))).mappings().one_or_none()
    return None if row is None else ticket_from(row)


async def clocks_of(session: Session, brand: str, ticket_id: UUID) -> Sequence[Clock]:
    """Return every clock of a ticket, oldest first."""
    return [clock_from(row) for row in await _ALL_CLOCKS.rows(session, {"brand": brand, "ticket_id": ticket_id})]


async def live_clocks_of(session: Session, brand: str, ticket_id: UUID) -> Sequence[Clock]:
    """Return the clocks of a ticket to which something can still happen: open ones, and broken ones for late news."""
    return [clock_from(row) for row in await _LIVE_CLOCKS.rows(session, {"brand": brand, "ticket_id": ticket_id})]


async def open_clocks_of_many(
    session: Session, brand: str, ticket_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Clock]]:
    """Return the open clocks of several tickets."""
    statement = _ALL.where(clocks.c.brand == brand, clocks.c.ticket_id.in_(ticket_ids), clocks.c.ended_at.is_(None))
    found: dict[UUID, list[Clock]] = {}
    for row in (await session.execute(statement)).mappings():
        found.setdefault(row["ticket_id"], []).append(clock_from(row))
    return found


async def store_clocks(session: Session, brand: str, ticket_id: UUID, changed: Iterable[Clock]) -> None:
    """Store new and changed clocks of a locked ticket."""
    rows = [{"brand": brand, "ticket_id": ticket_id} | _stored(clock) for clock in changed]
    if rows:
        await _STORE_CLOCK.many(session, rows)


async def keep_schedules(session: Session, brand: str, ticket_id: UUID, replaced: Iterable[Replaced]) -> None:
    """Keep what clocks were under before another promise took over."""
    rows = [
        {name: getattr(one.clock, name) for name in _SCHEDULE_FIELDS}
        | {"ticket_id": ticket_id, "clock_id": one.clock.id, "brand": brand, "replaced_at": one.at, "cause": one.cause}
        for one in replaced
    ]
    if rows:
        await _KEEP_SCHEDULE.many(session, rows)


async def schedules_of(session: Session, brand: str, ticket_id: UUID) -> Mapping[UUID, Sequence[Schedule]]:
    """Return the replaced schedules of a ticket's clocks, oldest first."""
    statement = (
        select(clock_schedules)
        .where(clock_schedules.c.brand == brand, clock_schedules.c.ticket_id == ticket_id)
        .order_by(clock_schedules.c.generation)
    )
    found: dict[UUID, list[Schedule]] = {}
    for row in (await session.execute(statement)).mappings():
        schedule = Schedule(**{field.name: row[field.name] for field in fields(Schedule)})
        found.setdefault(row["clock_id"], []).append(schedule)
    return found


def clock_from(row: Row) -> Clock:
    """Return the clock in a row."""
    values = {name: row[name] for name in _CLOCK_FIELDS}
    named = {
        "kind": ClockKind(row["kind"]),
        "state": ClockState(row["state"]),
        "calendar": _calendar(row),
        "warnings": _warnings(row),
        "pauses": None if row["pauses"] is None else frozenset(Pause(pause) for pause in row["pauses"]),
    }
    return Clock(**values | named)


def _stored(clock: Clock) -> dict[str, object]:
    values = {name: getattr(clock, name) for name in _CLOCK_FIELDS}
    calendar = clock.calendar
    return values | {
        "calendar_id": None if calendar is None else calendar.id,
        "calendar_version": None if calendar is None else calendar.version,
        "warn_at": clock.warnings[-1].at if clock.warnings else None,
        "warnings": [[mark.percent, mark.at.isoformat()] for mark in clock.warnings],
        "pauses": None if clock.pauses is None else sorted(clock.pauses),
    }


def _warnings(row: Row) -> tuple[Mark, ...]:
    """Return the warnings of a clock; one that is older than several warnings has its only one at `warn_at`."""
    stored, warn_at = row["warnings"], row["warn_at"]
    if stored is None:
        percent = row["warned_percent"] or ONLY_WARNING
        return () if warn_at is None else (Mark(percent, warn_at),)
    listed = json.loads(stored) if isinstance(stored, str) else stored
    return tuple(Mark(percent, datetime.fromisoformat(at)) for percent, at in listed)


def _calendar(row: Row) -> Calendar | None:
    if row["calendar_id"] is None:
        return None
    return Calendar(
        row["calendar_id"], row["calendar_version"], row["calendar_name"], hours_from(row["calendar_hours"])
    )


def ticket_from(row: Row) -> Ticket:
    """Return the ticket in a row."""
    spent = json.loads(row["spent"]) if isinstance(row["spent"], str) else row["spent"]
    named = {
        "channel": Channel(row["channel"]),
        "status": TicketStatus(row["status"]),
        "priority": Priority(row["priority"]),
        "reason_class": ReasonClass(row["reason_class"]) if row["reason_class"] else None,
        "waiting_on": BackOffice(row["waiting_on"]) if row["waiting_on"] else None,
        "spent": {Party(party): timedelta(seconds=seconds) for party, seconds in spent.items()},
    }
    return Ticket(**{name: row[name] for name in _TICKET_FIELDS} | named)


def _ticket_values(ticket: Ticket) -> dict[str, object]:
    spent = {party.value: time.total_seconds() for party, time in ticket.spent.items()}
    return {name: getattr(ticket, name) for name in _TICKET_FIELDS} | {"spent": spent}
