"""Tickets in the database: one statement opens one, a row lock comes before every change."""

from typing import Any, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Row, Select, bindparam, insert, select, update

from services.tickets.domain.audit import AuditEntry
from services.tickets.domain.tickets import Ticket
from services.tickets.domain.timeline import Entry
from services.tickets.queries.audit import RECORDING, values_of
from services.tickets.tables import search_waiting, tickets
from shared.contracts.base import ContactRef
from shared.contracts.tickets import TicketState
from shared.db.engine import Session
from shared.db.fixed import Fixed

# The busiest write of the service: ticket, number and the two first entries of its timeline in one round trip.
_OPENING: Final = """
    WITH opened AS (
        INSERT INTO tickets (
            id, brand, number, player_id, visitor_id, subject, channel, status, priority, assignee_id, language,
            reason, reason_class, contact, live, created_at, updated_at, version, team_id, tier, licence, fields,
            waiting_since
        ) VALUES (
            :ticket_id, :brand, next_ticket_number(:brand), :player_id, :visitor_id, :subject, :channel, :status,
            :priority, NULL, :language, :reason, :reason_class, CAST(:contact AS jsonb), :live, :created_at,
            :updated_at, :version, :team_id, :tier, :licence, CAST(:fields AS jsonb), :waiting_since
        ) RETURNING number
    ), told AS (
        INSERT INTO timeline (
            id, brand, ticket_id, kind, occurred_at, author_kind, author_id, author_name, text, automatic, change,
            public, version, attachments
        ) VALUES (
            :ticket_id, :brand, :ticket_id, 'change', :opened_at, :opener_kind, :opener_id, :opener_name, NULL, false,
            CAST(:change AS jsonb), true, 1, '{}'
        ), (
            :message_id, :brand, :ticket_id, :kind, :said_at, :author_kind, :author_id, :author_name, :text,
            :automatic, NULL, :public, 2, CAST(:attachments AS uuid[])
        )
    ), queued AS (
        INSERT INTO search_waiting (entry_id, brand, ticket_id) VALUES (:message_id, :brand, :ticket_id)
    )
"""
_NUMBER: Final = "SELECT number FROM opened"
_OPEN: Final = Fixed(f"{_OPENING} {_NUMBER}")
_OPEN_AUDITED: Final = Fixed(f"{_OPENING}, {RECORDING} {_NUMBER}")

_LAST_TIER: Final = Fixed(
    "SELECT tier FROM tickets WHERE brand = :brand AND player_id = :player_id ORDER BY created_at DESC, id DESC LIMIT 1"
)

# Built once: making a statement and its cache key costs more CPU than sending it.
_ONE: Final = select(tickets).where(tickets.c.brand == bindparam("brand"), tickets.c.id == bindparam("ticket_id"))
_LOCKED: Final = _ONE.with_for_update()
_LOCKED_IF_FREE: Final = _ONE.with_for_update(skip_locked=True)
_SAVE: Final = update(tickets).where(tickets.c.brand == bindparam("of_brand"), tickets.c.id == bindparam("ticket_id"))
_QUEUED: Final = insert(search_waiting).values(
    entry_id=bindparam("entry_id"), brand=bindparam("of_brand"), ticket_id=bindparam("ticket_id")
)
_SAVE_REWORDED: Final = _SAVE.add_cte(_QUEUED.cte("queued"))


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
        "waiting_since": ticket.waiting_since,
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
        "attachments": list(words.attachments),
    }
    if audited is None:
        return str(await _OPEN.value(session, values))
    return str(await _OPEN_AUDITED.value(session, values | values_of(audited)))


async def ticket_of(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket of this brand."""
    return await _one(session, _ONE, brand, ticket_id)


async def last_tier(session: Session, brand: str, player_id: str) -> str | None:
    """Return the tier of the player's newest ticket."""
    found: str | None = await _LAST_TIER.value(session, {"brand": brand, "player_id": player_id})
    return found


async def lock_ticket(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket and keep it locked until the transaction ends: every change begins with this."""
    return await _one(session, _LOCKED, brand, ticket_id)


async def lock_free_ticket(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Return a ticket locked, None if somebody else is at it: timers never wait for a person."""
    return await _one(session, _LOCKED_IF_FREE, brand, ticket_id)


async def save_ticket(session: Session, ticket: Ticket, *, reworded: UUID | None = None) -> None:
    """Write what can change of a locked ticket; with the id of what changed its words it is queued for the search."""
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
        "received_at": state.received_at,
        "complaint_id": state.complaint_id,
        "fields": state.fields,
        "resolved_at": ticket.resolved_at,
        "waiting_since": ticket.waiting_since,
    }
    if reworded is None:
        await session.execute(_SAVE, values)
    else:
        await session.execute(_SAVE_REWORDED, {**values, "entry_id": reworded})


async def hand_ticket(session: Session, brand: str, ticket_id: UUID, player_id: str) -> None:
    """Make a locked ticket a player's that was a visitor's; everything else is saved with its story."""
    await session.execute(
        update(tickets)
        .where(tickets.c.brand == brand, tickets.c.id == ticket_id)
        .values(player_id=player_id, visitor_id=None)
    )


async def _one(session: Session, statement: Select[Any], brand: str, ticket_id: UUID) -> Ticket | None:
    row = (await session.execute(statement, {"brand": brand, "ticket_id": ticket_id})).first()
    return None if row is None else ticket_from(row)


def ticket_from(row: Row[Any]) -> Ticket:
    """Return the ticket of a row."""
    contact = ContactRef.model_validate(row.contact) if row.contact is not None else None
    return Ticket(
        brand=row.brand,
        state=state_of(row),
        visitor_id=row.visitor_id,
        contact=contact,
        live=row.live,
        resolved_at=row.resolved_at,
        waiting_since=row.waiting_since,
    )


def state_of(row: Row[Any]) -> TicketState:
    """Return the state in a row of tickets."""
    return TicketState.model_validate({name: getattr(row, name) for name in TicketState.model_fields})


def _json(contact: ContactRef | None) -> str | None:
    return None if contact is None else contact.model_dump_json()
