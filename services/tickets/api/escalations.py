"""Routes of the senior who is asked."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.callers import AGENTS, ONCE, PREFIX, StaffDep, WitnessDep, is_inside, strongest_role
from services.tickets.domain import errors
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.merging import TicketMerged
from services.tickets.schemas import participants
from services.tickets.schemas import tickets as schemas
from services.tickets.use_cases import answering
from shared.contracts.tickets import TicketState
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, Forbidden
from shared.web.conditional import etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])
asked: Final = APIRouter(prefix=AGENTS, tags=["agents"])


@asked.get("/me/escalations", responses=problems(Forbidden))
async def list_asked_of_me(actor: StaffDep, witness: WitnessDep, session: SessionDep) -> participants.AsksOfMe:
    """List the escalated tickets the caller is asked to take on, and until when."""
    found = await answering.asked_of_me(session, brand=actor.brand, senior_id=actor.id, witness=witness)
    return participants.AsksOfMe(items=[participants.asked_of_me(one) for one in found])


@router.post(
    "/{ticket_id}/escalation/accept",
    response_model=schemas.Ticket,
    responses=problems(errors.TicketNotFound, TicketMerged, errors.NotAsked, ConflictOfInterest, Forbidden, *ONCE),
)
async def accept_escalation(
    *,
    ticket_id: UUID,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Take an escalated ticket on, as the senior who is asked."""

    async def run() -> Reply:
        state = await answering.accept(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            senior=actor.author(),
            role=strongest_role(actor) or "senior",
            witness=witness,
            now=ground.clock.now(),
        )
        return _reply(state, actor)

    return await once.answer(run)


@router.post(
    "/{ticket_id}/escalation/decline",
    response_model=schemas.Ticket,
    responses=problems(errors.TicketNotFound, TicketMerged, errors.NotAsked, Forbidden, *ONCE),
)
async def decline_escalation(
    *,
    ticket_id: UUID,
    body: schemas.Escalate,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Decline with a reason: the next senior in line is asked."""

    async def run() -> Reply:
        state = await answering.decline(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            senior=actor.author(),
            reason=body.reason,
            witness=witness,
            now=ground.clock.now(),
        )
        return _reply(state, actor)

    return await once.answer(run)


def _reply(state: TicketState, actor: Actor) -> Reply:
    shown = schemas.ticket_of(state, actor.brand, inside=is_inside(actor))
    return Reply(shown, headers={"ETag": etag(state.version)})
