"""Hints that reach every process: committed words and facts, and passing signals. Any of them may be lost."""

from typing import Any, Final
from uuid import UUID

from services.chat.domain.values import CloseCode, Receipt
from services.chat.schemas.frames import encode, from_payload
from services.chat.sockets import desk
from services.chat.sockets.frames import TYPING_TOPIC
from services.chat.sockets.heartbeat import RECEIPT_TOPIC
from services.chat.sockets.hub import (
    BANS_TOPIC,
    INACTIVE_TOPIC,
    PEOPLE_TOPIC,
    PRESENCE_TOPIC,
    SAID_TOPIC,
    hub_of,
)
from services.chat.sockets.places import PLAYERS
from services.chat.sockets.viewing import VIEWERS_TOPIC
from services.chat.use_cases.offering import waits_of
from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import PresenceChanged, RatingGiven, RatingRequested, SessionClaimed, SessionEnded
from shared.contracts.gateway import AccountChanged
from shared.contracts.intake import AttachmentReady, AttachmentRejected
from shared.contracts.sla import BOARD_TOPIC
from shared.contracts.tickets import (
    QUEUES_TOPIC,
    QueueRecovered,
    QueueStalled,
)
from shared.messaging.runtime import Ground
from shared.messaging.subscriptions import Received, hear, listen


async def deliver_messages(ground: Ground, payload: dict[str, Any]) -> None:
    """Send what another process has committed to the sockets here that hear it; what is lost shows at the next ping."""
    hub = hub_of(ground)
    if payload["process"] == str(hub.process_id):
        return
    for told in payload["said"]:
        brand, message = from_payload(told)
        hub.conversations.deliver(brand, message)


async def tell_end(ground: Ground, received: Received[SessionEnded]) -> None:
    """Tell everyone who hears a conversation that it has ended."""
    event = received.event
    frame = encode("ended", ticket_id=event.ticket_id, reason=event.reason, ended_at=event.ended_at)
    hub_of(ground).conversations.send(received.brand, event.ticket_id, frame)


async def part_from_visitor(ground: Ground, received: Received[SessionClaimed]) -> None:
    """End the sockets of a visitor who goes on as a player."""
    hub = hub_of(ground)
    for socket in hub.people.sockets_of(received.brand, AuthorKind.VISITOR, received.event.visitor.id):
        socket.close(CloseCode.REPLACED)


async def ask_for_rating(ground: Ground, received: Received[RatingRequested]) -> None:
    """Ask the player how the conversation was; a widget that was closed learns it from the transcript."""
    event = received.event
    frame = encode("rating_request", ticket_id=event.ticket_id)
    hub_of(ground).conversations.send(received.brand, event.ticket_id, frame, only=PLAYERS)


async def tell_rating(ground: Ground, received: Received[RatingGiven]) -> None:
    """Tell those of the staff who hear a conversation how its player liked it."""
    event = received.event
    frame = encode(
        "rated", ticket_id=event.ticket_id, round=event.round, score=event.score, comment=event.comment,
        rated_at=event.rated_at,
    )  # fmt: skip
    hub_of(ground).conversations.send(received.brand, event.ticket_id, frame, only=frozenset({AuthorKind.STAFF}))


async def turn_out(ground: Ground, payload: dict[str, Any]) -> None:
    """Tell a person that he is banned, and until when, and close his sockets."""
    hub_of(ground).people.turn_out(payload)


async def tell_presence(ground: Ground, received: Received[PresenceChanged]) -> None:
    """Tell the desk who came or left."""
    event = received.event
    frame = encode("presence", kind="staff", staff_id=event.staff_id, online=event.connected)
    hub_of(ground).people.to_staff(received.brand, frame)


async def tell_account(ground: Ground, received: Received[AccountChanged]) -> None:
    """Tell the desk who somebody is now and whether he takes work; whose account was switched off loses his sockets."""
    event, hub = received.event, hub_of(ground)
    told = event.model_dump(mode="json", exclude={"membership_id"})
    hub.people.to_staff(received.brand, encode("account", **told))
    if event.active:
        return
    for socket in hub.people.sockets_of(received.brand, AuthorKind.STAFF, event.staff_id):
        socket.close(CloseCode.FORBIDDEN)


async def pass_on(ground: Ground, payload: dict[str, Any]) -> None:
    """Send another process's passing frame to those here who hear the conversation."""
    hub = hub_of(ground)
    if payload["process"] == str(hub.process_id):
        return
    brand, kind, person_id = payload["but"]
    hub.conversations.send(payload["brand"], UUID(payload["ticket_id"]), payload["frame"], but=(brand, kind, person_id))


