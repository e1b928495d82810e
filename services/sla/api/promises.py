"""The HTTP edge of policies and of the clocks of tickets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from services.sla.domain.calendars import CalendarUnknown, DueTimeTooFar
from services.sla.domain.fold import TicketNotFound
from services.sla.domain.policies import (
    Policy,
    PolicyNotFound,
    PolicyPromisesNothing,
    PolicyReadOnly,
    TargetInvalid,
    TooManyPolicies,
)
from services.sla.schemas import clocks as clock_schemas
from services.sla.schemas import promises as schemas
from services.sla.use_cases import deciding, measuring
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.conditional import IfMatchDep, Stale, demand, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1", tags=["sla"])

Reader = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="sla:read"))]
Writer = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="sla:write"))]

UNFIT = (TargetInvalid, PolicyPromisesNothing, CalendarUnknown, DueTimeTooFar)


@router.get("/sla/policies", responses=problems(Forbidden, CursorInvalid))
async def list_policies(session: SessionDep, actor: Reader, page: PageDep) -> Page[schemas.PolicyView]:
    """List every policy that counts for the brand in asking order: its own, then the built-in ones.

    For each metric of a ticket the first active policy counts whose conditions fit and which names that metric.
    """
    after = page.after({})
    policies = await deciding.policies_of_brand(session, brand=actor.brand)
    following = [policy for policy in policies if after is None or _place(policy) > (int(after[0]), after[1])]
    shown, next_cursor = page.cut(following, lambda policy: (str(policy.position), str(policy.id)), {})
    return Page(items=[schemas.PolicyView.of(policy) for policy in shown], next_cursor=next_cursor)


@router.post(
    "/sla/policies",
    status_code=201,
    response_model=schemas.PolicyView,
    responses=problems(Forbidden, TooManyPolicies, *UNFIT),
)
async def add_policy(
    body: schemas.NewPolicy, session: SessionDep, actor: Writer, once: OnceDep, ground: GroundDep
) -> Response:
    """Add a policy of the brand; promises that begin from now on follow it, running ones keep theirs."""

    async def run() -> Reply:
        policy = await deciding.add_policy(
            session, body.draft(), brand=actor.brand, editor=actor.id, now=ground.clock.now()
        )
        headers = {"ETag": etag(policy.version), "Location": f"/v1/sla/policies/{policy.id}"}
        return Reply(schemas.PolicyView.of(policy), headers=headers)

    return await once.answer(run, status=201)


@router.get("/sla/policies/{policy_id}", responses=problems(Forbidden, PolicyNotFound))
async def read_policy(policy_id: UUID, session: SessionDep, actor: Reader, response: Response) -> schemas.PolicyView:
    """Read one policy and its ETag."""
    policy = await deciding.find_policy(session, brand=actor.brand, policy_id=policy_id)
    response.headers["ETag"] = etag(policy.version)
    return schemas.PolicyView.of(policy)


@router.patch(
    "/sla/policies/{policy_id}",
    responses=problems(Forbidden, PolicyNotFound, PolicyReadOnly, Stale, *UNFIT),
)
async def edit_policy(
    *,
    policy_id: UUID,
    body: schemas.PolicyEdit,
    session: SessionDep,
    actor: Writer,
    expected: IfMatchDep,
    ground: GroundDep,
    response: Response,
) -> schemas.PolicyView:
    """Edit a policy of the brand; promises that begin from now on follow the new version, running ones keep theirs."""
    policy = await deciding.edit_policy(
        session,
        policy_id,
        body.revise,
        brand=actor.brand,
        demand=lambda actual: demand(expected, actual),
        editor=actor.id,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(policy.version)
    return schemas.PolicyView.of(policy)


@router.get("/tickets/{ticket_id}/sla", responses=problems(Forbidden, TicketNotFound))
async def read_ticket_clocks(
    ticket_id: UUID, session: SessionDep, actor: Reader, ground: GroundDep
) -> clock_schemas.TicketClocks:
    """Read every promise of a ticket: where it stands, when it is due and how long it has been counting.

    The legal clocks of its complaint are no promises: their due times are the complaint's.
    """
    ticket = await measuring.tracked_ticket(session, brand=actor.brand, ticket_id=ticket_id)
    clocks = await measuring.clocks_of_ticket(session, brand=actor.brand, ticket_id=ticket_id)
    earlier = await measuring.earlier_schedules(session, brand=actor.brand, ticket_id=ticket_id)
    now = ground.clock.now()
    return clock_schemas.TicketClocks(
        ticket_id=ticket_id,
        clocks=[clock_schemas.ClockView.of(clock, now=now, earlier=earlier.get(clock.id, ())) for clock in clocks],
        time_spent=clock_schemas.TimeSpent.of(ticket, now=now),
    )


def _place(policy: Policy) -> tuple[int, str]:
    return policy.position, str(policy.id)
