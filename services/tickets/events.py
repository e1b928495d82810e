"""What tickets reacts to."""

from typing import Any, Final

from services.tickets.domain.audit import AuditAction, ForeignLook
from services.tickets.domain.conversations import Conversation
from services.tickets.use_cases import (
    arriving,
    auditing,
    claiming,
    complaining,
    correcting,
    reacting,
    staffing,
    taking_back,
)
from services.tickets.use_cases.announcing import PLACES, audience_of
from shared.clock import SystemClock
from shared.contracts.base import AuthorKind
from shared.contracts.chat import (
    ChatDataRead,
    MessageCorrected,
    MessagePosted,
    PresenceChanged,
    SessionClaimed,
    SessionEnded,
    SessionStarted,
    TranscriptRead,
)
from shared.contracts.chat_mail import ContactRead, RepliesUnread, TranscriptRequested
from shared.contracts.gateway import AccountChanged, BrandChanged
from shared.contracts.intake import AttachmentRejected, IntakeDataRead, MessageReceived
from shared.contracts.notifications import DeliveriesRead
from shared.contracts.sla import (
    ClockBreached,
    ClockCancelled,
    ClockEvent,
    ClockMet,
    ClockPaused,
    ClockStarted,
    ClockWarned,
    ClockWithdrawn,
    ComplaintBreached,
    ComplaintScheduled,
    ComplaintWarned,
)
from shared.contracts.tickets import QUEUES_WANTED_TOPIC
from shared.db.engine import Session
from shared.messaging.runtime import Ground
from shared.messaging.subscriptions import Received, Subscription, hear, on
from shared.telemetry import current_traceparent, parse_traceparent

_CLOCK: Final = SystemClock()
_CLOCK_FACTS: Final = (ClockStarted, ClockWarned, ClockMet, ClockPaused, ClockCancelled)

_SIGHTS: Final = (ChatDataRead, IntakeDataRead, DeliveriesRead)


async def remember_conversation_when_session_starts(session: Session, received: Received[SessionStarted]) -> None:
    """A live conversation began."""
    event = received.event
    conversation = Conversation(event.player, event.subject, event.language, event.started_at, event.reason, event.vip)
    await arriving.note_conversation(
        session, brand=received.brand, ticket_id=event.ticket_id, conversation=conversation
    )


async def add_words_when_message_posted(session: Session, received: Received[MessagePosted]) -> None:
    """Somebody spoke live."""
    await arriving.take_live_words(session, brand=received.brand, posted=received.event, now=_CLOCK.now())


async def correct_words_when_message_corrected(session: Session, received: Received[MessageCorrected]) -> None:
    """Somebody corrected or withdrew what he had said live."""
    await correcting.take_live_correction(session, brand=received.brand, corrected=received.event, now=_CLOCK.now())


async def close_conversation_when_session_ends(session: Session, received: Received[SessionEnded]) -> None:
    """A live conversation is over."""
    event = received.event
    await arriving.end_conversation(session, brand=received.brand, ticket_id=event.ticket_id, ended_at=event.ended_at)


async def hand_over_when_session_is_claimed(session: Session, received: Received[SessionClaimed]) -> None:
    """A visitor turned out to be a player."""
    await claiming.take_claim(session, brand=received.brand, claimed=received.event, now=_CLOCK.now())


async def add_words_when_message_received(session: Session, received: Received[MessageReceived]) -> None:
    """A message came in from an outside channel."""
    await arriving.take_received_words(session, brand=received.brand, received=received.event, now=_CLOCK.now())


async def note_when_file_is_refused(session: Session, received: Received[AttachmentRejected]) -> None:
    """A file that came in was not taken, or turned out to be harmful."""
    await arriving.note_refused_file(session, brand=received.brand, refused=received.event, now=_CLOCK.now())


async def escalate_when_clock_breached(session: Session, received: Received[ClockBreached]) -> None:
    """A promise was broken."""
    brand, breach, now = received.brand, received.event, _CLOCK.now()
    await reacting.keep_clock(session, brand=brand, clock=breach, sequence=received.sequence, now=now)
    await reacting.answer_breach(session, brand=brand, breach=breach, now=now)


async def keep_clock_when_it_moves(session: Session, received: Received[Any]) -> None:
    """A promise began, came near, was kept, stopped or ended."""
    clock: ClockEvent = received.event
    now = _CLOCK.now()
    await reacting.keep_clock(session, brand=received.brand, clock=clock, sequence=received.sequence, now=now)


async def take_back_when_breach_is_withdrawn(session: Session, received: Received[ClockWithdrawn]) -> None:
    """A promise was not broken after all."""
    brand, clock, now = received.brand, received.event, _CLOCK.now()
    await reacting.keep_clock(session, brand=brand, clock=clock, sequence=received.sequence, now=now)
    await taking_back.take_back_breach(session, brand=brand, withdrawn=clock, now=now)


async def keep_account_when_it_changes(session: Session, received: Received[AccountChanged]) -> None:
    """An account of the brand's staff changed."""
    await reacting.keep_account(session, brand=received.brand, account=received.event, sequence=received.sequence)
    await staffing.look_again(session, brand=received.brand, since=received.event.changed_at, now=_CLOCK.now())


async def keep_presence_when_it_changes(session: Session, received: Received[PresenceChanged]) -> None:
    """A person came to or left the desk."""
    event = received.event
    await staffing.keep_presence(session, brand=received.brand, changed=event, now=_CLOCK.now())


