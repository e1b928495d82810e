"""The register in the database; every change begins with the complaint's row lock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, func, insert, or_, select, text, tuple_, update

from services.tickets.domain.complaints import Complaint, Move, Record
from services.tickets.tables import brands, complaint_moves, complaints, tickets, timeline
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import ComplaintState, ComplaintStep, TicketState
from shared.db.engine import Session
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Filters:
    """What the register is narrowed to; None does not narrow. `month` is its first moment and that of the next."""

    step: ComplaintStep | None = None
    jurisdiction: str | None = None
    licence: str | None = None
    type: str | None = None
    owner_id: str | None = None
    due_before: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownBrand:
    """What counts of a brand for complaints."""

    licence: str | None
    default_language: str


async def insert_complaint(session: Session, complaint: Complaint) -> None:
    """Store a new complaint with its first moves."""
    values = _values(complaint) | {
        "id": complaint.state.id,
        "brand": complaint.brand,
        "ticket_id": complaint.state.ticket_id,
        "number": complaint.state.number,
        "player_id": complaint.state.player_id,
        "channel": complaint.state.channel.value,
        "received_at": complaint.state.received_at,
    }
    await session.execute(insert(complaints).values(values))
    await _add_moves(session, complaint)


async def save_complaint(session: Session, complaint: Complaint) -> None:
    """Write what can change of a locked complaint, and the moves that it made."""
    await session.execute(
        update(complaints)
        .where(complaints.c.brand == complaint.brand, complaints.c.id == complaint.state.id)
        .values(_values(complaint))
    )
    await _add_moves(session, complaint)


async def complaint_of(session: Session, brand: str, complaint_id: UUID, *, lock: bool = False) -> Complaint | None:
    """Return a complaint of this brand."""
    statement = select(complaints).where(complaints.c.brand == brand, complaints.c.id == complaint_id)
    row = (await session.execute(statement.with_for_update() if lock else statement)).first()
    return None if row is None else _complaint_of(row)


async def count_of_ticket(session: Session, brand: str, ticket_id: UUID) -> int:
    """Return how many complaints a ticket had so far."""
    statement = (
        select(func.count())
        .select_from(complaints)
        .where(complaints.c.brand == brand, complaints.c.ticket_id == ticket_id)
    )
    return int((await session.execute(statement)).scalar_one())


async def moves_of(session: Session, brand: str, complaint_id: UUID) -> list[Move]:
    """Return a complaint's history, oldest first."""
    statement = (
        select(complaint_moves)
        .where(complaint_moves.c.brand == brand, complaint_moves.c.complaint_id == complaint_id)
        .order_by(complaint_moves.c.moved_at, complaint_moves.c.id)
    )
    return [
        Move(
            ComplaintStep(row.before), ComplaintStep(row.after), row.moved_by, row.moved_at, row.reason,
            row.evidence_request_id,
        )
        for row in await session.execute(statement)
    ]  # fmt: skip


