"""Opening a ticket by hand: at the form, at the desk or from the operator's server."""

from datetime import datetime
from uuid import UUID

from services.tickets.domain import access
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.complaints import check_licence
from services.tickets.domain.reasons import Reason, reason_of
from services.tickets.domain.tickets import Story, Ticket, Words, unopened
from services.tickets.domain.tiers import ToldTier
from services.tickets.queries import kept, tickets
from services.tickets.settings import licences
from services.tickets.use_cases.auditing import deed_on
from services.tickets.use_cases.telling import tell_opening
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.tickets import TicketState
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact


async def open_ticket(
    session: Session,
    *,
    brand: str,
    opener: Author,
    witness: Witness | None,
    subject: str,
    text: str,
    channel: Channel,
    reason: str | None,
    language: str | None,
    player_id: str | None,
    licence: str | None = None,
    tier: ToldTier | None = None,
    attachments: tuple[UUID, ...] = (),
    now: datetime,
) -> TicketState:
    """Open a ticket with its first words and return it.

    Where the operator tells no `tier` the player keeps that of his newest ticket.
    """
    player = access.player_of_opening(opener, player_id)
    check_licence(licence, licences(), server=opener.kind is AuthorKind.SERVER)
    author, kind = access.first_words_of(opener, player)
    # The opening's entry takes the ticket's id: the smaller one sorts it before the words of the same moment.
    ticket_id, message_id = sorted((new_id(), new_id()))
    state = unopened(
        ticket_id=ticket_id,
        subject=redact(subject),
        channel=channel,
        created_at=now,
        player_id=player,
        language=language,
        reason=await _reason(session, brand, reason, now),
    )
    state = state.model_copy(update={"licence": licence, "tier": await tier_at_opening(session, brand, player, tier)})
    visitor = opener.id if opener.kind is AuthorKind.VISITOR else None
    story = Story(Ticket(brand, state, visitor_id=visitor), actor=opener, now=now)
    story.opens(now)
    story.says(Words(message_id, kind, author, redact(text), now, attachments=attachments))
    return await tell_opening(session, story, audited=deed_on(witness, AuditAction.OPEN_TICKET, state))


async def tier_at_opening(session: Session, brand: str, player_id: str | None, told: ToldTier | None) -> str | None:
    """Return the tier a ticket opens with: what the operator told, else that of the player's newest ticket."""
    if told is not None:
        return told.tier
    return None if player_id is None else await tickets.last_tier(session, brand, player_id)


async def _reason(session: Session, brand: str, code: str | None, now: datetime) -> Reason | None:
    return None if code is None else reason_of(code, (await kept.TAXONOMIES.of(session, brand, now)).reasons)
