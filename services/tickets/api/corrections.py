"""Routes that correct and withdraw words of staff, and show what words were."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.callers import PREFIX, InsideReaderDep, StaffDep, WitnessDep
from services.tickets.domain import corrections as rules
from services.tickets.domain import errors
from services.tickets.domain.audit import Witness
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.splitting import MessageNotFound
from services.tickets.schemas import tickets as schemas
from services.tickets.use_cases import correcting
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, Forbidden
from shared.web.problems import problems

router: Final = APIRouter(prefix=f"{PREFIX}/{{ticket_id}}/messages/{{message_id}}", tags=["tickets"])

_REFUSALS: Final = (
    errors.TicketNotFound,
    MessageNotFound,
    rules.WordsOfAnother,
    rules.CorrectionsSwitchedOff,
    rules.CorrectionTooLate,
    rules.WordsHaveLeft,
    rules.WordsAreCopied,
    rules.WordsWithdrawn,
    ConflictOfInterest,
    Forbidden,
)


@router.patch("", response_model=schemas.Message, responses=problems(*_REFUSALS, rules.TooManyCorrections))
async def correct_message(
    *,
    ticket_id: UUID,
    message_id: UUID,
    body: schemas.CorrectMessage,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
) -> schemas.Message:
    """Put other words in the place of one's own reply or note, as long as the brand allows it.

    The player sees them at once, marked as edited; what was said before stays, for the staff. No clock changes.
    """
    entry = await correcting.correct_message(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        message_id=message_id,
        corrector=_corrector(actor, witness),
        text=body.text,
        witness=witness,
        now=ground.clock.now(),
    )
    return schemas.message_of(entry, ticket_id)


@router.delete("", status_code=204, responses=problems(*_REFUSALS, rules.WithdrawalUnexplained))
async def withdraw_message(
    *,
    ticket_id: UUID,
    message_id: UUID,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
) -> Response:
    """Withdraw one's own reply or note with its files; withdrawing it twice changes nothing.

    Seniors withdraw any reply at any time, and say why in `X-Pitboss-Reason`.
    """
    await correcting.correct_message(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        message_id=message_id,
        corrector=_corrector(actor, witness),
        text=None,
        witness=witness,
        now=ground.clock.now(),
    )
    return Response(status_code=204)


@router.get(
    "/history",
    response_model=schemas.MessageHistory,
    responses=problems(errors.TicketNotFound, MessageNotFound, Forbidden),
)
async def read_message_history(
    ticket_id: UUID, message_id: UUID, actor: InsideReaderDep, witness: WitnessDep, session: SessionDep
) -> schemas.MessageHistory:
    """Read everything that words ever said, and who changed them; players never see it."""
    entry, versions = await correcting.read_history(
        session, brand=actor.brand, ticket_id=ticket_id, message_id=message_id, witness=witness
    )
    return schemas.history_of(entry, versions)


def _corrector(actor: Actor, witness: Witness | None) -> rules.Corrector:
    return rules.Corrector(actor.author(), actor.has_role("senior"), witness.reason if witness else None)
