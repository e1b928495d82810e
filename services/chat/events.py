"""What chat does when other services tell something.

Tickets' stream is strict: a staff reply must find the session as it was when it was written, and `seq` follows the
timeline of the ticket.
"""

from contextlib import suppress
from typing import Final
from uuid import UUID, uuid5

from services.chat.domain.corrections import Correction
from services.chat.domain.errors import MessageNotFound, SessionNotFound
from services.chat.domain.rules import is_settled
from services.chat.domain.values import Details, Draft
from services.chat.use_cases import guests, holding, mailed, offering, ratings, reaching, silences
from services.chat.use_cases.correcting import correct_words
from services.chat.use_cases.posting import post_message
from services.chat.use_cases.sessions import assign_session, end_session
from shared.clock import SystemClock
from shared.contracts.base import AuthorKind
from shared.contracts.gateway import AccountChanged
from shared.contracts.intake import AttachmentReady, Sensitivity
from shared.contracts.notifications import MessageDispatched
from shared.contracts.tickets import (
    MessageAdded,
    MessageCorrected,
    MessageKind,
    ParticipantJoined,
    ParticipantLeft,
    Parting,
    TicketAssigned,
    TicketStatus,
    TicketStatusChanged,
    TicketUpdated,
)
from shared.db.engine import Session
from shared.messaging.subscriptions import Received, on

_CLOCK: Final = SystemClock()
_PLAYERS: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


async def append_reply_when_message_is_added(session: Session, received: Received[MessageAdded]) -> None:
    """Give a live reply its place in the transcript, under the same message id, even after the session ended.

    A reply in a ticket that others were merged into goes to their live conversations as well. What the player wrote by
    e-mail joins his conversation as long as it is open.
    """
    event = received.event
    if event.kind is MessageKind.MESSAGE and event.channel is not None and not event.automatic:
        await mailed.join(session, brand=received.brand, event=event)
    if event.kind is not MessageKind.REPLY or event.author.kind in _PLAYERS:
        return
    heard = [
        ticket_id
        for ticket_id in (*((event.ticket_id,) if event.live else ()), *event.also_for)
        if await _append(session, received, ticket_id)
    ]
    if event.contact is None or event.live:  # else it leaves by e-mail anyway
        await reaching.expect_reading(session, brand=received.brand, heard=heard, ticket=event.ticket, now=_CLOCK.now())


async def _append(session: Session, received: Received[MessageAdded], ticket_id: UUID) -> bool:
    """Append a reply to one conversation; a merged one has it under an id of its own, always the same.

    False if chat holds no such conversation.
    """
    event = received.event
    own = ticket_id == event.ticket_id
    message_id = event.message_id if own else uuid5(event.message_id, str(ticket_id))
    draft = Draft(
        ticket_id, event.author, event.text, message_id=message_id, said_at=event.occurred_at,
        attachments=event.attachments, details=Details(quick_replies=event.quick_replies),
    )  # fmt: skip
    try:
        await post_message(session, brand=received.brand, draft=draft, now=event.occurred_at)
    except SessionNotFound:
        return False
    await silences.watch(session, brand=received.brand, ticket_id=ticket_id, now=_CLOCK.now())
    return True


async def correct_reply_when_message_is_corrected(session: Session, received: Received[MessageCorrected]) -> None:
    """Correct or withdraw a reply in every conversation that was given it; players' corrections came from here."""
    event = received.event
    if event.kind is not MessageKind.REPLY:
        return
    for ticket_id in event.heard_in:
        own = ticket_id == event.ticket_id
        wish = Correction(
            ticket_id,
            event.message_id if own else uuid5(event.message_id, str(ticket_id)),
            event.actor,
            event.text,
            entry_id=event.correction_id if own else uuid5(event.correction_id, str(ticket_id)),
            said_at=event.occurred_at,
        )
        with suppress(SessionNotFound, MessageNotFound):
            await correct_words(session, brand=received.brand, wish=wish, now=event.occurred_at)


