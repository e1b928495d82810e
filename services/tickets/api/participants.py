"""Routes of several people in one conversation: ask in, come, leave, take over."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.tickets.api.callers import AGENTS, ONCE, PREFIX, StaffDep, WitnessDep, is_inside, list_of, strongest_role
from services.tickets.domain import errors
from services.tickets.domain import participants as rules
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.merging import TicketMerged
from services.tickets.queries.participants import Participation
from services.tickets.schemas import participants as schemas
from services.tickets.schemas import tickets as ticket_schemas
from services.tickets.schemas.fields import Id
from services.tickets.use_cases import inviting, taking_over
from services.tickets.use_cases.editing import ME
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.conditional import etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])
agents: Final = APIRouter(prefix=AGENTS, tags=["agents"])
SeniorDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="senior"))]


@router.get("/{ticket_id}/participants", responses=problems(errors.TicketNotFound, Forbidden))
async def list_participants(
    ticket_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep
) -> schemas.Participants:
    """List who is asked into a ticket or in it, besides its holder."""
    found = await inviting.read_participants(session, brand=actor.brand, ticket_id=ticket_id, witness=witness)
    return schemas.Participants(items=[schemas.participant_of(one) for one in found])


@router.post(
    "/{ticket_id}/participants",
    status_code=201,
    response_model=schemas.Participant,
    responses=problems(
        errors.TicketNotFound, TicketMerged, errors.StaffNotFound, errors.StaffInactive, rules.HolderOnly,
        rules.ConversationOver, rules.AlreadyThere, rules.ParticipantsFull, ConflictOfInterest, Forbidden, *ONCE,
    ),
)  # fmt: skip
async def invite(
    *,
    ticket_id: UUID,
    body: schemas.Invite,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Ask a colleague into the conversation, as its holder or a senior; the ticket stays with its holder.

    He is told at once and decides himself whether he comes.
    """

    async def run() -> schemas.Participant:
        found = await inviting.invite(
            session, brand=actor.brand, ticket_id=ticket_id, inviter=actor.author(), senior=actor.has_role("senior"),
            staff_id=body.staff_id, reason=body.reason, witness=witness, now=ground.clock.now(),
        )  # fmt: skip
        return schemas.participant_of(found)

    return await once.answer(run, status=201)


@router.post(
    "/{ticket_id}/participants/me/accept",
    response_model=schemas.Participant,
    responses=problems(
        errors.TicketNotFound, TicketMerged, rules.NotInvited, ConflictOfInterest, Forbidden, *ONCE
    ),
)  # fmt: skip
async def accept_invitation(
    *, ticket_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep, once: OnceDep, ground: GroundDep
) -> Response:
    """Join the conversation one was asked into: one hears it by oneself from now on and may answer in it."""

    async def run() -> schemas.Participant:
        found = await inviting.accept(
            session, brand=actor.brand, ticket_id=ticket_id, staff=actor.author(), witness=witness,
            now=ground.clock.now(),
        )  # fmt: skip
        return schemas.participant_of(found)

    return await once.answer(run)


@router.post(
    "/{ticket_id}/participants/me/decline",
    status_code=204,
    responses=problems(errors.TicketNotFound, TicketMerged, rules.NotInvited, Forbidden, *ONCE),
)
async def decline_invitation(
    *,
    ticket_id: UUID,
    body: schemas.Decline,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Do not join, and say why: whoever asked reads it in the timeline."""

    async def run() -> None:
        await inviting.decline(
            session, brand=actor.brand, ticket_id=ticket_id, staff=actor.author(), reason=body.reason, witness=witness,
            now=ground.clock.now(),
        )  # fmt: skip

    return await once.answer(run, status=204)


@router.delete(
    "/{ticket_id}/participants/{staff_id}",
    status_code=204,
    responses=problems(errors.TicketNotFound, rules.HolderOnly, ConflictOfInterest, Forbidden),
)
async def remove_participant(
    *, ticket_id: UUID, staff_id: Id, actor: StaffDep, witness: WitnessDep, session: SessionDep, ground: GroundDep
) -> None:
    """Leave a conversation (`me`); its holder and leads let others go, whoever asked takes that back."""
    await inviting.remove(
        session, brand=actor.brand, ticket_id=ticket_id, remover=actor.author(), lead=actor.has_role("lead"),
        staff_id=actor.id if staff_id == ME else staff_id, witness=witness, now=ground.clock.now(),
    )  # fmt: skip


@router.post(
    "/{ticket_id}/takeover",
    response_model=ticket_schemas.Ticket,
    responses=problems(
        errors.TicketNotFound, TicketMerged, errors.StaffInactive, rules.NothingToTakeOver, ConflictOfInterest,
        Forbidden, *ONCE,
    ),
)  # fmt: skip
async def take_over(
    *,
    ticket_id: UUID,
    body: schemas.TakeOver,
    actor: SeniorDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Take a ticket from whoever has it, as a senior, for a reason that he and the timeline are told.

    He stays in the conversation as a guest unless `keep_former` is false. The queue gives it back to him last of all.
    """

    async def run() -> Reply:
        state = await taking_over.take_over(
            session, brand=actor.brand, ticket_id=ticket_id, taker=actor.author(),
            role=strongest_role(actor) or "senior", reason=body.reason, keeps_former=body.keep_former, witness=witness,
            now=ground.clock.now(),
        )  # fmt: skip
        shown = ticket_schemas.ticket_of(state, actor.brand, inside=is_inside(actor))
        return Reply(shown, headers={"ETag": etag(state.version)})

    return await once.answer(run)


@agents.get(
    "/me/participations", response_model=Page[schemas.MyParticipation], responses=problems(CursorInvalid, Forbidden)
)
async def list_my_participations(
    actor: StaffDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.MyParticipation]:
    """List the tickets the caller is asked into or in as a guest, the newest asked first."""
    bound = list_of(actor, ("participations", actor.id))
    rows = await inviting.list_participations(
        session, brand=actor.brand, staff_id=actor.id, witness=witness, after=page.after(bound), limit=page.limit
    )
    shown, next_cursor = page.cut(rows, _key_of, bound)
    items = [schemas.participation_of(row, actor.brand) for row in shown]
    return Page[schemas.MyParticipation](items=items, next_cursor=next_cursor)


def _key_of(row: Participation) -> tuple[str, ...]:
    return row.participant.invited_at.isoformat(), str(row.ticket.state.id)