async def complaints_page(
    session: Session,
    brand: str,
    filters: Filters,
    *,
    but: str | None,
    after: tuple[str, ...] | None,
    limit: int | None,
) -> list[Complaint]:
    """Return up to `limit + 1` complaints, newest first, that follow `after` = (received_at, id); None: all.

    Open ones about `but` are left out.
    """
    columns = complaints.c
    statement = select(complaints).where(columns.brand == brand)
    wanted = {
        columns.step: filters.step,
        columns.jurisdiction: filters.jurisdiction,
        columns.licence: filters.licence,
        columns.type: filters.type,
        columns.owner_id: filters.owner_id,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    if filters.due_before is not None:
        statement = statement.where(columns.legal_due_at < filters.due_before, columns.closed_at.is_(None))
    if filters.since is not None:
        statement = statement.where(columns.received_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(columns.received_at < filters.until)
    if but is not None:
        statement = statement.where(or_(columns.accused_staff_id.is_distinct_from(but), columns.closed_at.is_not(None)))
    if after is not None:
        received_at, complaint_id = after
        key = (datetime.fromisoformat(received_at), UUID(complaint_id))
        statement = statement.where(tuple_(columns.received_at, columns.id) < tuple_(*key))
    statement = statement.order_by(columns.received_at.desc(), columns.id.desc())
    rows = await session.execute(statement if limit is None else statement.limit(limit + 1))
    return [_complaint_of(row) for row in rows]


_ACCUSED = """
    SELECT c.ticket_id, c.accused_staff_id AS staff_id FROM complaints c
    WHERE c.brand = :brand AND c.closed_at IS NULL AND c.accused_staff_id IS NOT NULL
"""
# In a complaint about staff whoever answered the player before it, here or in what was merged in, may be meant.
_CONCERNED = """
    SELECT c.ticket_id, t.author_id AS staff_id FROM complaints c
    CROSS JOIN LATERAL (
        SELECT c.ticket_id AS id
        UNION ALL SELECT k.id FROM tickets k WHERE k.brand = c.brand AND k.merged_into = c.ticket_id
    ) one
    JOIN timeline t ON t.brand = c.brand AND t.ticket_id = one.id AND t.kind = 'reply' AND t.author_kind = 'staff'
        AND t.occurred_at < (SELECT min(m.moved_at) FROM complaint_moves m WHERE m.complaint_id = c.id)
    WHERE c.brand = :brand AND c.closed_at IS NULL AND c.type = 'staff_conduct'
"""
_OF_TICKET = "AND c.ticket_id = :ticket_id"
_WAITING = "AND c.ticket_id IN (SELECT q.ticket_id FROM queue q WHERE q.brand = :brand AND q.holder_id IS NULL)"
_ACCUSED_BY = text(f"{_ACCUSED} {_OF_TICKET}")
_BARRED = text(f"{_ACCUSED} {_OF_TICKET} UNION {_CONCERNED} {_OF_TICKET}")
_ALL_BARRED = text(f"{_ACCUSED} {_WAITING} UNION {_CONCERNED} {_WAITING}")


async def accused_by(session: Session, brand: str, state: TicketState) -> frozenset[str]:
    """Return whom the open complaint of a ticket names: he does nothing in it."""
    return await _staff_of(session, _ACCUSED_BY, brand, state)


async def barred_from(session: Session, brand: str, state: TicketState) -> frozenset[str]:
    """Return whom the open complaint of a ticket is or may be about: he never gets the ticket."""
    return await _staff_of(session, _BARRED, brand, state)


async def barred_in_queue(session: Session, brand: str) -> dict[UUID, frozenset[str]]:
    """Return the same for all tickets that nobody has."""
    barred: dict[UUID, frozenset[str]] = {}
    for ticket_id, staff_id in await session.execute(_ALL_BARRED, {"brand": brand}):
        barred[ticket_id] = barred.get(ticket_id, frozenset()) | {staff_id}
    return barred


async def repliers_of(session: Session, complaint: Complaint) -> Sequence[str]:
    """Return which members of staff answered the player of a complaint's ticket, also in what was merged into it.

    What its owner says from its registration on is part of handling it: that makes nobody a person concerned.
    """
    state = complaint.state
    registered = (
        select(func.min(complaint_moves.c.moved_at)).where(complaint_moves.c.complaint_id == state.id).scalar_subquery()
    )
    merged = select(tickets.c.id).where(tickets.c.brand == complaint.brand, tickets.c.merged_into == state.ticket_id)
    statement = (
        select(timeline.c.author_id)
        .where(
            timeline.c.brand == complaint.brand,
            or_(timeline.c.ticket_id == state.ticket_id, timeline.c.ticket_id.in_(merged)),
            timeline.c.kind == "reply",
            timeline.c.author_kind == AuthorKind.STAFF.value,
            or_(timeline.c.author_id.is_distinct_from(state.owner_id), timeline.c.occurred_at < registered),
        )
        .distinct()
    )
    return (await session.execute(statement)).scalars().all()


async def first_words(session: Session, brand: str, ids: Collection[UUID]) -> tuple[str, datetime] | None:
    """Return the earliest words said to these tickets, not to others merged into them, and when they were said."""
    statement = (
        select(timeline.c.text, timeline.c.occurred_at)
        .where(
            timeline.c.brand == brand,
            timeline.c.ticket_id.in_(ids),
            func.coalesce(timeline.c.origin_id, timeline.c.ticket_id).in_(ids),
            timeline.c.kind == "message",
        )
        .order_by(timeline.c.occurred_at, timeline.c.id)
        .limit(1)
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row.text, row.occurred_at)


async def brand_of(session: Session, brand: str) -> KnownBrand | None:
    """Return what the gateway told about a brand."""
    row = (await session.execute(select(brands).where(brands.c.brand == brand))).first()
    return None if row is None else KnownBrand(row.licence, row.default_language)


async def _staff_of(session: Session, statement: TextClause, brand: str, state: TicketState) -> frozenset[str]:
    if state.complaint_id is None:
        return frozenset()
    rows = await session.execute(statement, {"brand": brand, "ticket_id": state.id})
    return frozenset(row.staff_id for row in rows)


async def _add_moves(session: Session, complaint: Complaint) -> None:
    rows = [
        {
            "id": new_id(), "brand": complaint.brand, "complaint_id": complaint.state.id, "before": move.before.value,
            "after": move.after.value, "moved_by": move.by, "moved_at": move.at, "reason": move.reason,
            "evidence_request_id": move.evidence_request_id,
        }
        for move in complaint.moves
    ]  # fmt: skip
    if rows:
        await session.execute(insert(complaint_moves), rows)


def _values(complaint: Complaint) -> dict[str, object]:
    state = complaint.state
    return {
        "step": state.step.value,
        "type": state.type,
        "jurisdiction": state.jurisdiction,
        "licence": state.licence,
        "language": state.language,
        "owner_id": state.owner_id,
        "accused_staff_id": complaint.accused_staff_id,
        "acknowledge_due_at": complaint.acknowledge_due_at,
        "legal_due_at": complaint.legal_due_at,
        "closed_at": state.closed_at,
        "state": state.model_dump(mode="json"),
        "record": complaint.record.model_dump(mode="json"),
        "version": state.version,
    }


def _complaint_of(row: Row[Any]) -> Complaint:
    return Complaint(
        brand=row.brand,
        state=ComplaintState.model_validate(row.state),
        record=Record.model_validate(row.record),
        accused_staff_id=row.accused_staff_id,
        acknowledge_due_at=row.acknowledge_due_at,
        legal_due_at=row.legal_due_at,
    )
