"""Making two tickets one, and taking that back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.tickets.domain import merging as rules
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.leaving import only_kept, status_after, wait_after
from services.tickets.domain.merging import Merge, MergeIntoItself, NotMerged
from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.queries import complaints, copies, merges
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.leaving import tell_again, told_again, words_leaving
from services.tickets.use_cases.telling import tell
from shared.contracts.base import Author
from shared.contracts.tickets import (
    TicketAbsorbed,
    TicketMerged,
    TicketReleased,
    TicketState,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
)
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact

_AWAKE: Final = {"status": TicketStatus.OPEN, "waiting_on": None, "snoozed_until": None}


@dataclass(frozen=True, slots=True)
class _Undo:
    """A merge that is taken back, with the locked `rows` of all it concerns; `left` are the merges that stay.

    `following` went up in the ticket that leaves and goes with it, `staying` in others.
    """

    merge: Merge
    survivor: Ticket
    rows: Mapping[UUID, Ticket]
    left: Sequence[Merge]
    following: Sequence[Ticket]
    staying: Sequence[Ticket]


async def merge_ticket(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    into: UUID,
    actor: Author,
    witness: Witness | None,
    force: bool,
    reason: str | None,
    now: datetime,
) -> TicketState:
    """Let a ticket go up in another one, with all that went up in it before, and return the survivor.

    Merges and undos of a brand pass one after the other, and rows are locked in the order of their ids, so two of them
    never wait for each other. Words are not moved: the survivor's timeline shows them from now on.
    """
    if ticket_id == into:
        raise MergeIntoItself(field="into")
    await merges.queue_up(session, brand)
    members = [one.state.id for one in await merges.members_of(session, brand, ticket_id)]
    already = [one.state for one in await merges.members_of(session, brand, into)]
    rows = await merges.lock_tickets(session, brand, {ticket_id, into, *members})
    merged, survivor = _found(rows, ticket_id), _found(rows, into, field="into")
    rules.check_pair(merged, survivor, force=force)
    waiting = merged.waiting_since if rules.may_wait(merged.state) else None
    others = [*already, *(rows[one].state for one in (ticket_id, *members))]
    absorbing = Story(survivor, actor=actor, now=now)
    received = rules.received_at(survivor.state, others)
    absorbing.tells(
        TicketAbsorbed,
        {"received_at": received},
        merged_id=ticket_id,
        merged_number=merged.state.number,
        received_at=received or survivor.state.created_at,
        waiting_since=waiting,
    )
    if rules.wakes(survivor.state, waiting):
        _wake(absorbing)
    await _take_over(session, absorbing, merged.state)
    going = Story(merged, actor=actor, now=now)
    _go_up(going, survivor.state, rules.merged_away(into), reason=redact(reason) if reason else None)
    await tell(session, going)
    await record_deed(session, witness, AuditAction.MERGE_TICKET, going.state)
    await _point(session, [rows[one] for one in members], survivor.state, actor=actor, now=now)
    state = await tell(session, absorbing)
    await record_deed(session, witness, AuditAction.MERGE_TICKET, state)
    await merges.add_merge(session, brand, _merge(merged.state, survivor.state, state, now))
    return state


async def unmerge_ticket(
    session: Session, *, brand: str, ticket_id: UUID, actor: Author, witness: Witness | None, now: datetime
) -> TicketState:
    """Take a merge of the last 24 hours back and return the ticket that stands for itself again.

    What the survivor's own person said to it since stays there, and who waits for an answer there goes on waiting.
    Another person's words go with his ticket, and the answers to them. The survivor gets its status and holder back
    unless something has happened to them since.
    """
    await merges.queue_up(session, brand)
    undo = await _undo_of(session, brand, ticket_id, now)
    kept = only_kept(undo.rows, await merges.origins_in(session, brand, list(undo.rows)), undo.left)
    talks = await merges.talks_of(session, brand, list(undo.rows), but=kept)
    leaving = Story(undo.rows[ticket_id], actor=actor, now=now)
    parted = await _leave(session, leaving, undo, waiting=rules.waiting_with(ticket_id, talks, undo.left))
    releasing = Story(undo.survivor, actor=actor, now=now)
    waiting = rules.waiting_with(undo.survivor.state.id, talks, undo.left)
    _release(releasing, undo, waiting=waiting)
    if undo.merge.into_id == undo.survivor.state.id:
        await _give_back(session, releasing, undo.merge, kept)
    if parted and rules.wakes(releasing.state, waiting) and not rules.stands_as_before(releasing.state, undo.merge):
        _wake(releasing)
    await _point(session, undo.following, leaving.state, actor=actor, now=now)
    for story in (releasing, leaving):
        state = await tell(session, story)
        await record_deed(session, witness, AuditAction.UNMERGE_TICKET, state)
    await merges.end_merge(session, brand, undo.merge, now)
    return leaving.state


async def _undo_of(session: Session, brand: str, ticket_id: UUID, now: datetime) -> _Undo:
    """Lock everything that the undo of a ticket's merge concerns, or refuse it."""
    ticket = await merges.lock_survivor(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    survivor_id = ticket.state.id
    if survivor_id == ticket_id:
        raise NotMerged
    members = [one.state.id for one in await merges.members_of(session, brand, survivor_id)]
    standing = await merges.standing(session, brand, members)
    merge = next(one for one in standing if one.merged_id == ticket_id)
    rules.check_age(merge, now)
    rows = await merges.lock_tickets(session, brand, {survivor_id, *members})
    below = rules.below(ticket_id, standing)
    return _Undo(
        merge,
        rows[survivor_id],
        rows,
        left=[one for one in standing if one is not merge],
        following=[rows[one] for one in sorted(below)],
        staying=[rows[one] for one in members if one != ticket_id and one not in below],
    )


def _found(rows: dict[UUID, Ticket], ticket_id: UUID, *, field: str | None = None) -> Ticket:
    if ticket_id not in rows:
        raise TicketNotFound(field=field)
    return rows[ticket_id]


def _merge(merged: TicketState, before: TicketState, after: TicketState, now: datetime) -> Merge:
    return Merge(
        id=new_id(),
        merged_id=merged.id,
        into_id=before.id,
        merged_at=now,
        merged_before=rules.taken_from(merged),
        survivor_before=rules.stance(before),
        survivor_after=rules.stance(after),
        survivor_version=after.version,
    )


def _go_up(story: Story, survivor: TicketState, changes: dict[str, object], *, reason: str | None = None) -> None:
    story.tells(TicketMerged, changes, survivor_id=survivor.id, survivor_number=survivor.number, reason=reason)


async def _point(
    session: Session, members: Iterable[Ticket], survivor: TicketState, *, actor: Author, now: datetime
) -> None:
    """Let what was merged earlier follow: it is always merged into the one that stands."""
    for member in members:
        story = Story(member, actor=actor, now=now)
        _go_up(story, survivor, {"merged_into": survivor.id})
        await tell(session, story)


def _wake(story: Story) -> None:
    before = story.state.status
    story.tells(TicketStatusChanged, _AWAKE, before=before, after=TicketStatus.OPEN)


async def _take_over(session: Session, story: Story, merged: TicketState) -> None:
    """A survivor in nobody's hands goes to whoever had the other one, if he takes tickets and may have this one."""
    brand, holder = story.ticket.brand, merged.assignee_id
    if story.state.assignee_id is not None or holder is None or not rules.may_wait(merged):
        return
    if holder in await complaints.barred_from(session, brand, story.state):
        return
    known = await copies.colleague(session, brand, holder)
    if known is not None and known.active:
        story.hands_over(holder, known.role)


def _release(story: Story, undo: _Undo, *, waiting: datetime | None) -> None:
    received = rules.received_at(story.state, [one.state for one in undo.staying])
    story.tells(
        TicketReleased,
        {"received_at": received},
        merged_id=undo.merge.merged_id,
        received_at=received or story.state.created_at,
        waiting_since=waiting,
    )


async def _leave(session: Session, story: Story, undo: _Undo, *, waiting: datetime | None) -> bool:
    """Let a ticket stand for itself again, where the words put it that go with it; they are told before that.

    True if there are any.
    """
    received = rules.received_at(story.state, [one.state for one in undo.following])
    changes = rules.given_back(story.state, undo.merge) | {"received_at": received}
    entries = await words_leaving(session, undo.survivor, undo.staying, [story.ticket, *undo.following])
    words = told_again(entries, story.state.id)
    await tell_again(session, story, entries, words)
    if words:
        status = status_after(TicketStatus(str(changes["status"])), words)
        changes |= _AWAKE if status is TicketStatus.OPEN else {"status": status}
        resolved_at = story.ticket.resolved_at if status in FINISHED else None
        story.ticket = replace(story.ticket, resolved_at=resolved_at)
    story.tells(
        TicketUnmerged,
        changes,
        survivor_id=undo.survivor.state.id,
        waiting_since=wait_after(waiting, words),
        told_again_since=wait_after(None, words),
    )
    return bool(words)


async def _give_back(session: Session, story: Story, merge: Merge, kept: Collection[tuple[UUID, UUID]]) -> None:
    """Give a survivor back what the merge, or words that it has for the record only, made of it."""
    before, after, state = merge.survivor_before, merge.survivor_after, story.state
    if state.assignee_id == after["assignee_id"] != before["assignee_id"]:
        story.hands_over(None, None)
    brand, since = story.ticket.brand, merge.survivor_version
    if rules.stands_as_before(state, merge) or await merges.spoken_since(session, brand, state.id, since, but=kept):
        return
    if state.status.value != after["status"] and await merges.moved_by_hand_since(session, brand, state.id, since):
        return
    back = TicketStatus(str(before["status"]))
    story.tells(TicketStatusChanged, {"status": back}, before=state.status, after=back)
    if back in FINISHED and story.ticket.resolved_at is None:
        story.ticket = replace(story.ticket, resolved_at=story.now)
