"""Tickets in the database: one statement opens one, a row lock comes before every change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Row, Select, bindparam, select, tuple_, update

from services.tickets.domain.audit import AuditEntry
from services.tickets.domain.tickets import Ticket
from services.tickets.domain.timeline import Entry
from services.tickets.queries.audit import RECORDING, values_of
from services.tickets.tables import tickets
from shared.contracts.base import ContactRef
from shared.contracts.tickets import TicketState, TicketStatus
from shared.db.engine import Session
from shared.db.fixed import Fixed

# The busiest write of the service: ticket, number and the two first entries of its timeline in one round trip.
_OPENING: Final = """
    WITH opened AS (
        INSERT INTO tickets (
            id, brand, number, player_id, visitor_id, subject, channel, status, priority, assignee_id, language,
            reason, reason_class, contact, live, created_at, updated_at, version, team_id, tier, licence, fields
        ) VALUES (
            :ticket_id, :brand, next_ticket_number(:brand), :player_id, :visitor_id, :subject, :channel, :status,
            :priority, NULL, :language, :reason, :reason_class, CAST(:contact AS jsonb), :live, :created_at,
            :updated_at, :version, :team_id, :tier, :licence, CAST(:fields AS jsonb)
        ) RETURNING number
    ), told AS (
        INSERT INTO timeline (
            id, brand, ticket_id, kind, occurred_at, author_kind, author_id, author_name, text, automatic, change,
            public, version
        ) VALUES (
            :ticket_id, :brand, :ticket_id, 'change', :opened_at, :opener_kind, :opener_id, :opener_name, NULL, false,
            CAST(:change AS jsonb), true, 1
        ), (
            :message_id, :brand, :ticket_id, :kind, :said_at, :author_kind, :author_id, :author_name, :text,
            :automatic, NULL, :public, 2
        )
    )
"""
_NUMBER: Final = "SELECT number FROM opened"
_OPEN: Final = Fixed(f"{_OPENING} {_NUMBER}")
_OPEN_AUDITED: Final = Fixed(f"{_OPENING}, {RECORDING} {_NUMBER}")

# Built once: making a statement and its cache key costs more CPU than sending it.
_ONE: Final = select(tickets).where(tickets.c.brand == bindparam("brand"), tickets.c.id == bindparam("ticket_id"))
_LOCKED: Final = _ONE.with_for_update()
_LOCKED_IF_FREE: Final = _ONE.with_for_update(skip_locked=True)
_SAVE: Final = update(tickets).where(tickets.c.brand == bindparam("of_brand"), tickets.c.id == bindparam("ticket_id"))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None does not narrow. `unassigned` asks for tickets in nobody's hands."""

    statuses: tuple[TicketStatus, ...] = ()
    assignee_id: str | None = None
    unassigned: bool = False
    player_id: str | None = None
    visitor_id: str | None = None
    channel: str | None = None
    updated_since: datetime | None = None


async def insert_ticket(
    session: Session, ticket: Ticket, opened: Entry, words: Entry, *, audited: AuditEntry | None = None
) -> str:
    """Store a new ticket with the first two entries of its timeline, audited if asked to, and return its number."""
    state = ticket.state
    values = {
        "ticket_id": state.id,
        "brand": ticket.brand,
        "player_id": state.player_id,
        "visitor_id": ticket.visitor_id,
        "subject": state.subject,
        "channel": state.channel.value,
        "status": state.status.value,
        "priority": state.priority.value,
        "language": state.language,
        "reason": state.reason,
        "reason_class": state.reason_class.value if state.reason_class else None,
        "contact": _json(ticket.contact),
        "live": ticket.live,
        "created_at": state.created_at,
        "updated_at": state.updated_at,
        "version": state.version,
        "team_id": state.team_id,
        "tier": state.tier,
        "licence": state.licence,
        "fields": to_json(state.fields).decode(),
        "opened_at": opened.occurred_at,
        "opener_kind": opened.author.kind.value,
        "opener_id": opened.author.id,
        "opener_name": opened.author.name,
        "change": to_json(opened.change).decode(),
        "message_id": words.id,
        "kind": words.kind.value,
        "said_at": words.occurred_at,
        "author_kind": words.author.kind.value,
        "author_id": words.author.id,
        "author_name": words.author.name,
        "text": words.text,
        "automatic": words.automatic,
        "public": words.public,
    }
    if audited is None:
        return str(await _OPEN.value(session, values))
    return str(await _OPEN_AUDITED.value(session, values | values_of(audited)))


