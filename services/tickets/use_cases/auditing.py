"""Recording who saw or changed players' data, and reading what was recorded."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from uuid import UUID

from services.tickets.domain.audit import AuditAction, AuditEntry, ForeignLook, Witness
from services.tickets.domain.complaints import Complaint
from services.tickets.queries import audit, collaboration, copies, tickets
from services.tickets.queries.audit import AuditFilters
from services.tickets.queries.complaints import Filters as ComplaintFilters
from services.tickets.queries.lists import Filters
from shared.contracts.base import Author, AuthorKind
from shared.contracts.looks import PlayerDataRead
from shared.contracts.tickets import MessageKind, TicketState
from shared.db.engine import Session
from shared.ids import new_id


def deed_on(witness: Witness | None, action: AuditAction, ticket: TicketState) -> AuditEntry | None:
    """Return the entry of something done with one ticket; None for players and visitors, who see what is theirs."""
    if witness is None:
        return None
    return witness.saw(new_id(), action, ticket_id=ticket.id, player_id=ticket.player_id)


async def record_deed(session: Session, witness: Witness | None, action: AuditAction, ticket: TicketState) -> None:
    """Record that staff or a server did something with one ticket, in the transaction that does it."""
    entry = deed_on(witness, action, ticket)
    if entry is not None:
        await audit.record(session, entry)


async def record_words(
    session: Session, witness: Witness | None, kind: MessageKind, ticket: TicketState, *, clear_draft: bool
) -> None:
    """Record that staff or a server spoke; with `clear_draft` the speaker's draft of that kind has done its duty."""
    action = AuditAction.ADD_NOTE if kind is MessageKind.NOTE else AuditAction.ADD_MESSAGE
    entry = deed_on(witness, action, ticket)
    if entry is None:
        return
    if clear_draft and entry.actor_kind == AuthorKind.STAFF:
        await collaboration.record_and_clear_draft(session, entry, kind)
    else:
        await audit.record(session, entry)


async def record_correction(
    session: Session, witness: Witness | None, action: AuditAction, ticket: TicketState, message_id: UUID
) -> None:
    """Record that staff or a server corrected or withdrew words, or saw what they had been."""
    if witness is None:
        return
    about = {"message_id": str(message_id)}
    entry = witness.saw(new_id(), action, ticket_id=ticket.id, player_id=ticket.player_id, narrowed=about)
    await audit.record(session, entry)


async def record_look(session: Session, witness: Witness | None, action: AuditAction, **narrowed: object) -> None:
    """Record that staff or a server was shown something that is not one ticket, and what it was narrowed to."""
    if witness is not None:
        await audit.record(session, witness.saw(new_id(), action, narrowed=_narrowed(narrowed)))


async def record_register(
    session: Session,
    witness: Witness | None,
    action: AuditAction,
    complaint: Complaint | None,
    filters: ComplaintFilters | None = None,
) -> None:
    """Record that staff or a server saw or changed the complaints register."""
    if witness is None:
        return
    narrowed = _narrowed(asdict(filters)) if filters else None
    ticket_id, player_id = (complaint.state.ticket_id, complaint.state.player_id) if complaint else (None, None)
    entry = witness.saw(new_id(), action, ticket_id=ticket_id, player_id=player_id, narrowed=narrowed)
    await audit.record(session, entry)


async def record_act(
    session: Session, witness: Witness | None, action: AuditAction, about: Mapping[str, object]
) -> None:
    """Record that staff did something that is about no ticket: `about` says what it was."""
    if witness is not None:
        await audit.record(session, witness.saw(new_id(), action, narrowed=about))


async def record_listing(
    session: Session,
    witness: Witness | None,
    action: AuditAction,
    filters: Filters | AuditFilters,
    after: tuple[str, ...] | None,
) -> None:
    """Record that staff or a server was shown one page of a list: what it was narrowed to and where it began."""
    if witness is None:
        return
    narrowed = _narrowed(asdict(filters)) | ({"after": list(after)} if after else {})
    entry = witness.saw(new_id(), action, player_id=filters.player_id, narrowed=narrowed)
    await audit.record(session, entry)


async def record_decision(
    session: Session, witness: Witness | None, action: AuditAction, what: Mapping[str, object]
) -> None:
    """Record that staff or a server read or changed what a brand has decided about its tickets."""
    if witness is not None:
        await audit.record(session, witness.saw(new_id(), action, narrowed=what or None))


async def record_view(session: Session, witness: Witness | None, action: AuditAction, *views: UUID) -> None:
    """Record that staff saw or changed saved views: what a view is narrowed to may name a player."""
    if witness is not None:
        await audit.record(session, witness.saw(new_id(), action, narrowed={"views": [str(id_) for id_ in views]}))


async def record_foreign_look(session: Session, *, brand: str, look: ForeignLook, trace_id: str | None) -> None:
    """Record what chat told of somebody who looked at a live conversation; its ticket may not be known here yet."""
    witness = await _foreign_witness(
        session, brand, look.reader, reason=look.reason, request_id=look.request_id, trace_id=trace_id, at=look.at
    )
    entry = witness.saw(
        new_id(),
        look.action,
        ticket_id=look.ticket_id,
        player_id=await _player_of(session, brand, look.ticket_id),
        narrowed=_narrowed(look.narrowed) or None,
    )
    await audit.record(session, entry)


async def record_sight(session: Session, *, brand: str, read: PlayerDataRead, trace_id: str | None) -> None:
    """Record what somebody was shown, or did, where another service keeps players' data."""
    witness = await _foreign_witness(
        session, brand, read.reader, reason=read.reason, request_id=read.request_id, trace_id=trace_id, at=read.read_at
    )
    player_id = read.player_id
    if player_id is None and read.ticket_id is not None:
        player_id = await _player_of(session, brand, read.ticket_id)
    entry = witness.saw(
        new_id(), read.sight, ticket_id=read.ticket_id, player_id=player_id, narrowed=read.filter or None
    )
    await audit.record(session, entry)


async def _foreign_witness(
    session: Session,
    brand: str,
    reader: Author,
    *,
    reason: str | None,
    request_id: str,
    trace_id: str | None,
    at: datetime,
) -> Witness:
    """Return whom another service told of; his role is what is known here when the fact arrives, moments later."""
    known = await copies.colleague(session, brand, reader.id) if reader.kind is AuthorKind.STAFF else None
    return Witness(
        brand=brand,
        kind=reader.kind.value,
        id=reader.id,
        name=reader.name,
        role=known.role.value if known else None,
        reason=reason,
        request_id=request_id,
        trace_id=trace_id,
        at=at,
    )


async def _player_of(session: Session, brand: str, ticket_id: UUID) -> str | None:
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is not None:
        return ticket.state.player_id
    conversation = await copies.conversation(session, brand, ticket_id)
    return conversation.player.id if conversation and conversation.player.kind is AuthorKind.PLAYER else None


async def read_audit(
    session: Session,
    *,
    brand: str,
    filters: AuditFilters,
    after: tuple[str, ...] | None,
    limit: int,
    witness: Witness,
) -> list[tuple[AuditEntry, int | None]]:
    """Return up to `limit + 1` entries with their positions in the chain, newest first; this reading becomes one."""
    found = await audit.audit_page(session, brand, filters, after=after, limit=limit)
    await record_listing(session, witness, AuditAction.READ_AUDIT, filters, after)
    return found


def _narrowed(filters: Mapping[str, object]) -> dict[str, object]:
    """Return the filters that narrow, as JSON knows them."""
    return {name: _plain(value) for name, value in filters.items() if value not in (None, False, ())}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
