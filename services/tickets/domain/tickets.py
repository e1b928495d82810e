"""What happens to a ticket, told as facts: every rule returns events, each one version after the one before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from services.tickets.domain.reasons import Reason
from services.tickets.domain.statuses import (
    FINISHED,
    check_move,
    mover_of,
    status_after_answer,
    status_after_words,
)
from services.tickets.domain.waiting import waiting_after
from shared.contracts.base import Author, AuthorKind, Channel, ContactRef, QuickReply
from shared.contracts.tickets import (
    MessageAdded,
    MessageCorrected,
    MessageKind,
    ParticipantDeclined,
    ParticipantInvited,
    ParticipantJoined,
    ParticipantLeft,
    Priority,
    TicketAbsorbed,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationAccepted,
    TicketEscalationDeclined,
    TicketEscalationWithdrawn,
    TicketLinked,
    TicketMerged,
    TicketOpened,
    TicketReleased,
    TicketSplit,
    TicketState,
    TicketStatus,
    TicketStatusChanged,
    TicketUnlinked,
    TicketUnmerged,
    TicketUpdated,
)

Fact: TypeAlias = (
    TicketOpened
    | MessageAdded
    | MessageCorrected
    | TicketAssigned
    | TicketStatusChanged
    | TicketUpdated
    | TicketEscalated
    | TicketEscalationAccepted
    | TicketEscalationDeclined
    | TicketEscalationWithdrawn
    | TicketMerged
    | TicketAbsorbed
    | TicketUnmerged
    | TicketReleased
    | TicketSplit
    | TicketLinked
    | TicketUnlinked
    | ParticipantInvited
    | ParticipantJoined
    | ParticipantDeclined
    | ParticipantLeft
)

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as stored: the state that facts carry and what only this service needs.

    `visitor_id` is the anonymous writer's, `contact` where an outside writer is answered, `live` that chat holds the
    conversation; `also_for` are live conversations of the same person that were merged into it, as far as they matter.
    `resolved_at` is set while the ticket is resolved or closed: when its work ended. `waiting_since` is the player's
    oldest words without an answer.
    """

    brand: str
    state: TicketState
    visitor_id: str | None = None
    contact: ContactRef | None = None
    live: bool = False
    resolved_at: datetime | None = None
    also_for: tuple[UUID, ...] = ()
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Something said. `at` is the message's own time, which clocks use; robots' words are `automatic`.

    `mentions` are the staff whom a note calls, `origin_id` is the merged ticket the words were said to, `copied_from`
    the message that a split copies. `attachments` are ids of files: intake lets words carry only their speaker's.
    `came_by` is where words came from that took another way than the ticket's own, `quick_replies` what a live player
    may choose to answer.
    """

    id: UUID
    kind: MessageKind
    author: Author
    text: str
    at: datetime
    automatic: bool = False
    mentions: tuple[str, ...] = ()
    origin_id: UUID | None = None
    copied_from: UUID | None = None
    attachments: tuple[UUID, ...] = ()
    came_by: ContactRef | None = None
    quick_replies: tuple[QuickReply, ...] = ()


class Story:
    """Collects what happens to one ticket in one step.

    Every fact takes the next version and carries the ticket after it. What has no time of its own happens at `now` and
    then one microsecond apart, always after what was told of the ticket before, so that the timeline shows facts in
    the order in which they were told. The ticket is locked: whoever read his clock first may come second.
    """

    def __init__(self, ticket: Ticket, *, actor: Author, now: datetime) -> None:
        self.ticket = ticket
        self.actor = actor
        self.now = moment_after(ticket.state, now)
        self.events: list[Fact] = []

    @property
    def state(self) -> TicketState:
        """The ticket after the last fact."""
        return self.ticket.state

    @property
    def moment(self) -> datetime:
        """When the next fact happens, unless it has a time of its own."""
        return self.now + _TICK * len(self.events)

    def says(self, words: Words) -> None:
        """Add words, and move the ticket where they put it; notes, robots and the system move nothing."""
        reply = words.kind is MessageKind.REPLY
        self._tell(
            MessageAdded(
                **self._head(at=words.at),
                message_id=words.id,
                kind=words.kind,
                author=words.author,
                text=words.text,
                automatic=words.automatic,
                contact=self.ticket.contact if reply else words.came_by,
                live=self.ticket.live and reply,
                mentions=words.mentions,
                also_for=self.ticket.also_for if reply else (),
                origin_id=words.origin_id,
                copied_from=words.copied_from,
                attachments=words.attachments,
                channel=None if words.came_by is None else words.came_by.channel,
                quick_replies=words.quick_replies,
            )
        )
        if words.automatic or words.kind is MessageKind.NOTE or words.author.kind is AuthorKind.SYSTEM:
            return
        before = self.state.status
        self._moves(status_after_answer(before, words.author.kind) if reply else status_after_words(before))

    def moves(self, after: TicketStatus, details: Mapping[str, object] | None = None) -> None:
        """Move the ticket by the actor's own wish; refused if the table does not allow it.

        `details` say for whom or until when a ticket waits; where it stays, they alone may change.
        """
        check_move(mover_of(self.actor.kind), self.state.status, after)
        if after is self.state.status:
            self.edits(dict(details or {}))
        else:
            self._moves(after, details)

    def edits(self, fields: dict[str, object]) -> None:
        """Change fields of the state; what is the same as before is no change."""
        changed = {name: value for name, value in fields.items() if getattr(self.state, name) != value}
        if not changed:
            return
        changes = {
            told: pair
            for name, value in changed.items()
            if name != "reason_class"
            for told, pair in _pairs(name, getattr(self.state, name), value)
        }
        self._tell(TicketUpdated(**self._head(changed), changes=changes))

    def hands_over(self, assignee_id: str | None, role: str | None) -> None:
        """Give the ticket to a person, or back to the queue; nothing happens if it is there already."""
        before = self.state.assignee_id
        if before == assignee_id:
            return
        head = self._head({"assignee_id": assignee_id})
        self._tell(TicketAssigned(**head, assignee_id=assignee_id, assignee_role=role, previous_assignee_id=before))

    def takes_over(self, role: str | None, reason: str) -> None:
        """Let the actor take the ticket from whoever has it."""
        head, before = self._head({"assignee_id": self.actor.id}), self.state.assignee_id
        self._tell(
            TicketAssigned(
                **head,
                assignee_id=self.actor.id,
                assignee_role=role,
                previous_assignee_id=before,
                taken_over=True,
                reason=reason,
            )
        )

    def escalates(self, cause: str, senior_id: str | None) -> None:
        """Hand the ticket up; the assignment is a fact of its own."""
        self._tell(TicketEscalated(**self._head(), cause=cause, senior_id=senior_id))

    def opens(self, at: datetime) -> None:
        """Begin the ticket; `at` is when the first words were received."""
        self._tell(TicketOpened(**self._head(at=at)))

    def tells(
        self,
        fact: type[Fact],
        changes: Mapping[str, object] | None = None,
        *,
        at: datetime | None = None,
        **content: object,
    ) -> None:
        """Tell a fact that has no rule of its own here; `changes` are what it does to the state, `at` when it was."""
        self._tell(fact(**self._head(changes, at=at), **content))

    def _moves(self, after: TicketStatus, details: Mapping[str, object] | None = None) -> None:
        before = self.state.status
        if before is after:
            return
        changes = {"status": after, "waiting_on": None, "snoozed_until": None, **(details or {})}
        self._tell(TicketStatusChanged(**self._head(changes), before=before, after=after))
        if (before in FINISHED) != (after in FINISHED):
            self.ticket = replace(self.ticket, resolved_at=self.now if after in FINISHED else None)

    def _head(self, changes: Mapping[str, object] | None = None, *, at: datetime | None = None) -> dict[str, object]:
        news = {**(changes or {}), "version": self.state.version + 1, "updated_at": self.moment}
        state = self.state.model_copy(update=news)
        return {"ticket_id": state.id, "ticket": state, "actor": self.actor, "occurred_at": at or self.moment}

    def _tell(self, event: Fact) -> None:
        self.events.append(event)
        waiting = waiting_after(self.ticket.waiting_since, event)
        self.ticket = replace(self.ticket, state=event.ticket, waiting_since=waiting)


def moment_after(state: TicketState, now: datetime) -> datetime:
    """Return when the next thing happens to a locked ticket: now, but always after what was told of it last."""
    return now if not state.version or now > state.updated_at else state.updated_at + _TICK


def numbered(story: Story, number: str) -> None:
    """Put the number into the facts of an opening: it is known only once the ticket is stored."""
    story.events = [
        event.model_copy(update={"ticket": event.ticket.model_copy(update={"number": number})})
        for event in story.events
    ]
    story.ticket = replace(story.ticket, state=story.events[-1].ticket)


def unopened(
    *,
    ticket_id: UUID,
    subject: str,
    channel: Channel,
    created_at: datetime,
    player_id: str | None = None,
    language: str | None = None,
    reason: Reason | None = None,
) -> TicketState:
    """Return the state before the first fact: version 0 and no number, which is never stored so."""
    return TicketState(
        id=ticket_id,
        number="",
        player_id=player_id,
        subject=subject,
        channel=channel,
        status=TicketStatus.NEW,
        priority=reason.priority if reason else Priority.NORMAL,
        assignee_id=None,
        language=language,
        reason=reason.code if reason else None,
        reason_class=reason.reason_class if reason else None,
        team_id=reason.team_id if reason else None,
        created_at=created_at,
        updated_at=created_at,
        version=0,
    )


def _pairs(name: str, before: object, after: object) -> list[tuple[str, tuple[str | None, str | None]]]:
    """Return what is told of a change: of the brand's own fields each one by its name."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return [(name, (_plain(before), _plain(after)))]
    keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return [(f"{name}.{key}", (_plain(before.get(key)), _plain(after.get(key)))) for key in keys]


def _plain(value: object) -> str | None:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or None
    return None if value is None else str(value)
