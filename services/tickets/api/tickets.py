"""Routes of tickets themselves: open, read, edit, assign, escalate."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.tickets.api.callers import (
    ONCE,
    PREFIX,
    EditorDep,
    ReaderDep,
    StaffDep,
    WitnessDep,
    WriterDep,
    check_may_set_tier,
    is_inside,
    optional_if_match,
    strongest_role,
)
from services.tickets.domain import errors
from services.tickets.domain.complaints import ComplaintOpen, ConflictOfInterest, LicenceRefused
from services.tickets.domain.merging import TicketMerged
from services.tickets.domain.safety import SafetyDowngradeRefused
from services.tickets.domain.tiers import tier_of_claim
from services.tickets.schemas import tickets as schemas
from services.tickets.use_cases import editing, opening, reading
from shared.contracts.tickets import TicketState
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.hot import HotRoute
from shared.web.idempotency import OnceDep, Reply
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])
hot: Final = APIRouter(prefix=PREFIX, tags=["tickets"], route_class=HotRoute)


@hot.post(
    "",
    status_code=201,
    response_model=schemas.Ticket,
    responses=problems(
        errors.ReasonUnknown, LicenceRefused, errors.PlayerMissing, errors.PlayerMismatch, Forbidden, *ONCE
    ),
)
async def open_ticket(
    *,
    body: schemas.OpenTicket,
    actor: WriterDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Open a ticket with its first words.

    Players and visitors open their own. Servers name the player; staff may. Words written down for a player count as
    the player's; staff without a player open an internal ticket with a note.
    """
    if "tier" in body.model_fields_set:
        check_may_set_tier(actor)

    async def run() -> Reply:
        state = await opening.open_ticket(
            session,
            brand=actor.brand,
            opener=actor.author(),
            witness=witness,
            subject=body.subject,
            text=body.message.text,
            channel=body.channel,
            reason=body.reason,
            language=body.language,
            player_id=body.player_id,
            licence=body.licence,
            tier=body.told_tier() or tier_of_claim(actor.claims.get("vip")),
            attachments=body.message.attachments,
            now=ground.clock.now(),
        )
        return _reply(state, actor, Location=f"{PREFIX}/{state.id}")

    return await once.answer(run, status=201)


@router.get("/{ticket_id}", response_model=schemas.TicketRead, responses=problems(errors.TicketNotFound, Forbidden))
async def read_ticket(
    ticket_id: UUID, actor: ReaderDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.TicketRead:
    """Return a ticket, to staff and servers with the contact that writes in it; the ETag is its version."""
    ticket = await reading.find_ticket(
        session, brand=actor.brand, ticket_id=ticket_id, reader=actor.author(), witness=witness
    )
    response.headers["ETag"] = etag(ticket.state.version)
    return schemas.ticket_read_of(ticket, inside=is_inside(actor))


@router.patch(
    "/{ticket_id}",
    response_model=schemas.Ticket,
    responses=problems(
        errors.TicketNotFound,
        TicketMerged,
        errors.ReasonUnknown,
        errors.StatusMoveRefused,
        errors.DetailMissing,
        errors.DetailMisplaced,
        errors.SnoozeRefused,
        errors.FieldUnknown,
        errors.FieldOutOfRange,
        errors.FieldValueInvalid,
        errors.FieldsMissing,
        errors.TeamUnknown,
        ComplaintOpen,
        ConflictOfInterest,
        SafetyDowngradeRefused,
        Forbidden,
        IfMatchMissing,
        IfMatchMalformed,
        Stale,
    ),
)
async def edit_ticket(
    *,
    ticket_id: UUID,
    body: schemas.EditTicket,
    actor: EditorDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.Ticket:
    """Change the version that was read; players edit nothing.

    A reason sets its class, its priority unless that was set by hand, and its team if the ticket has none.
    """
    if "tier" in body.model_fields_set:
        check_may_set_tier(actor)
    state = await editing.edit_ticket(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        editor=actor.author(),
        editor_role=strongest_role(actor) or "agent",
        witness=witness,
        expected_version=expected_version,
        fields=body.wanted(),
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(state.version)
    return schemas.ticket_of(state, actor.brand, inside=is_inside(actor))


@router.put(
    "/{ticket_id}/assignment",
    response_model=schemas.Ticket,
    responses=problems(
        errors.TicketNotFound,
        TicketMerged,
        errors.StaffNotFound,
        errors.StaffInactive,
        ConflictOfInterest,
        Forbidden,
        IfMatchMalformed,
        Stale,
    ),
)
async def assign_ticket(
    *,
    ticket_id: UUID,
    body: schemas.Assign,
    actor: StaffDep,
    witness: WitnessDep,
    expected_version: Annotated[int | None, Depends(optional_if_match)],
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.Ticket:
    """Give the ticket to a person, to yourself (`me`) or back to the queue (null).

    With If-Match nobody takes a ticket that a colleague has just taken.
    """
    state = await editing.assign_ticket(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        assigner=actor.author(),
        witness=witness,
        assigner_role=strongest_role(actor) or "agent",
        assignee_id=body.assignee_id,
        expected_version=expected_version,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(state.version)
    return schemas.ticket_of(state, actor.brand, inside=is_inside(actor))


@router.post(
    "/{ticket_id}/escalation",
    response_model=schemas.Ticket,
    responses=problems(
        errors.TicketNotFound, TicketMerged, errors.TicketFinished, ConflictOfInterest, Forbidden, *ONCE
    ),
)
async def escalate_ticket(
    *,
    ticket_id: UUID,
    body: schemas.Escalate,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Hand the ticket to another senior; without one it goes back to the queue."""

    async def run() -> Reply:
        state = await editing.escalate_ticket(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            caller=actor.author(),
            witness=witness,
            reason=body.reason,
            now=ground.clock.now(),
        )
        return _reply(state, actor)

    return await once.answer(run)


def _reply(state: TicketState, actor: Actor, **headers: str) -> Reply:
    return Reply(
        schemas.ticket_of(state, actor.brand, inside=is_inside(actor)), headers={"ETag": etag(state.version), **headers}
    )
