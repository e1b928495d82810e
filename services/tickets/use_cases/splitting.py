"""Letting some of a ticket's words become a ticket of their own."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.corrections import WordsWithdrawn
from services.tickets.domain.merging import same_person
from services.tickets.domain.splitting import (
    MessageNotFound,
    MessageSplitBefore,
    SplitMixed,
    check_complaint,
    copies,
)
from services.tickets.domain.tickets import Story, Ticket, Words, unopened
from services.tickets.domain.timeline import Entry
from services.tickets.queries import links, merges, timeline
from services.tickets.settings import complaint_lexicon
from services.tickets.use_cases.auditing import deed_on, record_deed
from services.tickets.use_cases.registering import open_complaint
from services.tickets.use_cases.telling import locked, tell, tell_opening
from shared.contracts.base import Author
from shared.contracts.tickets import (
    MessageKind,
    TicketSplit,
    TicketState,
    TicketStatus,
    TicketStatusChanged,
)
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact


async def split_ticket(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    message_ids: Sequence[UUID],
    subject: str,
    actor: Author,
    witness: Witness | None,
    now: datetime,
) -> TicketState:
    """Copy words into a new ticket that begins with the earliest of them, and return it.

    The originals stay where they were said, with a mark; the copies name them and are delivered to nobody again. Words
    that complain stay with their complaint while it is open.
    """
    ticket = await locked(session, brand, ticket_id)
    members = await merges.members_of(session, brand, ticket_id)
    group = {one.state.id: one for one in (ticket, *members)}
    entries = await timeline.words_with(session, brand, list(group), message_ids)
    if len(entries) < len(message_ids):
        raise MessageNotFound(field="message_ids")
    if any(entry.is_withdrawn for entry in entries):
        raise WordsWithdrawn(field="message_ids")
    if any(entry.moved_to for entry in entries):
        raise MessageSplitBefore(field="message_ids")
    owner = _owner(group, entries, ticket)
    complaint = await open_complaint(session, brand, ticket.state.complaint_id)
    if complaint is not None:
        check_complaint(entries, complaint, complaint_lexicon())
    state = await _open(session, owner, entries, redact(subject), actor=actor, witness=witness, now=now)
    await timeline.mark_moved(session, brand, message_ids, state.id)
    await links.add_link(session, brand, ticket_id, state.id, "child", now)
    story = Story(ticket, actor=actor, now=now)
    story.tells(TicketSplit, new_ticket_id=state.id, message_ids=tuple(entry.id for entry in entries))
    await record_deed(session, witness, AuditAction.SPLIT_TICKET, await tell(session, story))
    return state


def _owner(group: dict[UUID, Ticket], entries: Sequence[Entry], ticket: Ticket) -> Ticket:
    """Return the ticket whose person the words belong to; words of two people never share a new ticket."""
    owners = [group.get(entry.origin_id or entry.ticket_id, ticket) for entry in entries]
    if any(one.state.id != owners[0].state.id and not same_person(one, owners[0]) for one in owners):
        raise SplitMixed(field="message_ids")
    return owners[0]


async def _open(
    session: Session,
    owner: Ticket,
    entries: Sequence[Entry],
    subject: str,
    *,
    actor: Author,
    witness: Witness | None,
    now: datetime,
) -> TicketState:
    first = entries[0].occurred_at
    ticket_id, *ids = sorted(new_id() for _ in range(len(entries) + 1))
    like = owner.state
    state = unopened(
        ticket_id=ticket_id,
        subject=subject,
        channel=like.channel,
        created_at=first,
        player_id=like.player_id,
        language=like.language,
    ).model_copy(update={"tier": like.tier, "licence": like.licence, "team_id": like.team_id})
    story = Story(Ticket(owner.brand, state, owner.visitor_id, owner.contact), actor=actor, now=now)
    story.opens(first)
    words = [copy_of(entry, id_) for entry, id_ in zip(entries, ids, strict=True)]
    copies(story, words[0])
    await tell_opening(session, story, audited=deed_on(witness, AuditAction.OPEN_TICKET, story.state))
    await timeline.mark_copied(session, owner.brand, words[0].id, entries[0].id)
    following = Story(story.ticket, actor=actor, now=now)
    for one in words[1:]:
        copies(following, one)
    if any(one.kind is MessageKind.REPLY and not one.automatic for one in words):
        following.tells(
            TicketStatusChanged, {"status": TicketStatus.OPEN}, before=TicketStatus.NEW, after=TicketStatus.OPEN
        )
    return await tell(session, following)


def copy_of(entry: Entry, id_: UUID, origin_id: UUID | None = None) -> Words:
    """Return words as another ticket tells them again; `origin_id` went up in that one and is whom they concern."""
    return Words(
        id_,
        MessageKind(entry.kind),
        entry.author,
        entry.text or "",
        entry.occurred_at,
        automatic=entry.automatic,
        attachments=entry.attachments,
        origin_id=origin_id,
        copied_from=entry.id,
    )
