"""Routes of teams and of personal managers."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from services.tickets.api.agents import LeadDep
from services.tickets.api.callers import StaffDep, WitnessDep, list_of
from services.tickets.domain import errors
from services.tickets.domain.audit import AuditAction
from services.tickets.queries import copies, profiles
from services.tickets.schemas import people as schemas
from services.tickets.schemas.fields import Id
from services.tickets.use_cases import naming
from services.tickets.use_cases.auditing import record_act
from shared.db.session import SessionDep
from shared.redaction import redact
from shared.web.actor import Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, demand, etag
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(tags=["agents"])
_TEAM: Final = "/v1/teams/{team_id}"
_MANAGED: Final = "/v1/agents/{staff_id}/players/{player_id}"
TeamId = Annotated[schemas.Slug, Path()]


@router.get("/v1/teams", response_model=Page[schemas.Team], responses=problems(CursorInvalid, Forbidden))
async def list_teams(actor: StaffDep, witness: WitnessDep, session: SessionDep, page: PageDep) -> Page[schemas.Team]:
    """List the brand's teams."""
    bound = list_of(actor, "teams")
    after = page.after(bound)
    rows = await profiles.teams_page(session, actor.brand, after=after[0] if after else None, limit=page.limit)
    await record_act(session, witness, AuditAction.READ_PROFILES, {})
    shown, next_cursor = page.cut(rows, lambda row: (row.team_id,), bound)
    items = [schemas.Team(id=row.team_id, name=row.name, version=row.version) for row in shown]
    return Page[schemas.Team](items=items, next_cursor=next_cursor)


@router.put(
    _TEAM,
    response_model=schemas.Team,
    responses=problems(errors.TeamNotFound, Forbidden, IfMatchMissing, IfMatchMalformed, Stale),
)
async def write_team(
    *,
    team_id: TeamId,
    body: schemas.EditTeam,
    actor: LeadDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    response: Response,
) -> schemas.Team:
    """Make a team (`If-Match: "0"`) or rename it."""
    before = await profiles.team_of(session, actor.brand, team_id, locked=True)
    if before is None and expected_version:
        raise errors.TeamNotFound
    demand(expected_version, before.version if before else 0)
    row = await profiles.save_team(session, actor.brand, team_id, redact(body.name), expected_version)
    if row is None:
        raise Stale(current_version=expected_version + 1)
    await record_act(session, witness, AuditAction.EDIT_TEAM, {"team_id": team_id})
    response.headers["ETag"] = etag(row.version)
    return schemas.Team(id=row.team_id, name=row.name, version=row.version)


@router.delete(_TEAM, status_code=204, responses=problems(errors.TeamNotFound, errors.TeamInUse, Forbidden))
async def drop_team(team_id: TeamId, actor: LeadDep, witness: WitnessDep, session: SessionDep) -> None:
    """Remove a team that no reason, no profile and no unfinished ticket names; the refusal says what does."""
    await naming.drop_team(session, brand=actor.brand, team_id=team_id, witness=witness)


@router.put(_MANAGED, status_code=204, responses=problems(errors.StaffNotFound, Forbidden))
async def give_manager(staff_id: Id, player_id: Id, actor: LeadDep, witness: WitnessDep, session: SessionDep) -> None:
    """Make a person the manager of a player: new tickets are first theirs for five minutes, then everybody's."""
    if await copies.colleague(session, actor.brand, staff_id) is None:
        raise errors.StaffNotFound
    await profiles.save_manager(session, actor.brand, player_id, staff_id)
    await record_act(session, witness, AuditAction.EDIT_PROFILE, {"staff_id": staff_id, "player_id": player_id})


@router.delete(_MANAGED, status_code=204, responses=problems(errors.StaffNotFound, Forbidden))
async def take_manager(staff_id: Id, player_id: Id, actor: LeadDep, witness: WitnessDep, session: SessionDep) -> None:
    """Let the player have no manager."""
    if not await profiles.drop_manager(session, actor.brand, player_id, staff_id):
        raise errors.StaffNotFound
    await record_act(session, witness, AuditAction.EDIT_PROFILE, {"staff_id": staff_id, "player_id": player_id})