async def tell_people(ground: Ground, payload: dict[str, Any]) -> None:
    """Tell a player here who of the staff came, left, took over or is with him now; no other socket is told so."""
    hub = hub_of(ground)
    if payload["process"] != str(hub.process_id):
        hub.conversations.send(payload["brand"], UUID(payload["ticket_id"]), payload["frame"], only=PLAYERS)


async def hear_marks(ground: Ground, payload: dict[str, Any]) -> None:
    """Another process told how far a reader got."""
    hub = hub_of(ground)
    if payload["process"] == str(hub.process_id):
        return
    kind, reader_id = payload["reader"]
    reader = Author(kind=AuthorKind(kind), id=reader_id)
    receipt = Receipt(UUID(payload["ticket_id"]), reader, payload["delivered"], payload["read"])
    hub.conversations.tell_receipt(payload["brand"], receipt)


async def hear_viewers(ground: Ground, payload: dict[str, Any]) -> None:
    """Another process told who looks at which ticket there."""
    hub_of(ground).viewing.hear(payload)


async def show_board(ground: Ground, payload: dict[str, Any]) -> None:
    """Show the board of a brand to those of its staff here who watch it."""
    hub_of(ground).boards.hear(payload)


async def show_places(ground: Ground, payload: dict[str, Any]) -> None:
    """Tell players here where they wait."""
    hub_of(ground).places.hear(payload)
    waits = {queue["queue"]: queue["eta_seconds"] for queue in payload["queues"]}
    waits_of(ground.extras).hear(payload["brand"], waits)


async def show_stalled(ground: Ground, received: Received[QueueStalled]) -> None:
    """Tell the desk that nobody is there for a queue: somebody may have to be called."""
    frame = encode("queue_stalled", **received.event.model_dump(mode="json"))
    hub_of(ground).people.to_staff(received.brand, frame)


async def show_recovered(ground: Ground, received: Received[QueueRecovered]) -> None:
    """Tell the desk that somebody is there for a queue again."""
    event = received.event
    frame = encode("queue_recovered", queue=event.queue, since=event.since, occurred_at=event.occurred_at)
    hub_of(ground).people.to_staff(received.brand, frame)


async def tell_file_ready(ground: Ground, received: Received[AttachmentReady]) -> None:
    """Tell those who hear a conversation that a file its words carry may be fetched; a note's stay inside."""
    event = received.event
    frame = encode("attachment", state="ready", **event.model_dump(mode="json", exclude={"uploaded_by", "ready_at"}))
    _tell_file(ground, received.brand, event, frame)


async def tell_file_rejected(ground: Ground, received: Received[AttachmentRejected]) -> None:
    """Tell those who hear a conversation that a file its words carry was refused and is gone."""
    event = received.event
    frame = encode(
        "attachment", state="rejected", **event.model_dump(mode="json", exclude={"uploaded_by", "rejected_at"})
    )
    _tell_file(ground, received.brand, event, frame)


def _tell_file(ground: Ground, brand: str, event: AttachmentReady | AttachmentRejected, frame: str) -> None:
    if event.ticket_id is not None and event.message_id is not None:
        only = None if event.public else frozenset({AuthorKind.STAFF})
        hub_of(ground).conversations.send(brand, event.ticket_id, frame, only=only)


LISTENERS: Final = (
    listen(SessionEnded, tell_end),
    listen(SessionClaimed, part_from_visitor),
    listen(RatingRequested, ask_for_rating),
    listen(RatingGiven, tell_rating),
    listen(PresenceChanged, tell_presence),
    *desk.LISTENERS,
    listen(AccountChanged, tell_account),
    listen(QueueStalled, show_stalled),
    listen(QueueRecovered, show_recovered),
    listen(AttachmentReady, tell_file_ready),
    listen(AttachmentRejected, tell_file_rejected),
    hear(SAID_TOPIC, deliver_messages),
    hear(TYPING_TOPIC, pass_on),
    hear(PRESENCE_TOPIC, pass_on),
    hear(RECEIPT_TOPIC, hear_marks),
    hear(INACTIVE_TOPIC, pass_on),
    hear(BANS_TOPIC, turn_out),
    hear(PEOPLE_TOPIC, tell_people),
    hear(VIEWERS_TOPIC, hear_viewers),
    hear(BOARD_TOPIC, show_board),
    hear(QUEUES_TOPIC, show_places),
)
