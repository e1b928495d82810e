"""What other services told: staff and live conversations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.domain.access import folded
from services.tickets.domain.conversations import Conversation
from services.tickets.domain.escalation import Colleague
from services.tickets.domain.statuses import FINISHED
from services.tickets.tables import conversations, staff, tickets, written_to
from shared.contracts.base import Author, AuthorKind
from shared.contracts.gateway import AccountChanged, StaffRole, StaffStatus
from shared.db.engine import Session


async def colleague(session: Session, brand: str, staff_id: str) -> Colleague | None:
    """Return a member of the brand's staff, active or not; `open_tickets` is not counted here."""
    statement = select(staff).where(staff.c.brand == brand, staff.c.staff_id == staff_id)
    row = (await session.execute(statement)).first()
    return None if row is None else _colleague_of(row, 0)


async def colleagues_page(session: Session, brand: str, *, after: str | None, limit: int) -> list[Colleague]:
    """Return up to `limit + 1` active members of the brand's staff in the order of their ids."""
    statement = select(staff).where(staff.c.brand == brand, staff.c.active).order_by(staff.c.staff_id)
    if after is not None:
        statement = statement.where(staff.c.staff_id > after)
    return [_colleague_of(row, 0) for row in await session.execute(statement.limit(limit + 1))]


async def seniors(session: Session, brand: str) -> list[Colleague]:
    """Return the active seniors and leads with how much each has in hand."""
    load = (
        select(func.count())
        .select_from(tickets)
        .where(
            tickets.c.brand == staff.c.brand,
            tickets.c.assignee_id == staff.c.staff_id,
            tickets.c.status.not_in([status.value for status in FINISHED]),
        )
        .scalar_subquery()
    )
    statement = select(staff, load.label("open_tickets")).where(
        staff.c.brand == brand, staff.c.active, staff.c.role.in_([StaffRole.SENIOR.value, StaffRole.LEAD.value])
    )
    return [_colleague_of(row, row.open_tickets) for row in await session.execute(statement)]


async def save_account(session: Session, brand: str, account: AccountChanged, sequence: int) -> None:
    """Keep the newest state of a membership; older facts that come late change nothing.

    Sequences compare within one membership; one that replaced another is newer by its time.
    """
    values = {
        "brand": brand,
        "staff_id": account.staff_id,
        "membership_id": account.membership_id,
        "name": account.name,
        "role": account.role.value,
        "status": account.status.value,
        "active": account.active,
        "changed_at": account.changed_at,
        "status_since": account.changed_at,
        "sequence": sequence,
    }
    statement = insert(staff).values(values)
    new = statement.excluded
    same = staff.c.membership_id == new.membership_id
    newer = or_(and_(same, staff.c.sequence < new.sequence), and_(~same, staff.c.changed_at < new.changed_at))
    # Another name or role moves nobody. Whoever is offline once more has signed out, and a fact that is missing may be
    # another status.
    still = and_(
        same,
        staff.c.sequence + 1 == new.sequence,
        staff.c.status == new.status,
        new.status != StaffStatus.OFFLINE.value,
    )
    since = case((still, func.coalesce(staff.c.status_since, staff.c.changed_at)), else_=new.status_since)
    keys = {"brand", "staff_id"}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[staff.c.brand, staff.c.staff_id],
            set_={name: new[name] for name in values if name not in keys} | {"status_since": since},
            where=newer,
        )
    )


async def save_conversation(session: Session, brand: str, ticket_id: UUID, conversation: Conversation) -> None:
    """Remember a live conversation until its first words open a ticket; one that starts again is running again."""
    values = {
        "author_kind": conversation.player.kind.value,
        "author_id": conversation.player.id,
        "subject": conversation.subject,
        "language": conversation.language,
        "reason": conversation.reason,
        "vip": conversation.vip,
        "started_at": conversation.started_at,
        "ended_at": None,
    }
    statement = insert(conversations).values(ticket_id=ticket_id, brand=brand, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[conversations.c.ticket_id], set_=values))


async def hand_conversation(session: Session, brand: str, ticket_id: UUID, player: Author, vip: str | None) -> None:
    """Remember that a live conversation is somebody else's now."""
    handed = (
        update(conversations)
        .where(conversations.c.brand == brand, conversations.c.ticket_id == ticket_id)
        .values(author_kind=player.kind.value, author_id=player.id, vip=vip)
    )
    await session.execute(handed)


async def end_conversation(session: Session, brand: str, ticket_id: UUID, ended_at: datetime) -> None:
    """Mark a live conversation as over."""
    await session.execute(
        update(conversations)
        .where(conversations.c.brand == brand, conversations.c.ticket_id == ticket_id)
        .values(ended_at=ended_at)
    )


async def conversation(session: Session, brand: str, ticket_id: UUID) -> Conversation | None:
    """Return what chat told about a conversation."""
    statement = select(conversations).where(conversations.c.brand == brand, conversations.c.ticket_id == ticket_id)
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    return Conversation(
        player=Author(kind=AuthorKind(row.author_kind), id=row.author_id),
        subject=row.subject,
        language=row.language,
        started_at=row.started_at,
        reason=row.reason,
        vip=row.vip,
    )


async def note_written_to(session: Session, brand: str, ticket_id: UUID, address: str, *, at: datetime) -> None:
    """Remember that the player of a conversation was written to at an address."""
    values = {"ticket_id": ticket_id, "address": folded(address), "brand": brand, "told_at": at}
    statement = insert(written_to).values(values)
    await session.execute(statement.on_conflict_do_nothing())


async def was_written_to(session: Session, brand: str, ticket_id: UUID, address: str) -> bool:
    """True if the player of a conversation was written to at this address."""
    statement = select(written_to.c.ticket_id).where(
        written_to.c.brand == brand, written_to.c.ticket_id == ticket_id, written_to.c.address == folded(address)
    )
    return (await session.execute(statement)).first() is not None


def _colleague_of(row: Row[Any], open_tickets: int) -> Colleague:
    return Colleague(
        id=row.staff_id,
        name=row.name,
        role=StaffRole(row.role),
        status=StaffStatus(row.status),
        active=row.active,
        changed_at=row.changed_at,
        open_tickets=open_tickets,
    )