async def ticket_of(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket of this brand."""
    return await _one(session, _ONE, brand, ticket_id)


async def lock_ticket(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket and keep it locked until the transaction ends: every change begins with this."""
    return await _one(session, _LOCKED, brand, ticket_id)


async def lock_free_ticket(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket, locked, unless somebody else has it locked now."""
    return await _one(session, _LOCKED_IF_FREE, brand, ticket_id)


async def save_ticket(session: Session, ticket: Ticket) -> None:
    """Write what can change of a locked ticket."""
    state = ticket.state
    values = {
        "of_brand": ticket.brand,
        "ticket_id": state.id,
        "subject": state.subject,
        "status": state.status.value,
        "priority": state.priority.value,
        "assignee_id": state.assignee_id,
        "language": state.language,
        "reason": state.reason,
        "reason_class": state.reason_class.value if state.reason_class else None,
        "contact": ticket.contact.model_dump(mode="json") if ticket.contact else None,
        "updated_at": state.updated_at,
        "version": state.version,
        "team_id": state.team_id,
        "tags": list(state.tags),
        "tier": state.tier,
        "licence": state.licence,
        "waiting_on": state.waiting_on.value if state.waiting_on else None,
        "snoozed_until": state.snoozed_until,
        "merged_into": state.merged_into,
        "complaint_id": state.complaint_id,
        "fields": state.fields,
    }
    await session.execute(_SAVE, values)


async def tickets_page(
    session: Session, brand: str, filters: Filters, *, after: tuple[str, ...] | None, limit: int
) -> list[TicketState]:
    """Return up to `limit + 1` tickets, newest first, that follow `after` = (created_at, id)."""
    statement = _narrowed(select(tickets).where(tickets.c.brand == brand), filters)
    if after is not None:
        created_at, ticket_id = after
        key = (datetime.fromisoformat(created_at), UUID(ticket_id))
        statement = statement.where(tuple_(tickets.c.created_at, tickets.c.id) < tuple_(*key))
    statement = statement.order_by(tickets.c.created_at.desc(), tickets.c.id.desc()).limit(limit + 1)
    return [_state_of(row) for row in await session.execute(statement)]


def _narrowed(statement: Select[Any], filters: Filters) -> Select[Any]:
    columns = tickets.c
    if filters.statuses:
        statement = statement.where(columns.status.in_([status.value for status in filters.statuses]))
    if filters.unassigned:
        statement = statement.where(columns.assignee_id.is_(None))
    if filters.updated_since is not None:
        statement = statement.where(columns.updated_at >= filters.updated_since)
    for name in ("assignee_id", "player_id", "visitor_id", "channel"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(columns[name] == wanted)
    return statement


async def _one(session: Session, statement: Select[Any], brand: str, ticket_id: UUID) -> Ticket | None:
    row = (await session.execute(statement, {"brand": brand, "ticket_id": ticket_id})).first()
    return None if row is None else _ticket_of(row)


def _ticket_of(row: Row[Any]) -> Ticket:
    contact = ContactRef.model_validate(row.contact) if row.contact is not None else None
    return Ticket(brand=row.brand, state=_state_of(row), visitor_id=row.visitor_id, contact=contact, live=row.live)


def _state_of(row: Row[Any]) -> TicketState:
    return TicketState.model_validate({name: getattr(row, name) for name in TicketState.model_fields})


def _json(contact: ContactRef | None) -> str | None:
    return None if contact is None else contact.model_dump_json()
