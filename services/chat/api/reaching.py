"""HTTP edge of how players are reached: transcripts by e-mail, an address to be answered at, what staff see of it."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.chat.api.callers import InsideReader, Poster, ReasonHeader, Talker, person_of
from services.chat.domain.errors import (
    AddressMissing,
    AddressNotTaken,
    NothingWasSaid,
    SessionNotFound,
    TooManyTranscripts,
)
from services.chat.domain.values import Look
from services.chat.schemas.reaching import LeaveAddress, ReachDocument, SendTranscript, SentTranscript, shortened
from services.chat.use_cases.contacting import leave_address, read_reach
from services.chat.use_cases.sending import send_transcript
from shared.db.session import SessionDep
from shared.redaction import redact
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.idempotency import OnceDep
from shared.web.problems import problems

router: Final = APIRouter(prefix="/v1/chat/sessions/{ticket_id}", tags=["chat"])


@router.post(
    "/transcript",
    status_code=202,
    response_model=SentTranscript,
    responses=problems(Forbidden, SessionNotFound, NothingWasSaid, AddressMissing, AddressNotTaken, TooManyTranscripts),
)
async def send(
    *,
    ticket_id: UUID,
    body: SendTranscript,
    request: Request,
    session: SessionDep,
    actor: Poster,
    ground: GroundDep,
    once: OnceDep,
    reason: ReasonHeader = None,
) -> Response:
    """Send a conversation to its player by e-mail: at his own wish, or at that of staff to where he is known to be.

    Without notes and without files, whose names it tells. A conversation is sent a few times a day at most.
    """
    look = Look(ground.clock.now(), request.state.request_id, redact(reason) if reason else None)

    async def make() -> SentTranscript:
        transcript_id, address = await send_transcript(
            session, asker=person_of(actor), ticket_id=ticket_id, address=body.email, look=look
        )
        return SentTranscript(transcript_id=transcript_id, email=shortened(address))

    return await once.answer(make, status=202)


@router.put("/address", status_code=204, responses=problems(Forbidden, SessionNotFound, AddressNotTaken))
async def leave(ticket_id: UUID, body: LeaveAddress, session: SessionDep, actor: Talker, ground: GroundDep) -> Response:
    """Say where one wants to be answered by e-mail when one is not here; an address the operator vouches for stays."""
    await leave_address(
        session, person=person_of(actor), ticket_id=ticket_id, address=body.email, now=ground.clock.now()
    )
    return Response(status_code=204)


@router.get("/reach", responses=problems(Forbidden, SessionNotFound))
async def read(
    *,
    ticket_id: UUID,
    request: Request,
    session: SessionDep,
    actor: InsideReader,
    ground: GroundDep,
    reason: ReasonHeader = None,
) -> ReachDocument:
    """Read, on record, what the person of a conversation said of himself and whether the answers reached him."""
    look = Look(ground.clock.now(), request.state.request_id, redact(reason) if reason else None)
    reach = await read_reach(session, reader=person_of(actor), ticket_id=ticket_id, look=look)
    return ReachDocument.of(ticket_id, reach)
