"""Words that come from chat and intake: they open a ticket or join one, and are never refused."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

import structlog

from services.tickets.domain import access
from services.tickets.domain.conversations import Conversation
from services.tickets.domain.reasons import Reason
from services.tickets.domain.tickets import Story, Ticket, Words, unopened
from services.tickets.domain.tiers import tier_of_claim
from services.tickets.domain.words import mended, subject_line
from services.tickets.queries import copies, kept, timeline
from services.tickets.use_cases.following import take_words
from services.tickets.use_cases.opening import tier_at_opening
from services.tickets.use_cases.reaching import Landing, landing
from services.tickets.use_cases.telling import tell, tell_opening
from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.chat import MessagePosted
from shared.contracts.intake import AttachmentRejected, MessageReceived
from shared.contracts.tickets import MessageKind
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact

_INTAKE = Author(kind=AuthorKind.SYSTEM, id="intake")
_logger = structlog.get_logger(module=__name__)


async def note_conversation(session: Session, *, brand: str, ticket_id: UUID, conversation: Conversation) -> None:
    """Remember who talks live; the first words will open the ticket."""
    await copies.save_conversation(session, brand, ticket_id, conversation)


async def end_conversation(session: Session, *, brand: str, ticket_id: UUID, ended_at: datetime) -> None:
    """Remember that a live conversation is over; its ticket lives on, and chat still delivers answers to it."""
    await copies.end_conversation(session, brand, ticket_id, ended_at)


async def note_written_to(session: Session, *, brand: str, ticket_id: UUID, contact: ContactRef, now: datetime) -> None:
    """Remember where the player of a live conversation gets e-mails about it: what he writes from there is his."""
    await copies.note_written_to(session, brand, ticket_id, contact.address, at=now)


async def take_live_words(session: Session, *, brand: str, posted: MessagePosted, now: datetime) -> None:
    """Add what a player or visitor said live, at the moment of saying; the first words open the ticket.

    Staff's and the bot's words, and the player's e-mails, entered through this service and are in the timeline already.
    """
    if posted.author.kind not in {AuthorKind.PLAYER, AuthorKind.VISITOR} or posted.channel is not None:
        return
    text = "" if posted.attachments and not posted.text.strip() else redact(mended(posted.text))
    words = Words(
        posted.message_id, MessageKind.MESSAGE, posted.author, text, posted.sent_at, attachments=posted.attachments
    )
    landed = await landing(session, brand, posted.ticket_id)
    if landed is not None:
        story = Story(landed.ticket, actor=posted.author, now=now)
        story.says(replace(words, origin_id=landed.origin_id))
        await tell(session, story)
        return
    conversation = await copies.conversation(session, brand, posted.ticket_id)
    reason = await _reason(session, brand, conversation, now)
    ticket = _live_ticket(brand, posted, conversation, text, reason)
    told = tier_of_claim(conversation.vip) if conversation else None
    tier = await tier_at_opening(session, brand, ticket.state.player_id, told)
    ticket = replace(ticket, state=ticket.state.model_copy(update={"tier": tier}))
    story = Story(ticket, actor=posted.author, now=now)
    story.opens(posted.sent_at)
    story.says(words)
    await tell_opening(session, story)


async def take_received_words(session: Session, *, brand: str, received: MessageReceived, now: datetime) -> None:
    """Add a message of an outside channel to the ticket it belongs to, or open one.

    A robot's message opens nothing and reopens nothing. Words of somebody who is not the ticket's contact become a note
    for the staff: a forwarded address must not let a stranger speak as the player. The player of a live conversation is
    whoever writes from where he got e-mails about it.
    """
    if await timeline.has_entry(session, brand, received.message_id):
        return
    received = received.model_copy(update={"contact": access.storable_contact(received.contact)})
    landed = None if received.ticket_id is None else await landing(session, brand, received.ticket_id)
    if landed is not None:
        await _join(session, brand, landed, received, now)
    elif received.automatic:
        _logger.info("automatic_message_opened_nothing", message_id=str(received.message_id), channel=received.channel)
    else:
        await _open_for(session, brand, received, now)


async def _join(session: Session, brand: str, landed: Landing, received: MessageReceived, now: datetime) -> None:
    text = _text_of(received)
    ticket = landed.ticket
    if access.is_contact(received.contact, ticket):
        ticket = replace(ticket, contact=access.merged_contact(ticket.contact, received.contact))
    said_to, came_by = landed.said_to, None
    if access.is_contact(received.contact, said_to):
        author = access.author_of_contact(received.contact, said_to.state.player_id)
        kind = MessageKind.MESSAGE
    elif await copies.was_written_to(session, brand, said_to.state.id, received.contact.address):
        author = access.author_who_was_written_to(received.contact, said_to)
        kind, came_by = MessageKind.MESSAGE, received.contact
    else:
        text = access.note_of_third_party(received.contact, text)
        author, kind = _INTAKE, MessageKind.NOTE
    words = Words(received.message_id, kind, author, text, received.received_at, automatic=received.automatic)
    words = replace(words, origin_id=landed.origin_id, came_by=came_by, attachments=received.attachments)
    await take_words(session, ticket, words, actor=author, now=now)


async def _open_for(session: Session, brand: str, received: MessageReceived, now: datetime) -> None:
    text = _text_of(received)
    author = access.author_of_contact(received.contact, None)
    state = unopened(
        ticket_id=new_id(),
        subject=subject_line(redact(received.subject, allow=frozenset({received.contact.address})), text),
        channel=received.channel,
        created_at=received.received_at,
        language=received.language,
    )
    story = Story(Ticket(brand, state, contact=received.contact), actor=author, now=now)
    story.opens(received.received_at)
    words = Words(received.message_id, MessageKind.MESSAGE, author, text, received.received_at)
    story.says(replace(words, attachments=received.attachments))
    await tell_opening(session, story)


def _text_of(received: MessageReceived) -> str:
    """Return the words as they are kept; files without a word need none."""
    if received.attachments and not received.text.strip():
        return ""
    return redact(mended(received.text), allow=frozenset({received.contact.address}))


async def note_refused_file(session: Session, *, brand: str, refused: AttachmentRejected, now: datetime) -> None:
    """Note in the ticket which file of a mail was not taken and why: its sender was told nothing.

    Of an upload its sender was told, and the desk sees what became of it.
    """
    note_id = uuid5(refused.attachment_id, "refused")
    if refused.channel is None or refused.ticket_id is None or await timeline.has_entry(session, brand, note_id):
        return
    landed = await landing(session, brand, refused.ticket_id)
    if landed is None:
        return
    why = refused.detail or refused.reason
    text = f"A file that came by {refused.channel} was not taken: {refused.name} ({why})."
    words = Words(note_id, MessageKind.NOTE, _INTAKE, redact(mended(text)), refused.rejected_at, automatic=True)
    await take_words(session, landed.ticket, words, actor=_INTAKE, now=now)


async def _reason(session: Session, brand: str, conversation: Conversation | None, now: datetime) -> Reason | None:
    """Return the reason that a player chose before he spoke; one that is none is no reason to refuse his words."""
    if conversation is None or conversation.reason is None:
        return None
    reason = (await kept.TAXONOMIES.of(session, brand, now)).reasons.get(conversation.reason)
    return reason if reason is not None and reason.active else None


def _live_ticket(
    brand: str, posted: MessagePosted, conversation: Conversation | None, text: str, reason: Reason | None
) -> Ticket:
    """Return the ticket that the first live words open; the conversation says whose it is, else the words do."""
    player = conversation.player if conversation else posted.author
    wish = redact(conversation.subject) if conversation and conversation.subject else None
    state = unopened(
        ticket_id=posted.ticket_id,
        subject=subject_line(wish, text),
        channel=Channel.WEB,
        created_at=posted.sent_at,
        player_id=player.id if player.kind is AuthorKind.PLAYER else None,
        language=conversation.language if conversation else None,
        reason=reason,
    )
    visitor = player.id if player.kind is AuthorKind.VISITOR else None
    return Ticket(brand, state, visitor_id=visitor, live=True)
