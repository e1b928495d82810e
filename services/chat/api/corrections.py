"""HTTP edge of corrections: players correct and withdraw their own words, staff see what they were."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.chat.api.callers import InsideReader, Poster, ReasonHeader, person_of
from services.chat.domain.corrections import Correction
from services.chat.domain.errors import (
    ClientMsgIdReused,
    CorrectionsSwitchedOff,
    CorrectionTooLate,
    MessageNotFound,
    SessionHasEnded,
    SessionNotFound,
    StaffAnswerThroughTickets,
    TooManyCorrections,
    WordsOfAnother,
    WordsWithdrawn,
)
from services.chat.domain.values import Look
from services.chat.schemas.http import (
    CorrectMessage,
    MessageHistory,
    MessageVersion,
    TranscriptCorrection,
    TranscriptMessage,
    entry_of,
)
from services.chat.use_cases.correcting import correct_words
from services.chat.use_cases.transcripts import read_history
from shared.db.session import SessionDep
from shared.redaction import redact
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden
from shared.web.problems import problems

router: Final = APIRouter(prefix="/v1/chat/sessions/{ticket_id}/messages", tags=["chat"])

_REFUSALS: Final = (
    SessionNotFound,
    MessageNotFound,
    SessionHasEnded,
    StaffAnswerThroughTickets,
    WordsOfAnother,
    CorrectionsSwitchedOff,
    CorrectionTooLate,
    WordsWithdrawn,
)


@router.patch("/{message_id}", responses=problems(*_REFUSALS, TooManyCorrections, ClientMsgIdReused))
async def correct_message(
    *, ticket_id: UUID, message_id: UUID, body: CorrectMessage, session: SessionDep, actor: Poster, ground: GroundDep
) -> TranscriptMessage | TranscriptCorrection:
    """Put other words in the place of one's own, exactly as over the socket, and get the entry that says so.

    What changes nothing writes nothing: the answer is the entry that already says it.
    """
    _check_outside(actor, ticket_id, message_id)
    wish = Correction(ticket_id, message_id, actor.author(), body.text, body.client_msg_id)
    return entry_of(await correct_words(session, brand=actor.brand, wish=wish, now=ground.clock.now()))


@router.delete("/{message_id}", status_code=204, responses=problems(*_REFUSALS))
async def withdraw_message(
    *, ticket_id: UUID, message_id: UUID, session: SessionDep, actor: Poster, ground: GroundDep
) -> Response:
    """Withdraw one's own words with the files they carry; withdrawing them twice changes nothing."""
    _check_outside(actor, ticket_id, message_id)
    wish = Correction(ticket_id, message_id, actor.author(), None)
    await correct_words(session, brand=actor.brand, wish=wish, now=ground.clock.now())
    return Response(status_code=204)


@router.get("/{message_id}/history", responses=problems(Forbidden, SessionNotFound, MessageNotFound))
async def read_message_history(
    *,
    ticket_id: UUID,
    message_id: UUID,
    request: Request,
    session: SessionDep,
    actor: InsideReader,
    ground: GroundDep,
    reason: ReasonHeader = None,
) -> MessageHistory:
    """Read everything a message ever said; for staff and servers, on record."""
    look = Look(ground.clock.now(), request.state.request_id, redact(reason) if reason else None)
    versions = await read_history(
        session, reader=person_of(actor), ticket_id=ticket_id, message_id=message_id, look=look
    )
    return MessageHistory(items=[MessageVersion.of(version) for version in versions])


def _check_outside(actor: Actor, ticket_id: UUID, message_id: UUID) -> None:
    if actor.kind is ActorKind.STAFF:
        location = f"/v1/tickets/{ticket_id}/messages/{message_id}"
        raise StaffAnswerThroughTickets(f"correct staff's words at {location}", location=location)
