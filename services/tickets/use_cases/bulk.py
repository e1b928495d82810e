"""Doing the same with many tickets: each for itself, so that one refusal does not lose the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import Witness
from services.tickets.domain.bulk import check_bulk, retagged
from services.tickets.domain.reasons import reason_of
from services.tickets.queries import kept, merges
from services.tickets.use_cases.editing import assign_ticket, edit_ticket
from services.tickets.use_cases.merging import merge_ticket
from services.tickets.use_cases.telling import locked
from shared.contracts.base import Author
from shared.contracts.tickets import Priority, ReasonClass, TicketState, TicketStatus
from shared.db.engine import Session
from shared.errors import DomainError


@dataclass(frozen=True, slots=True)
class Action:
    """What to do with each ticket; `assigns` tells the queue (None) from no wish, `recodes` no reason from no wish.

    `reason` is why they are merged, else their contact reason.
    """

    status: TicketStatus | None = None
    priority: Priority | None = None
    assigns: bool = False
    assignee_id: str | None = None
    tags_add: tuple[str, ...] = field(default=())
    tags_remove: tuple[str, ...] = field(default=())
    merge_into: UUID | None = None
    recodes: bool = False
    reason: str | None = None
    reason_class: ReasonClass | None = None


async def change_tickets(
    session: Session,
    *,
    brand: str,
    ids: Sequence[UUID],
    action: Action,
    actor: Author,
    role: str,
    witness: Witness | None,
    now: datetime,
) -> list[TicketState | DomainError]:
    """Do it to each ticket and return what became of it or why it was refused, in the order of `ids`.

    Everything is locked beforehand in the order of ids, so two of these never wait for each other.
    """
    if action.recodes:
        known = (await kept.TAXONOMIES.of(session, brand, now)).reasons
        reason = reason_of(action.reason, known, field="action.reason")
        action = replace(action, reason_class=reason.reason_class if reason else None)
    wanted = set(ids)
    if action.merge_into is not None:
        await merges.queue_up(session, brand)
        for one in ids:
            wanted |= {member.state.id for member in await merges.members_of(session, brand, one)}
        wanted.add(action.merge_into)
    await merges.lock_tickets(session, brand, wanted)
    outcomes: dict[UUID, TicketState | DomainError] = {}
    for one in sorted(ids):
        try:
            async with session.begin_nested():
                outcomes[one] = await _change(session, brand, one, action, actor, role, witness, now)
        except DomainError as error:
            outcomes[one] = error
    return [outcomes[one] for one in ids]


async def _change(
    session: Session,
    brand: str,
    ticket_id: UUID,
    action: Action,
    actor: Author,
    role: str,
    witness: Witness | None,
    now: datetime,
) -> TicketState:
    ticket = await locked(session, brand, ticket_id)
    state = ticket.state
    tags = retagged(state.tags, action.tags_add, action.tags_remove)
    after = state.model_copy(update={"tags": tags, "reason_class": action.reason_class})
    check_bulk(after, status=action.status, merges=False)
    check_bulk(
        state, status=action.status, merges=action.merge_into is not None,
        recodes=action.recodes and action.reason != state.reason,
    )  # fmt: skip
    if action.merge_into is not None:
        await merge_ticket(
            session, brand=brand, ticket_id=ticket_id, into=action.merge_into, actor=actor, witness=witness,
            force=False, reason=action.reason, now=now,
        )  # fmt: skip
        return (await locked(session, brand, ticket_id, even_merged=True)).state
    if action.assigns:
        state = await assign_ticket(
            session, brand=brand, ticket_id=ticket_id, assigner=actor, witness=witness, assigner_role=role,
            assignee_id=action.assignee_id, expected_version=None, now=now,
        )  # fmt: skip
    fields: dict[str, object] = {"tags": tags}
    wishes = {"status": action.status, "priority": action.priority}
    fields |= {name: value for name, value in wishes.items() if value is not None}
    if action.recodes:
        fields["reason"] = action.reason
    return await edit_ticket(
        session, brand=brand, ticket_id=ticket_id, editor=actor, editor_role=role,
        witness=witness, expected_version=state.version, fields=fields, now=now,
    )  # fmt: skip
