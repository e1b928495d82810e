"""What intake reacts to. Every handler commutes: tickets are owned, and files carried, in whatever order it is told."""

from typing import Final

from services.intake.domain.attachments import USUAL_TERMS, Carried, Terms
from services.intake.use_cases import attachments, mail
from services.intake.use_cases.owning import remember_owner
from shared.clock import SystemClock
from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import MessagePosted, SessionStarted
from shared.contracts.gateway import BrandChanged
from shared.contracts.tickets import MessageAdded, MessageCorrected, MessageKind, TicketOpened
from shared.db.engine import Session
from shared.messaging.subscriptions import Received, Subscription, on

_CLOCK: Final = SystemClock()


async def remember_brand_when_it_changes(session: Session, received: Received[BrandChanged]) -> None:
    """A brand was created or edited."""
    await mail.remember_brand(session, event=received.event, sequence=received.sequence, now=_CLOCK.now())


async def remember_owner_when_session_starts(session: Session, received: Received[SessionStarted]) -> None:
    """A player or visitor opened a live conversation."""
    event = received.event
    await remember_owner(session, brand=received.brand, ticket_id=event.ticket_id, owner=event.player)


async def remember_owner_when_ticket_opens(session: Session, received: Received[TicketOpened]) -> None:
    """A ticket was opened, by its player or visitor or for a player."""
    event = received.event
    owner = _player(event.ticket.player_id) or event.actor
    await remember_owner(session, brand=received.brand, ticket_id=event.ticket_id, owner=owner)


async def hide_when_words_are_withdrawn(session: Session, received: Received[MessageCorrected]) -> None:
    """Words were withdrawn with the files they carried."""
    event = received.event
    if event.text is None:
        carried = Carried(event.ticket_id, event.message_id, event.attachments, public=False, speakers=(event.author,))
        await attachments.hide(session, brand=received.brand, carried=carried)


def carrying(terms: Terms) -> tuple[Subscription, ...]:
    """Return what lets words carry files, which stay as long as `terms` say."""

    async def carry_when_message_is_posted(session: Session, received: Received[MessagePosted]) -> None:
        """Somebody spoke live: chat has made sure that it is his conversation. Of e-mails tickets tells."""
        event = received.event
        if event.author.kind is not AuthorKind.STAFF and event.channel is None:
            carried = Carried(
                event.ticket_id, event.message_id, event.attachments, public=True, speakers=(event.author,)
            )
            await attachments.carry(session, brand=received.brand, carried=carried, terms=terms, now=_CLOCK.now())

    async def carry_when_message_is_added(session: Session, received: Received[MessageAdded]) -> None:
        """Words joined a ticket: tickets has made sure that their speaker may speak there."""
        event = received.event
        owner = _player(event.ticket.player_id)
        if owner is not None:
            await remember_owner(session, brand=received.brand, ticket_id=event.ticket_id, owner=owner)
        if event.copied_from is not None:
            return
        carried = Carried(
            event.ticket_id,
            event.message_id,
            event.attachments,
            public=event.kind is not MessageKind.NOTE,
            speakers=(event.author, event.actor),
            reason=event.ticket.reason,
        )
        await attachments.carry(session, brand=received.brand, carried=carried, terms=terms, now=_CLOCK.now())

    return (
        on(MessagePosted, carry_when_message_is_posted, wanted=_has_files),
        on(MessageAdded, carry_when_message_is_added, wanted=_has_files),
    )


def _has_files(event: MessagePosted | MessageAdded | MessageCorrected) -> bool:
    return bool(event.attachments)


def _player(player_id: str | None) -> Author | None:
    return None if player_id is None else Author(kind=AuthorKind.PLAYER, id=player_id)


OWNING: Final[tuple[Subscription, ...]] = (
    on(BrandChanged, remember_brand_when_it_changes),
    on(SessionStarted, remember_owner_when_session_starts),
    on(TicketOpened, remember_owner_when_ticket_opens),
    on(MessageCorrected, hide_when_words_are_withdrawn, wanted=_has_files),
)
SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (*OWNING, *carrying(USUAL_TERMS))
