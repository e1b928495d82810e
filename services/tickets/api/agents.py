"""Routes of the people who take tickets."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Row

from services.tickets.api.callers import StaffDep, WitnessDep, list_of
from services.tickets.domain import errors
from services.tickets.domain.audit import AuditAction
from services.tickets.queries import copies, profiles
from services.tickets.schemas import people as schemas
from services.tickets.schemas.fields import Id
from services.tickets.use_cases import staffing
from services.tickets.use_cases.auditing import record_act
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix="/v1/agents", tags=["agents"])
LeadDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="lead"))]


@router.get("", response_model=Page[schemas.Profile], responses=problems(CursorInvalid, Forbidden))
async def list_agents(
    actor: StaffDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.Profile]:
    """List the profiles of those who take tickets."""
    bound = list_of(actor, "agents")
    after = page.after(bound)
    rows = await profiles.profiles_page(session, actor.brand, after=after[0] if after else None, limit=page.limit)
    await record_act(session, witness, AuditAction.READ_PROFILES, {})
    shown, next_cursor = page.cut(rows, lambda row: (row.staff_id,), bound)
    return Page[schemas.Profile](items=[_profile_of(row) for row in shown], next_cursor=next_cursor)


@router.get("/colleagues", response_model=Page[schemas.Colleague], responses=problems(CursorInvalid, Forbidden))
async def list_colleagues(
    actor: StaffDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.Colleague]:
    """List everybody who works here by name, whoever asks: one must know with whom one works."""
    bound = list_of(actor, "colleagues")
    after = page.after(bound)
    rows = await copies.colleagues_page(session, actor.brand, after=after[0] if after else None, limit=page.limit)
    await record_act(session, witness, AuditAction.READ_COLLEAGUES, {})
    shown, next_cursor = page.cut(rows, lambda row: (row.id,), bound)
    items = [
        schemas.Colleague(id=one.id, name=one.name, role=one.role, status=one.status, changed_at=one.changed_at)
        for one in shown
    ]
    return Page[schemas.Colleague](items=items, next_cursor=next_cursor)


@router.get("/{staff_id}", response_model=schemas.Profile, responses=problems(errors.StaffNotFound, Forbidden))
async def read_agent(
    staff_id: Id, actor: StaffDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.Profile:
    """Return what a person takes; the ETag is its version."""
    row = await profiles.profile_of(session, actor.brand, staff_id)
    if row is None:
        raise errors.StaffNotFound
    await record_act(session, witness, AuditAction.READ_PROFILES, {"staff_id": staff_id})
    response.headers["ETag"] = etag(row.version)
    return _profile_of(row)


@router.put(
    "/{staff_id}",
    response_model=schemas.Profile,
    responses=problems(
        errors.StaffNotFound,
        errors.TeamUnknown,
        errors.SkillUnknown,
        errors.LanguageUnknown,
        Forbidden,
        IfMatchMissing,
        IfMatchMalformed,
        Stale,
    ),
)
async def write_agent(
    *,
    staff_id: Id,
    body: schemas.EditProfile,
    actor: LeadDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.Profile:
    """Say what a person takes; `If-Match: "0"` makes the profile.

    With the brand's first profile the queue begins to assign its tickets.
    """
    row = await staffing.write_profile(
        session,
        brand=actor.brand,
        staff_id=staff_id,
        values=body.stored(),
        expected_version=expected_version,
        witness=witness,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(row.version)
    return _profile_of(row)


def _profile_of(row: Row[Any]) -> schemas.Profile:
    return schemas.Profile.model_validate({name: getattr(row, name) for name in schemas.Profile.model_fields})
