"""Noticing complaints in what is told about tickets, and entering them into the register."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from services.tickets.domain import complaints as rules
from services.tickets.domain.complaints import Complaint, Move, Record
from services.tickets.domain.merging import same_person
from services.tickets.domain.phrases import is_complaint
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.queries import complaints as queries
from services.tickets.queries import merges
from services.tickets.settings import complaint_lexicon, complaint_rules, licences
from services.tickets.use_cases.queueing import follow_due
from services.tickets.use_cases.reaching import said_by_player
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import (
    ComplaintChanged,
    ComplaintRegistered,
    ComplaintState,
    ComplaintStep,
    MessageAdded,
    MessageCorrected,
    MessageKind,
    TicketOpened,
    TicketState,
    TicketUpdated,
)
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record

REGISTER = Author(kind=AuthorKind.SYSTEM, id="complaints")
_COMPLAINTS = "CMP."


class Complaining(NamedTuple):
    """Words of a player that may complain, and since when they are there."""

    author: Author
    text: str
    occurred_at: datetime


def players_words(story: Story) -> list[MessageAdded]:
    """Return what the player himself said in a story."""
    return [
        event
        for event in story.events
        if isinstance(event, MessageAdded)
        and event.kind is MessageKind.MESSAGE
        and not (event.automatic or event.copied_from)
    ]


def complaining_words(story: Story) -> Complaining | None:
    """Return the first words of the player in a story that complain, those he corrected himself to included."""
    lexicon = complaint_lexicon()
    said = (Complaining(one.author, one.text, one.occurred_at) for one in players_words(story))
    corrected = (
        Complaining(one.author, one.text or "", one.occurred_at)
        for one in story.events
        if isinstance(one, MessageCorrected) and one.kind is MessageKind.MESSAGE and one.copied_from is None
    )
    return next((words for words in chain(said, corrected) if is_complaint(words.text, lexicon)), None)


def is_given_reason(story: Story) -> bool:
    """True if the story gives the ticket its reason, or another one."""
    return any(
        isinstance(event, TicketOpened) or (isinstance(event, TicketUpdated) and "reason" in event.changes)
        for event in story.events
    )


def is_reason_of_complaint(story: Story) -> bool:
    """True if the story gives the ticket a reason that is a complaint."""
    return is_given_reason(story) and is_reason_of_complaints(story.state.reason)


def is_reason_of_complaints(code: str | None) -> bool:
    """True if a reason with this code says that the player complains."""
    return (code or "").startswith(_COMPLAINTS)


async def notice(session: Session, story: Story) -> None:
    """Do what a story means for the register: detect a complaint, or tell the open one what it must know.

    A paused one goes on at its player's words; one whose ticket gets a reason of safer gambling is about that.
    """
    words, reasoned = players_words(story), is_given_reason(story)
    known = None
    if story.state.complaint_id is not None and (words or reasoned):
        known = await queries.complaint_of(session, story.ticket.brand, story.state.complaint_id, lock=True)
    if known is not None and known.state.step is ComplaintStep.PAUSED:
        known = await _go_on(session, story, known, words)
    if known is not None and reasoned:
        await _upgrade(session, story, known)
    found = complaining_words(story)
    by_reason = is_reason_of_complaint(story)
    if found is None and not by_reason:
        return
    # Once a complaint is over the player's own words make a new one; another reason for its ticket does not.
    over = known is not None and rules.is_over(known.state.step)
    if story.state.complaint_id is not None and (found is None or not over):
        return
    said = (found.text, found.occurred_at) if found else None
    author = found.author if found else None
    # In a ticket that another player's was merged into, the complaint is his who said it.
    by = author.id if author is not None and author.kind is AuthorKind.PLAYER else story.state.player_id
    await detect_complaint(session, story, words=said, player_id=by)


async def detect_complaint(
    session: Session,
    story: Story,
    *,
    words: tuple[str, datetime] | None = None,
    type_: str | None = None,
    details: str | None = None,
    player_id: str | None = None,
) -> Complaint:
    """Register the complaint of a locked ticket and note it in the ticket's story.

    It is as old as the words that complain, else as the player's first ones (also in what was merged in), else as the
    ticket. Whoever has the ticket and may be meant has it no more.
    """
    brand, ticket = story.ticket.brand, story.state
    said = words or await _first_words(session, story.ticket) or (ticket.subject, ticket.created_at)
    complaint = await _new(session, story, said, type_, details, player_id or ticket.player_id)
    await queries.insert_complaint(session, complaint)
    await record(
        session,
        ComplaintRegistered(
            complaint_id=complaint.state.id, complaint=complaint.state, actor=story.actor, occurred_at=story.now
        ),
        brand=brand,
        sequence=complaint.state.version,
        at=story.now,
    )
    actor, story.actor = story.actor, REGISTER
    story.edits({"complaint_id": complaint.state.id})
    if story.state.assignee_id in await queries.barred_from(session, brand, story.state):
        story.hands_over(None, None)
    story.actor = actor
    return complaint


async def is_complaint_open(session: Session, brand: str, complaint_id: UUID | None) -> bool:
    """True if a ticket with this complaint must not be closed yet."""
    return await open_complaint(session, brand, complaint_id) is not None


async def open_complaint(session: Session, brand: str, complaint_id: UUID | None) -> Complaint | None:
    """Return the complaint of a ticket unless it has none or it is over."""
    if complaint_id is None:
        return None
    complaint = await queries.complaint_of(session, brand, complaint_id)
    return None if complaint is None or rules.is_over(complaint.state.step) else complaint


async def tell_change(
    session: Session, before: Complaint, after: Complaint, *, actor: Author, now: datetime
) -> Complaint:
    """Store a locked complaint as it is now and tell that it changed."""
    await queries.save_complaint(session, after)
    fact = ComplaintChanged(
        complaint_id=after.state.id,
        complaint=after.state,
        actor=actor,
        occurred_at=now,
        before=before.state.step,
        after=after.state.step,
    )
    await record(session, fact, brand=after.brand, sequence=after.state.version, at=now)
    await follow_due(session, brand=after.brand, ticket_id=after.state.ticket_id, now=now)
    return after


async def _first_words(session: Session, ticket: Ticket) -> tuple[str, datetime] | None:
    members = await merges.members_of(session, ticket.brand, ticket.state.id)
    his = [ticket.state.id, *(one.state.id for one in members if same_person(one, ticket))]
    return await queries.first_words(session, ticket.brand, his)


async def _new(
    session: Session,
    story: Story,
    said: tuple[str, datetime],
    type_: str | None,
    details: str | None,
    player_id: str | None,
) -> Complaint:
    brand, ticket = story.ticket.brand, story.state
    known = await queries.brand_of(session, brand)
    licence = ticket.licence or (known.licence if known else None)
    chosen = type_ or rules.type_of_reason(ticket.reason)
    earlier = await queries.count_of_ticket(session, brand, ticket.id)
    state = ComplaintState(
        id=new_id(),
        ticket_id=ticket.id,
        number=rules.number_of(ticket.number, earlier),
        player_id=player_id,
        step=ComplaintStep.REGISTERED,
        type=chosen,
        jurisdiction=licence if licence in licences() else rules.DEFAULT,
        licence=licence,
        channel=ticket.channel,
        language=_language(ticket, known.default_language if known else None),
        received_at=said[1],
        rg_related=rules.is_about_safety(chosen, ticket.reason),
        owner_id=None,
        version=1,
    )
    move = Move(ComplaintStep.DETECTED, ComplaintStep.REGISTERED, story.actor.id, story.now)
    rules.check_move(complaint_rules(), move.before, move.after)
    return Complaint(brand, state, Record(details=details or said[0]), moves=[move])


async def _go_on(session: Session, story: Story, complaint: Complaint, words: Sequence[MessageAdded]) -> Complaint:
    """End the pause of a complaint if whoever complained spoke; another person in the ticket ends nothing."""
    player = await _complainer(session, story, complaint, words)
    if player is None:
        return complaint
    move = Move(complaint.state.step, ComplaintStep.INVESTIGATING, player.id, story.now, "player reply")
    going = rules.moved(complaint, complaint_rules(), move, pauses=rules.resumed(complaint, story.now))
    return await tell_change(session, complaint, going, actor=player, now=story.now)


async def _complainer(
    session: Session, story: Story, complaint: Complaint, words: Sequence[MessageAdded]
) -> Author | None:
    """Return the author of the first words that are the complaining person's own.

    Another one's reach the ticket if his was merged into it by force, and he may have complained before his left it.
    """
    ticket = story.ticket
    his = await said_by_player(session, ticket, complaint.state.player_id)
    if complaint.state.player_id not in {None, his.state.player_id}:
        return None
    members: dict[UUID | None, Ticket] = {}
    if any(one.origin_id is not None for one in words):
        members = {one.state.id: one for one in await merges.members_of(session, ticket.brand, ticket.state.id)}
    for one in words:
        said_to = members.get(one.origin_id, ticket)
        if said_to.state.id == his.state.id or same_person(said_to, his):
            return one.author
    return None


async def _upgrade(session: Session, story: Story, complaint: Complaint) -> None:
    grave = rules.upgraded(complaint, story.state.reason)
    if grave is not None:
        # The move that ended a pause in this very story is stored already.
        await tell_change(session, complaint, replace(grave, moves=[]), actor=story.actor, now=story.now)


def _language(ticket: TicketState, default: str | None) -> str | None:
    return ticket.language or default
