"""Facts of the other services that operators or players are told."""

from typing import Any, Final

from services.notifications.use_cases import mailing, telling
from shared.contracts import chat, chat_mail, gateway, sla, tickets
from shared.db.engine import Session
from shared.messaging.subscriptions import Received, Subscription, on


async def tell_operators(session: Session, received: Received[Any]) -> None:
    """Add a webhook delivery per matching endpoint."""
    await telling.tell_endpoints(
        session, brand=received.brand, event_id=received.id, event=received.event, sequence=received.sequence
    )


async def tell_operators_and_player(session: Session, received: Received[tickets.MessageAdded]) -> None:
    """Add webhook deliveries, and the mail if the words answer a player who reads them in the mailbox."""
    await tell_operators(session, received)
    await mailing.queue_reply(session, brand=received.brand, event=received.event)


async def remember_brand(session: Session, received: Received[gateway.BrandChanged]) -> None:
    """Keep the name and mailbox a brand writes under."""
    await mailing.remember_brand(session, event=received.event, sequence=received.sequence)


async def tell_what_was_not_read(session: Session, received: Received[chat_mail.RepliesUnread]) -> None:
    """Send a player by e-mail what he was answered in the chat and has not read there."""
    await mailing.queue_unread(session, brand=received.brand, event=received.event)


async def send_transcript(session: Session, received: Received[chat_mail.TranscriptRequested]) -> None:
    """Send a conversation to its player because somebody asked for it."""
    await mailing.queue_transcript(session, brand=received.brand, event=received.event)


SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (
    on(tickets.TicketOpened, tell_operators, strict=True),
    on(tickets.MessageAdded, tell_operators_and_player, strict=True),
    on(tickets.MessageCorrected, tell_operators, strict=True),
    on(tickets.TicketAssigned, tell_operators, strict=True),
    on(tickets.TicketStatusChanged, tell_operators, strict=True),
    on(tickets.TicketEscalated, tell_operators, strict=True),
    on(tickets.TicketUpdated, tell_operators, strict=True),
    on(tickets.TicketMerged, tell_operators, strict=True),
    on(tickets.TicketUnmerged, tell_operators, strict=True),
    on(tickets.TicketSplit, tell_operators, strict=True),
    on(tickets.ComplaintRegistered, tell_operators, strict=True),
    on(tickets.ComplaintChanged, tell_operators, strict=True),
    on(sla.ComplaintWarned, tell_operators, strict=True),
    on(sla.ComplaintBreached, tell_operators, strict=True),
    on(sla.ClockWarned, tell_operators, strict=True),
    on(sla.ClockBreached, tell_operators, strict=True),
    on(sla.ClockMet, tell_operators, strict=True),
    on(sla.ClockWithdrawn, tell_operators, strict=True),
    on(tickets.QueueStalled, tell_operators, strict=True),
    on(tickets.QueueRecovered, tell_operators, strict=True),
    on(chat.SessionStarted, tell_operators, strict=True),
    on(chat.SessionEnded, tell_operators, strict=True),
    on(chat.RatingGiven, tell_operators, strict=True),
    on(gateway.BrandChanged, remember_brand),
    on(chat_mail.RepliesUnread, tell_what_was_not_read),
    on(chat_mail.TranscriptRequested, send_transcript),
)
