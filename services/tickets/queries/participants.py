"""Who of the staff is asked into tickets, or is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Join, Row, Select, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.domain.participants import Participant, Step
from services.tickets.queries.lists import Listed, listed_of
from services.tickets.tables import participants, staff, tickets
from shared.db.engine import Session

_P: Final = participants.c
_WHO: Final = staff.alias("who")
_ASKER: Final = staff.alias("asker")
# None is called as a column of tickets is.
_COLUMNS: Final = (
    _P.staff_id.label("participant_id"), _WHO.c.name.label("participant_name"), _P.state.label("participant_state"),
    _P.invited_by, _ASKER.c.name.label("invited_by_name"), _P.reason.label("invited_for"), _P.invited_at, _P.joined_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Participation:
    """A ticket somebody is asked into or is in, and how that came."""

    ticket: Listed
    participant: Participant


async def participants_of(session: Session, brand: str, ticket_id: UUID) -> list[Participant]:
    """Return who is asked into a ticket or in it, in the order in which they were asked."""
    statement = _named(brand).where(_P.ticket_id == ticket_id).order_by(_P.invited_at, _P.staff_id)
    return [_participant_of(row) for row in await session.execute(statement)]


async def participant_of(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> Participant | None:
    """Return how somebody stands to a ticket, None if he is not asked and not there."""
    statement = _named(brand).where(_P.ticket_id == ticket_id, _P.staff_id == staff_id)
    row = (await session.execute(statement)).first()
    return None if row is None else _participant_of(row)


async def invite(
    session: Session,
    brand: str,
    ticket_id: UUID,
    staff_id: str,
    *,
    by: str,
    reason: str | None,
    at: datetime,
    joins: bool = False,
) -> None:
    """Note that somebody is asked into a locked ticket, or is there at once (`joins`)."""
    state = Step.JOINED if joins else Step.INVITED
    values = {"state": state.value, "invited_by": by, "reason": reason, "invited_at": at}
    values |= {"joined_at": at if joins else None}
    row = insert(participants).values(ticket_id=ticket_id, staff_id=staff_id, brand=brand, **values)
    await session.execute(row.on_conflict_do_update(index_elements=[_P.ticket_id, _P.staff_id], set_=values))


async def join(session: Session, brand: str, ticket_id: UUID, staff_id: str, at: datetime) -> None:
    """Note that somebody who was asked is there."""
    mine = (_P.brand == brand, _P.ticket_id == ticket_id, _P.staff_id == staff_id)
    await session.execute(update(participants).where(*mine).values(state=Step.JOINED.value, joined_at=at))


async def drop(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> None:
    """Forget somebody who is not coming or has gone."""
    await session.execute(
        delete(participants).where(_P.brand == brand, _P.ticket_id == ticket_id, _P.staff_id == staff_id)
    )


async def participations_page(
    session: Session, brand: str, staff_id: str, *, after: tuple[str, ...] | None, limit: int
) -> list[Participation]:
    """Return up to `limit + 1` tickets somebody is asked into or in, newest asked first, `after` = (moment, ticket)."""
    named = _with_names().join(tickets, tickets.c.id == _P.ticket_id)
    statement = select(*_COLUMNS, tickets).select_from(named).where(_P.brand == brand, _P.staff_id == staff_id)
    statement = statement.where(tickets.c.assignee_id.is_distinct_from(staff_id))
    if after is not None:
        key = (datetime.fromisoformat(after[0]), UUID(after[1]))
        statement = statement.where(tuple_(_P.invited_at, _P.ticket_id) < tuple_(*key))
    statement = statement.order_by(_P.invited_at.desc(), _P.ticket_id.desc()).limit(limit + 1)
    return [Participation(listed_of(row), _participant_of(row)) for row in await session.execute(statement)]


def _named(brand: str) -> Select[Any]:
    return select(*_COLUMNS).select_from(_with_names()).where(_P.brand == brand)


def _with_names() -> Join:
    joined = participants.outerjoin(_WHO, (_WHO.c.brand == _P.brand) & (_WHO.c.staff_id == _P.staff_id))
    return joined.outerjoin(_ASKER, (_ASKER.c.brand == _P.brand) & (_ASKER.c.staff_id == _P.invited_by))


def _participant_of(row: Row[Any]) -> Participant:
    return Participant(
        staff_id=row.participant_id,
        name=row.participant_name,
        state=Step(row.participant_state),
        invited_by=row.invited_by,
        invited_by_name=row.invited_by_name,
        reason=row.invited_for,
        invited_at=row.invited_at,
        joined_at=row.joined_at,
    )
