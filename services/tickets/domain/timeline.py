"""The timeline: one entry per fact, in the order (occurred_at, id); a late message sorts where it belongs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.tickets.domain.tickets import Fact
from shared.contracts.base import Author
from shared.contracts.tickets import (
    MessageAdded,
    MessageCorrected,
    MessageKind,
    TicketAssigned,
    TicketEscalated,
    TicketEvent,
    TicketOpened,
    TicketState,
    TicketStatusChanged,
    TicketUpdated,
)

_TOLD_ELSEWHERE: Final = set(TicketEvent.model_fields)
# What a move of the status says besides; players are not told.
INSIDE: Final = frozenset({"waiting_on", "snoozed_until"})


class EntryKind(StrEnum):
    """What an entry is: words of one of three kinds, or a change of the ticket."""

    MESSAGE = "message"
    REPLY = "reply"
    NOTE = "note"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ticket's timeline; `version` is the ticket's version at which it was recorded.

    `public` entries are shown to the player: the words exchanged, the opening and moves of the status. `ticket_id` is
    where it was recorded, `origin_id` the merged ticket that the words were said to; a split sets `copied_from` (a
    message) in the new ticket and `moved_to` (a ticket) in the old one. `text` is what words say now: `edited_at` is
    since when they do, `withdrawn_at` since when they say nothing. `heard_in` are the live conversations that were
    given a reply, `sent_out` that it left by e-mail or another channel.
    """

    id: UUID
    kind: EntryKind
    occurred_at: datetime
    author: Author
    text: str | None
    automatic: bool
    change: dict[str, object] | None
    public: bool
    version: int
    ticket_id: UUID
    origin_id: UUID | None = None
    copied_from: UUID | None = None
    moved_to: UUID | None = None
    attachments: tuple[UUID, ...] = ()
    edited_at: datetime | None = None
    withdrawn_at: datetime | None = None
    heard_in: tuple[UUID, ...] = ()
    sent_out: bool = False

    @property
    def is_withdrawn(self) -> bool:
        """True if nothing is left of the words."""
        return self.withdrawn_at is not None


def entry_of(event: Fact, entry_id: UUID) -> Entry:
    """Return the entry that tells `event`; words keep their own id, changes take `entry_id`."""
    if isinstance(event, MessageAdded):
        return Entry(
            id=event.message_id,
            kind=EntryKind(event.kind),
            occurred_at=event.occurred_at,
            author=event.author,
            text=event.text,
            automatic=event.automatic,
            change=None,
            public=event.kind is not MessageKind.NOTE,
            version=event.ticket.version,
            ticket_id=event.ticket_id,
            origin_id=event.origin_id,
            copied_from=event.copied_from,
            attachments=event.attachments,
            heard_in=(*((event.ticket_id,) if event.live else ()), *event.also_for),
            sent_out=event.contact is not None and not event.live,
        )
    return Entry(
        id=event.correction_id if isinstance(event, MessageCorrected) else entry_id,
        kind=EntryKind.CHANGE,
        occurred_at=event.occurred_at,
        author=event.actor,
        text=None,
        automatic=False,
        change=_correction(event) if isinstance(event, MessageCorrected) else _change(event),
        public=isinstance(event, TicketOpened | TicketStatusChanged),
        version=event.ticket.version,
        ticket_id=event.ticket_id,
    )


def _correction(event: MessageCorrected) -> dict[str, object]:
    """Say that words changed, not how: what they were is shown on record to who asks for it."""
    what = "withdrawn" if event.text is None else "corrected"
    return {"what": what, "message_id": str(event.message_id), **({"reason": event.reason} if event.reason else {})}


def _change(event: Fact) -> dict[str, object]:
    match event:
        case TicketStatusChanged(before=before, after=after):
            return {"what": "status", "before": before.value, "after": after.value, **_details(event.ticket)}
        case TicketUpdated(changes=changes):
            return {"what": "fields", "changes": {name: list(pair) for name, pair in changes.items()}}
        case TicketAssigned(previous_assignee_id=before, assignee_id=after):
            over = {"taken_over": True, "reason": event.reason} if event.taken_over else {}
            return {"what": "assignee", "before": before, "after": after, **over}
        case TicketEscalated(cause=cause, senior_id=senior_id):
            return {"what": "escalation", "cause": cause, "senior_id": senior_id}
        case TicketOpened():
            return {"what": "opened", "status": event.ticket.status.value}
        case _:
            content = event.model_dump(mode="json", exclude=_TOLD_ELSEWHERE)
            return {"what": event.type.split(".")[2], **content}


def _details(state: TicketState) -> dict[str, object]:
    return state.model_dump(mode="json", include=set(INSIDE), exclude_none=True)
