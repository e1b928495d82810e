"""What chat does when other services tell something.

Tickets' stream is strict: a staff reply must find the session as it was when it was written, and `seq` follows the
timeline of the ticket.
"""

from typing import Final
from uuid import UUID, uuid5

from services.chat.domain.errors import SessionNotFound
from services.chat.domain.values import Draft
from services.chat.use_cases.posting import post_message
from services.chat.use_cases.sessions import assign_session, end_session
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import MessageAdded, MessageKind, TicketAssigned, TicketStatus, TicketStatusChanged
from shared.db.engine import Session
from shared.messaging.subscriptions import Received, on

_PLAYERS: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


async def append_reply_when_message_is_added(session: Session, received: Received[MessageAdded]) -> None:
    """Give a live reply its place in the transcript, under the same message id, even after the session ended.

    A reply in a ticket that others were merged into goes to their live conversations as well.
    """
    event = received.event
    if event.kind is not MessageKind.REPLY or event.author.kind in _PLAYERS:
        return
    for ticket_id in (*((event.ticket_id,) if event.live else ()), *event.also_for):
        await _append(session, received, ticket_id)


async def _append(session: Session, received: Received[MessageAdded], ticket_id: UUID) -> None:
    """Append a reply to one conversation; a merged one has it under an id of its own, always the same."""
    event = received.event
    own = ticket_id == event.ticket_id
    message_id = event.message_id if own else uuid5(event.message_id, str(ticket_id))
    draft = Draft(
        ticket_id, event.author, event.text, message_id=message_id, said_at=event.occurred_at,
        attachments=event.attachments,
    )  # fmt: skip
    try:
        await post_message(session, brand=received.brand, draft=draft, now=event.occurred_at)
    except SessionNotFound:
        return


async def remember_holder_when_ticket_is_assigned(session: Session, received: Received[TicketAssigned]) -> None:
    """Know whose sockets hear the conversation by themselves."""
    event = received.event
    await assign_session(
        session, brand=received.brand, ticket_id=event.ticket_id, assignee_id=event.assignee_id,
        sequence=received.sequence,
    )  # fmt: skip


async def end_session_when_ticket_is_closed(session: Session, received: Received[TicketStatusChanged]) -> None:
    """A shut ticket takes no more words; the player's next ones open a new conversation."""
    event = received.event
    if event.after is not TicketStatus.CLOSED:
        return
    try:
        await end_session(
            session, brand=received.brand, ticket_id=event.ticket_id, reason="closed", now=event.occurred_at
        )
    except SessionNotFound:
        return


SUBSCRIPTIONS: Final = (
    on(MessageAdded, append_reply_when_message_is_added, strict=True),
    on(TicketAssigned, remember_holder_when_ticket_is_assigned, strict=True),
    on(TicketStatusChanged, end_session_when_ticket_is_closed, strict=True),
)