async def keep_brand_when_it_changes(session: Session, received: Received[BrandChanged]) -> None:
    """A brand was created or edited."""
    await reacting.keep_brand(session, brand=received.event, sequence=received.sequence)


async def acknowledge_when_complaint_is_scheduled(session: Session, received: Received[ComplaintScheduled]) -> None:
    """A complaint's legal time is known."""
    await complaining.take_schedule(session, brand=received.brand, told=received.event, now=_CLOCK.now())


async def note_when_complaint_is_warned(session: Session, received: Received[ComplaintWarned]) -> None:
    """A part of a complaint's legal time is gone."""
    await complaining.note_warning(session, brand=received.brand, told=received.event, now=_CLOCK.now())


async def draft_letter_when_complaint_is_overdue(session: Session, received: Received[ComplaintBreached]) -> None:
    """A complaint's legal time is over."""
    await complaining.take_breach(session, brand=received.brand, told=received.event, now=_CLOCK.now())


async def tell_places_when_wanted(ground: Ground, payload: dict[str, Any]) -> None:
    """Somebody wants to know where the tickets of a brand wait."""
    audience_of(ground.extras).want(payload["brand"], ground.clock.now())
    ground.wake(PLACES)


async def record_look_when_transcript_is_read(session: Session, received: Received[TranscriptRead]) -> None:
    """Staff or a server looked at a conversation in chat."""
    read = received.event
    look = ForeignLook(
        AuditAction.READ_TRANSCRIPT if read.message_id is None else AuditAction.READ_HISTORY,
        read.ticket_id,
        read.reader,
        read.reason,
        read.request_id,
        read.read_at,
        narrowed={
            "after_seq": read.after_seq or None,
            "listening": read.listening,
            "message_id": None if read.message_id is None else str(read.message_id),
        },
    )
    await auditing.record_foreign_look(session, brand=received.brand, look=look, trace_id=_trace_id())


async def note_address_when_replies_are_unread(session: Session, received: Received[RepliesUnread]) -> None:
    """A live player is told by e-mail what he has not read: from there he may answer."""
    event = received.event
    await arriving.note_written_to(
        session, brand=received.brand, ticket_id=event.ticket_id, contact=event.contact, now=_CLOCK.now()
    )


async def note_address_when_transcript_is_requested(session: Session, received: Received[TranscriptRequested]) -> None:
    """A live conversation goes to its player by e-mail: from there he may answer; staff who sent it are on record."""
    event = received.event
    await arriving.note_written_to(
        session, brand=received.brand, ticket_id=event.ticket_id, contact=event.contact, now=_CLOCK.now()
    )
    if event.requested_by.kind is AuthorKind.STAFF:
        look = ForeignLook(
            AuditAction.SEND_TRANSCRIPT, event.ticket_id, event.requested_by, None, event.request_id, event.requested_at
        )
        await auditing.record_foreign_look(session, brand=received.brand, look=look, trace_id=_trace_id())


async def record_look_when_contact_is_read(session: Session, received: Received[ContactRead]) -> None:
    """Staff or a server looked at how a live player is reached."""
    read = received.event
    look = ForeignLook(
        AuditAction.READ_CONTACT, read.ticket_id, read.reader, read.reason, read.request_id, read.read_at
    )
    await auditing.record_foreign_look(session, brand=received.brand, look=look, trace_id=_trace_id())


def _trace_id() -> str | None:
    trace = parse_traceparent(current_traceparent())
    return trace.trace_id if trace else None


async def record_sight_when_player_data_is_read(session: Session, received: Received[Any]) -> None:
    """Staff or a server saw or changed players' data that another service keeps."""
    await auditing.record_sight(session, brand=received.brand, read=received.event, trace_id=_trace_id())


SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (
    on(SessionStarted, remember_conversation_when_session_starts, strict=True),
    on(MessagePosted, add_words_when_message_posted, strict=True),
    on(MessageCorrected, correct_words_when_message_corrected, strict=True),
    on(SessionClaimed, hand_over_when_session_is_claimed, strict=True),
    on(SessionEnded, close_conversation_when_session_ends, strict=True),
    on(MessageReceived, add_words_when_message_received),
    on(AttachmentRejected, note_when_file_is_refused),
    on(ClockBreached, escalate_when_clock_breached),
    *(on(fact, keep_clock_when_it_moves) for fact in _CLOCK_FACTS),
    on(ClockWithdrawn, take_back_when_breach_is_withdrawn),
    on(AccountChanged, keep_account_when_it_changes),
    on(BrandChanged, keep_brand_when_it_changes),
    on(ComplaintScheduled, acknowledge_when_complaint_is_scheduled),
    on(ComplaintWarned, note_when_complaint_is_warned),
    on(ComplaintBreached, draft_letter_when_complaint_is_overdue),
    on(PresenceChanged, keep_presence_when_it_changes),
    on(TranscriptRead, record_look_when_transcript_is_read),
    on(RepliesUnread, note_address_when_replies_are_unread),
    on(TranscriptRequested, note_address_when_transcript_is_requested),
    on(ContactRead, record_look_when_contact_is_read),
    *(on(fact, record_sight_when_player_data_is_read) for fact in _SIGHTS),
)

LISTENERS: Final = (hear(QUEUES_WANTED_TOPIC, tell_places_when_wanted),)
