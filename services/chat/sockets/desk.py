"""What the desk is told of tickets: that they changed, who has them, who is asked into them, and words among staff."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from services.chat.schemas.frames import author_member, encode, note_frame
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.hub import Hub, hub_of
from services.chat.sockets.places import PLAYERS
from shared.contracts.base import AuthorKind, Channel
from shared.contracts.tickets import (
    MessageAdded,
    MessageCorrected,
    MessageKind,
    ParticipantDeclined,
    ParticipantInvited,
    ParticipantJoined,
    ParticipantLeft,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationAccepted,
    TicketEscalationDeclined,
    TicketEscalationWithdrawn,
    TicketEvent,
    TicketOpened,
    TicketStatusChanged,
    TicketUpdated,
)
from shared.messaging.runtime import Ground
from shared.messaging.subscriptions import Received, listen

_STAFF: Final = frozenset({AuthorKind.STAFF})


async def show_ticket(ground: Ground, received: Received[Any]) -> None:
    """Show the desk that a ticket of the brand changed."""
    hub_of(ground).people.to_staff(received.brand, _ticket_frame(received.event))


async def show_words(ground: Ground, received: Received[MessageAdded]) -> None:
    """Show the desk that words came; live ones have frames of their own, and so have notes.

    A note goes in full to those of the staff who hear the conversation, which is on record; whom it calls is told so
    wherever he is.
    """
    event, brand, hub = received.event, received.brand, hub_of(ground)
    is_note = event.kind is MessageKind.NOTE
    if is_note or event.ticket.channel is not Channel.WEB:
        hub.people.to_staff(brand, _ticket_frame(event))
    if not is_note or event.copied_from is not None:
        return
    hub.conversations.send(brand, event.ticket_id, note_frame(event), only=_STAFF)
    _tell(hub, brand, event.mentions, encode("mentioned", id=event.message_id, **_about(event)))


async def follow_assignment(ground: Ground, received: Received[TicketAssigned]) -> None:
    """Let the new holder hear the conversation, the former one no more, and tell everyone concerned."""
    event, brand, hub = received.event, received.brand, hub_of(ground)
    hub.people.to_staff(brand, _ticket_frame(event))
    assigned = _assigned_frame(event)
    for former in _sockets(hub, brand, event.previous_assignee_id):
        former.push(assigned)
        if event.assignee_id != event.previous_assignee_id:
            _unfollow(hub, former, event.ticket_id)
    for holder in _sockets(hub, brand, event.assignee_id):
        holder.push(assigned)
        if event.ticket.channel is Channel.WEB:
            _follow(hub, holder, event.ticket_id)
    if event.assignee_id is not None:
        hub.places.taken(brand, event.ticket_id)
    joined = encode("assigned", ticket_id=event.ticket_id, assigned=event.assignee_id is not None)
    hub.conversations.send(brand, event.ticket_id, joined, only=PLAYERS)


async def call_invited(ground: Ground, received: Received[ParticipantInvited]) -> None:
    """Tell a person at once that he is asked into a conversation, by whom and why."""
    event, hub = received.event, hub_of(ground)
    hub.people.to_staff(received.brand, _ticket_frame(event))
    _tell(hub, received.brand, [event.staff_id], encode("invited", reason=event.reason, **_about(event)))


async def follow_guest(ground: Ground, received: Received[ParticipantJoined]) -> None:
    """Let a guest hear the conversation by himself from now on."""
    event, hub = received.event, hub_of(ground)
    hub.people.to_staff(received.brand, _ticket_frame(event))
    for guest in _sockets(hub, received.brand, event.staff_id):
        if event.ticket.channel is Channel.WEB:
            _follow(hub, guest, event.ticket_id)


async def unfollow_guest(ground: Ground, received: Received[ParticipantLeft]) -> None:
    """Let a guest hear the conversation no more, unless it is his own now; whoever was let go is told so."""
    event, hub = received.event, hub_of(ground)
    hub.people.to_staff(received.brand, _ticket_frame(event))
    parted = encode("parted", cause=event.cause.value, had_joined=event.had_joined, **_about(event))
    _tell(hub, received.brand, [event.staff_id], parted)
    if event.ticket.assignee_id != event.staff_id:
        for guest in _sockets(hub, received.brand, event.staff_id):
            _unfollow(hub, guest, event.ticket_id)


async def call_senior(ground: Ground, received: Received[TicketEscalated]) -> None:
    """Tell a senior at once that he is asked to take a ticket on."""
    event, hub = received.event, hub_of(ground)
    hub.people.to_staff(received.brand, _ticket_frame(event))
    if event.senior_id is not None:
        _tell(hub, received.brand, [event.senior_id], encode("asked", cause=event.cause, **_about(event)))


async def call_next_senior(ground: Ground, received: Received[TicketEscalationDeclined]) -> None:
    """Tell the next senior in line that he is asked now."""
    event, hub = received.event, hub_of(ground)
    hub.people.to_staff(received.brand, _ticket_frame(event))
    if event.next_senior_id is not None:
        _tell(hub, received.brand, [event.next_senior_id], encode("asked", cause=event.reason, **_about(event)))


def _follow(hub: Hub, socket: LiveSocket, ticket_id: UUID) -> None:
    """Tune a socket in that does not hear the conversation yet, also if its person had left it before."""
    if socket.muted:
        socket.muted.discard(ticket_id)
    if ticket_id not in socket.subscriptions:
        hub.spawn(_tune_in(hub, socket, ticket_id))


async def _tune_in(hub: Hub, socket: LiveSocket, ticket_id: UUID) -> None:
    await hub.conversations.tune_in(socket, {ticket_id: 0}, automatic=True)


def _unfollow(hub: Hub, socket: LiveSocket, ticket_id: UUID) -> None:
    """Tune a socket out that heard a conversation only because of what its person was in it."""
    heard = socket.subscriptions.get(ticket_id)
    if heard is not None and heard.automatic:
        hub.conversations.tune_out(socket, ticket_id)


def _tell(hub: Hub, brand: str, people: Iterable[str], frame: str) -> None:
    for staff_id in people:
        for socket in _sockets(hub, brand, staff_id):
            socket.push(frame)


def _sockets(hub: Hub, brand: str, staff_id: str | None) -> list[LiveSocket]:
    return [] if staff_id is None else hub.people.sockets_of(brand, AuthorKind.STAFF, staff_id)


def _about(event: TicketEvent) -> dict[str, object]:
    """Return which ticket something is about and who did it; nothing of what players wrote."""
    return {"ticket_id": event.ticket_id, "number": event.ticket.number, "by": author_member(event.actor)}


def _assigned_frame(event: TicketAssigned) -> str:
    over = {"taken_over_by": author_member(event.actor), "reason": event.reason} if event.taken_over else {}
    return encode("assigned", ticket_id=event.ticket_id, assignee_id=event.assignee_id, **over)


def _ticket_frame(event: Any) -> str:  # noqa: ANN401 - any fact about a ticket
    _, subject, fact, _ = type(event).type.split(".")
    named = fact if subject == "ticket" else f"{subject}_{fact}"
    return encode("ticket", fact=named, ticket=event.ticket.model_dump(mode="json"), occurred_at=event.occurred_at)


LISTENERS: Final = (
    listen(TicketOpened, show_ticket),
    listen(TicketStatusChanged, show_ticket),
    listen(TicketUpdated, show_ticket),
    listen(TicketEscalated, call_senior),
    listen(TicketEscalationDeclined, call_next_senior),
    listen(TicketEscalationAccepted, show_ticket),
    listen(TicketEscalationWithdrawn, show_ticket),
    listen(MessageAdded, show_words),
    listen(MessageCorrected, show_ticket),
    listen(TicketAssigned, follow_assignment),
    listen(ParticipantInvited, call_invited),
    listen(ParticipantJoined, follow_guest),
    listen(ParticipantDeclined, show_ticket),
    listen(ParticipantLeft, unfollow_guest),
)
