"""Routes of the lifecycle of tickets: when resolved ones close and until when they reopen."""

from typing import Final

from fastapi import APIRouter, Response

from services.tickets.api.callers import PREFIX, DeciderDep, InsideReaderDep, WitnessDep
from services.tickets.schemas import policies as schemas
from services.tickets.use_cases import ageing
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.problems import problems

router: Final = APIRouter(prefix=f"{PREFIX}/policy", tags=["tickets"])


@router.get("", response_model=schemas.Policy, responses=problems(Forbidden))
async def read_policy(
    actor: InsideReaderDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.Policy:
    """Read when resolved tickets close, how long words reopen them, and how long staff may correct their own."""
    policy = await ageing.read_policy(session, brand=actor.brand, witness=witness)
    response.headers["ETag"] = etag(policy.version)
    return schemas.policy_of(policy)


@router.put("", response_model=schemas.Policy, responses=problems(Forbidden, IfMatchMissing, IfMatchMalformed, Stale))
async def replace_policy(
    *,
    body: schemas.ReplacePolicy,
    actor: DeciderDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.Policy:
    """Replace the policy; tickets that are resolved already close on the day they were promised to.

    With `acknowledge_complaints` false staff acknowledge complaints by hand: the law's clock for it runs all the same.
    """
    policy = await ageing.edit_policy(
        session,
        brand=actor.brand,
        witness=witness,
        channels={channel: one.lifecycle() for channel, one in body.channels.items()},
        acknowledge_complaints=body.acknowledge_complaints,
        correct_within=body.within(),
        by=actor.id,
        expected_version=expected_version,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(policy.version)
    return schemas.policy_of(policy)
