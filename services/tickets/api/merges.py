"""Routes that make tickets one and take them apart again."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.callers import ONCE, PREFIX, EditorDep, WitnessDep
from services.tickets.domain import errors
from services.tickets.domain import merging as rules
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.corrections import WordsWithdrawn
from services.tickets.domain.splitting import ComplaintKeepsWords, MessageNotFound, MessageSplitBefore, SplitMixed
from services.tickets.schemas import merges as schemas
from services.tickets.schemas.tickets import Ticket, ticket_of
from services.tickets.use_cases import merging, splitting
from shared.contracts.tickets import TicketState
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])


@router.post(
    "/{ticket_id}/merge",
    response_model=Ticket,
    responses=problems(
        errors.TicketNotFound, rules.MergeIntoItself, rules.TicketMerged, rules.PlayersDiffer, rules.MergeRefused,
        ConflictOfInterest, Forbidden, *ONCE,
    ),
)  # fmt: skip
async def merge_ticket(
    *,
    ticket_id: UUID,
    body: schemas.MergeTicket,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Merge the ticket into another one of the same person and return the survivor.

    Words for the merged ticket land in the survivor from then on. Merges of different people's tickets must be forced
    by a senior, and each of them still sees only his own words.
    """
    if body.force and not actor.has_role("senior"):
        raise Forbidden("forcing a merge takes a senior")

    async def run() -> Reply:
        state = await merging.merge_ticket(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            into=body.into,
            actor=actor.author(),
            witness=witness,
            force=body.force,
            reason=body.reason,
            now=ground.clock.now(),
        )
        return _reply(state, actor.brand)

    return await once.answer(run)


@router.post(
    "/{ticket_id}/unmerge",
    response_model=Ticket,
    responses=problems(errors.TicketNotFound, rules.NotMerged, rules.MergeTooOld, ConflictOfInterest, Forbidden, *ONCE),
)
async def unmerge_ticket(
    *, ticket_id: UUID, actor: EditorDep, witness: WitnessDep, session: SessionDep, once: OnceDep, ground: GroundDep
) -> Response:
    """Take a merge back within 24 hours and return the ticket as it stands for itself again.

    What came for it in the meantime stays in the survivor; between tickets of two people each one's words are told
    again in his own, with the answers to them.
    """

    async def run() -> Reply:
        state = await merging.unmerge_ticket(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            actor=actor.author(),
            witness=witness,
            now=ground.clock.now(),
        )
        return _reply(state, actor.brand)

    return await once.answer(run)


@router.post(
    "/{ticket_id}/split",
    status_code=201,
    response_model=Ticket,
    responses=problems(
        errors.TicketNotFound,
        MessageNotFound,
        MessageSplitBefore,
        WordsWithdrawn,
        SplitMixed,
        ComplaintKeepsWords,
        ConflictOfInterest,
        rules.TicketMerged,
        Forbidden,
        *ONCE,
    ),
)
async def split_ticket(
    *,
    ticket_id: UUID,
    body: schemas.SplitTicket,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Let some of the words become a ticket of their own, which begins with the earliest of them, and return it.

    The words are copied; the originals stay where they were said and name the new ticket. What an open complaint is
    about stays with it.
    """

    async def run() -> Reply:
        state = await splitting.split_ticket(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            message_ids=body.message_ids,
            subject=body.subject,
            actor=actor.author(),
            witness=witness,
            now=ground.clock.now(),
        )
        return _reply(state, actor.brand, Location=f"{PREFIX}/{state.id}")

    return await once.answer(run, status=201)


def _reply(state: TicketState, brand: str, **headers: str) -> Reply:
    return Reply(ticket_of(state, brand, inside=True), headers={"ETag": etag(state.version), **headers})
