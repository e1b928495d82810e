"""The HTTP edge of trying a change of a policy, applying it to what is open, and looking at what it was."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.sla.api.promises import UNFIT, Reader, Writer
from services.sla.domain.policies import PolicyNotFound, PolicyReadOnly, TooManyPolicies
from services.sla.schemas import rehearsals as schemas
from services.sla.use_cases import deciding, rehearsing
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

_FROM_THE_START: Final = schemas.Application()

router = APIRouter(prefix="/v1/sla/policies", tags=["sla"])


@router.post("/dry-run", responses=problems(Forbidden, PolicyNotFound, PolicyReadOnly, TooManyPolicies, *UNFIT))
async def try_policy(
    body: schemas.DryRun, session: SessionDep, actor: Writer, ground: GroundDep
) -> schemas.RehearsalView:
    """Show which open tickets a new or changed policy would give other due times; nothing changes."""
    now = ground.clock.now()
    if body.policy_id is not None and body.changes is not None:
        done = await rehearsing.rehearse_edit(session, body.policy_id, body.changes.revise, brand=actor.brand, now=now)
        return schemas.RehearsalView.of(done)
    if body.draft is None:
        raise PolicyNotFound
    return schemas.RehearsalView.of(
        await rehearsing.rehearse_draft(session, body.draft.draft(), brand=actor.brand, now=now)
    )


@router.post(
    "/{policy_id}/apply", response_model=schemas.ApplicationView, responses=problems(Forbidden, PolicyNotFound)
)
async def apply_policy(
    policy_id: UUID, session: SessionDep, actor: Writer, once: OnceDep, body: schemas.Application = _FROM_THE_START
) -> Response:
    """Recompute the open clocks that the policy makes now or made before, one batch of tickets at a time.

    Without a body it begins with the first ticket.
    """

    async def run() -> Reply:
        applied = await rehearsing.apply_policy(session, policy_id, brand=actor.brand, after=body.after)
        return Reply(schemas.ApplicationView.of(applied))

    return await once.answer(run, status=200)


@router.get("/{policy_id}/versions", responses=problems(Forbidden, PolicyNotFound, CursorInvalid))
async def list_versions(
    policy_id: UUID, session: SessionDep, actor: Reader, page: PageDep
) -> Page[schemas.PolicyVersion]:
    """List what a policy was, newest first, and who made it so; built-in policies have no versions."""
    after = page.after({})
    versions = await deciding.versions_of_policy(
        session,
        brand=actor.brand,
        policy_id=policy_id,
        before=None if after is None else int(after[0]),
        limit=page.limit,
    )
    shown, next_cursor = page.cut(versions, lambda version: (str(version.version),), {})
    return Page(items=[schemas.PolicyVersion.of(version) for version in shown], next_cursor=next_cursor)
