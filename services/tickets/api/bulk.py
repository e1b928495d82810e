"""The route that does the same with many tickets; it comes before those of one ticket, whose id it would be."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.callers import ONCE, PREFIX, EditorDep, WitnessDep, strongest_role
from services.tickets.domain import errors
from services.tickets.schemas import merges as schemas
from services.tickets.use_cases.bulk import Action, change_tickets
from shared.contracts.tickets import TicketState
from shared.db.session import SessionDep
from shared.errors import DomainError
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.idempotency import OnceDep
from shared.web.problems import STATUS, problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])


@router.post("/bulk", response_model=schemas.BulkResults, responses=problems(errors.ReasonUnknown, Forbidden, *ONCE))
async def change_many(
    *,
    body: schemas.BulkChange,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Change or merge up to 100 tickets; each is done or refused for itself.

    Complaints are always refused, and so is finishing what concerns a player's safety, or giving it another reason.
    """

    async def run() -> schemas.BulkResults:
        outcomes = await change_tickets(
            session,
            brand=actor.brand,
            ids=body.ids,
            action=_action_of(body.action),
            actor=actor.author(),
            role=strongest_role(actor) or "agent",
            witness=witness,
            now=ground.clock.now(),
        )
        items = [_result_of(one, outcome) for one, outcome in zip(body.ids, outcomes, strict=True)]
        return schemas.BulkResults(items=items)

    return await once.answer(run)


def _action_of(wish: schemas.BulkAction) -> Action:
    return Action(
        status=wish.status,
        priority=wish.priority,
        assigns="assignee_id" in wish.model_fields_set,
        assignee_id=wish.assignee_id,
        tags_add=tuple(wish.tags_add),
        tags_remove=tuple(wish.tags_remove),
        merge_into=wish.merge_into,
        recodes=wish.merge_into is None and "reason" in wish.model_fields_set,
        reason=wish.reason,
    )


def _result_of(ticket_id: UUID, outcome: TicketState | DomainError) -> schemas.BulkResult:
    if isinstance(outcome, TicketState):
        shown = {name: getattr(outcome, name) for name in schemas.BulkTicket.model_fields}
        return schemas.BulkResult(id=ticket_id, status="done", ticket=schemas.BulkTicket(**shown))
    problem = schemas.BulkProblem(
        code=outcome.code(), title=outcome.title(), status=STATUS[outcome.kind], detail=outcome.detail
    )
    return schemas.BulkResult(id=ticket_id, status="refused", problem=problem)
