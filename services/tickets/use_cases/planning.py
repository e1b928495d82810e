"""What an edit of a ticket amounts to, before anything is told: checked against what the brand has decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.tickets.domain.complaints import ComplaintOpen
from services.tickets.domain.fields import FieldType, check_filled, merged_values
from services.tickets.domain.lifecycle import details_of
from services.tickets.domain.reasons import effects_of, reason_of
from services.tickets.domain.tickets import Ticket
from services.tickets.queries import kept
from services.tickets.use_cases.naming import check_teams
from services.tickets.use_cases.registering import is_complaint_open, is_reason_of_complaints
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import TicketState, TicketStatus
from shared.db.engine import Session
from shared.redaction import redact

_DETAILS = ("waiting_on", "snoozed_until")
_TEXTS = {"subject", "tier"}


@dataclass(frozen=True, slots=True)
class Edit:
    """The fields a ticket gets, where it moves (or stays), and for whom or until when it waits there."""

    fields: dict[str, object]
    status: TicketStatus
    details: dict[str, object]


async def plan_edit(
    session: Session, ticket: Ticket, fields: Mapping[str, object], *, editor: Author, now: datetime
) -> Edit:
    """Return what an edit changes; refuse it as a whole if any part of it cannot be."""
    wanted = dict(fields)
    status = TicketStatus(str(wanted.pop("status", ticket.state.status)))
    details = {name: wanted.pop(name) for name in _DETAILS if name in wanted}
    for name in _TEXTS & wanted.keys():
        wanted[name] = redact(str(wanted[name])) if wanted[name] else wanted[name]
    if "reason" in wanted:
        wanted |= await _effects(session, ticket, wanted, now)
    if wanted.get("team_id") not in {None, ticket.state.team_id}:
        await check_teams(session, ticket.brand, [str(wanted["team_id"])])
    if wanted.get("fields") is not None:
        wanted["fields"] = await _values(session, ticket, wanted["fields"], now)
    after = ticket.state.model_copy(update=wanted)
    if status is TicketStatus.RESOLVED and ticket.state.status is not status and editor.kind is AuthorKind.STAFF:
        await _check_filled(session, ticket.brand, after, now)
    if status is TicketStatus.CLOSED:
        await _check_complaint(session, ticket, after)
    return Edit(wanted, status, details_of(status, ticket.state, details, now))


async def _check_complaint(session: Session, ticket: Ticket, after: TicketState) -> None:
    """Refuse to close over a complaint that is open, or that the very same edit registers by its reason."""
    registers = after.reason != ticket.state.reason and is_reason_of_complaints(after.reason)
    if registers or await is_complaint_open(session, ticket.brand, after.complaint_id):
        raise ComplaintOpen(field="status")


async def _effects(session: Session, ticket: Ticket, wanted: Mapping[str, object], now: datetime) -> dict[str, object]:
    known = (await kept.TAXONOMIES.of(session, ticket.brand, now)).reasons
    code = wanted["reason"]
    # A ticket keeps a reason that has gone out of use: editing something else must not fail for it.
    same = code is not None and code == ticket.state.reason
    reason = known.get(str(code)) if same else reason_of(None if code is None else str(code), known)
    if same and reason is None:
        return {}
    return effects_of(reason, ticket.state, known, by_hand=wanted)


async def _values(session: Session, ticket: Ticket, wanted: Any, now: datetime) -> dict[str, object]:  # noqa: ANN401 - as sent
    fields = await kept.FIELDS.of(session, ticket.brand, now)
    values = merged_values(ticket.state.fields, wanted, fields)
    texts = {key for key in wanted if key in fields and fields[key].type is FieldType.TEXT}
    return {key: redact(str(value)) if key in texts else value for key, value in values.items()}


async def _check_filled(session: Session, brand: str, after: TicketState, now: datetime) -> None:
    if after.reason is None:
        return
    fields = await kept.FIELDS.of(session, brand, now)
    if fields:
        taxonomy = await kept.TAXONOMIES.of(session, brand, now)
        check_filled(after.fields, after.reason, taxonomy.reasons.get(after.reason), fields)