async def remember_holder_when_ticket_is_assigned(session: Session, received: Received[TicketAssigned]) -> None:
    """Know whose sockets hear the conversation by themselves, and tell its player who is with him."""
    event = received.event
    await assign_session(
        session, brand=received.brand, ticket_id=event.ticket_id, assignee_id=event.assignee_id,
        sequence=received.sequence,
    )  # fmt: skip
    await holding.tell_holder(session, brand=received.brand, ticket_id=event.ticket_id)
    if event.taken_over:
        await guests.take_over(
            session, brand=received.brand, ticket_id=event.ticket_id, name=event.actor.name, at=event.occurred_at
        )


async def let_guest_hear_when_participant_joins(session: Session, received: Received[ParticipantJoined]) -> None:
    """Somebody is in the conversation beside its holder: by his own deed, or because it was taken over from him."""
    event = received.event
    await guests.join(
        session, brand=received.brand, ticket_id=event.ticket_id, staff_id=event.staff_id, name=event.name,
        held=event.actor.id != event.staff_id, at=event.occurred_at,
    )  # fmt: skip


async def let_guest_go_when_participant_leaves(session: Session, received: Received[ParticipantLeft]) -> None:
    """Somebody is a guest of the conversation no more."""
    event = received.event
    await guests.leave(
        session, brand=received.brand, ticket_id=event.ticket_id, staff_id=event.staff_id, name=event.name,
        holds=event.cause is Parting.HOLDS, at=event.occurred_at,
    )  # fmt: skip


async def follow_status_when_it_changes(session: Session, received: Received[TicketStatusChanged]) -> None:
    """A solved ticket is asked about; a shut one takes no more words: the next ones open a new conversation."""
    event, brand = received.event, received.brand
    await silences.follow_ticket(session, brand=brand, ticket=event.ticket, now=_CLOCK.now())
    if is_settled(event.before) != is_settled(event.after):
        await holding.tell_holder(session, brand=brand, ticket_id=event.ticket_id)
    if event.after is TicketStatus.RESOLVED:
        await ratings.ask(session, brand=brand, ticket_id=event.ticket_id, now=_CLOCK.now())
    if event.after is TicketStatus.CLOSED:
        with suppress(SessionNotFound):
            await end_session(session, brand=brand, ticket_id=event.ticket_id, reason="closed", now=event.occurred_at)


async def keep_standing_when_ticket_is_updated(session: Session, received: Received[TicketUpdated]) -> None:
    """Another reason may concern safety: its player is not asked for a rating."""
    await silences.keep_standing(session, brand=received.brand, ticket=received.event.ticket)


async def note_outcome_when_message_is_dispatched(session: Session, received: Received[MessageDispatched]) -> None:
    """An e-mail left, or could not: staff see whether the player was reached."""
    event = received.event
    await reaching.note_outcome(
        session, brand=received.brand, ticket_id=event.ticket_id, batch_id=event.message_id, state=event.outcome
    )


async def keep_name_when_file_is_ready(session: Session, received: Received[AttachmentReady]) -> None:
    """A file that words carry has a name, told where it is not itself; those of documents are not."""
    event = received.event
    if event.public and event.sensitivity is Sensitivity.ORDINARY:
        await reaching.keep_file_name(
            session, brand=received.brand, ticket_id=event.ticket_id, attachment_id=event.attachment_id, name=event.name
        )


async def keep_account_when_it_changes(session: Session, received: Received[AccountChanged]) -> None:
    """Somebody of the staff takes work now, or no longer does."""
    await offering.keep_account(session, brand=received.brand, account=received.event, sequence=received.sequence)


SUBSCRIPTIONS: Final = (
    on(MessageAdded, append_reply_when_message_is_added, strict=True),
    on(MessageCorrected, correct_reply_when_message_is_corrected, strict=True),
    on(TicketAssigned, remember_holder_when_ticket_is_assigned, strict=True),
    on(TicketStatusChanged, follow_status_when_it_changes, strict=True),
    on(ParticipantJoined, let_guest_hear_when_participant_joins, strict=True),
    on(ParticipantLeft, let_guest_go_when_participant_leaves, strict=True),
    on(TicketUpdated, keep_standing_when_ticket_is_updated, strict=True),
    on(MessageDispatched, note_outcome_when_message_is_dispatched),
    on(AccountChanged, keep_account_when_it_changes),
    on(AttachmentReady, keep_name_when_file_is_ready),
)
