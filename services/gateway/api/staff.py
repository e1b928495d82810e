"""Routes of a brand's staff."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway import schemas
from services.gateway.api.access import AdminDep, DigestDep, DoorwayDep, StaffDep
from services.gateway.domain.accounts import BadCredentials, LastAdmin, SignInLocked, StaffExists, StaffNotFound
from services.gateway.queries.rows import Member
from services.gateway.use_cases import staff as use_cases
from services.gateway.use_cases.passwords import SignInBusy
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.conditional import IfMatchDep, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1/staff", tags=["staff"])
ReaderDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="staff:read"))]


async def _password_hash(body: schemas.NewStaffMember, door: DoorwayDep, _actor: AdminDep) -> str:
    """Hash a new member's password; this takes its time, so it runs before a transaction is open."""
    return await door.passwords.hash(body.password.get_secret_value())


@router.get("", responses=problems(Forbidden))
async def list_staff(session: SessionDep, actor: ReaderDep, page: PageDep) -> Page[schemas.StaffMember]:
    """List the brand's staff in the order they joined; for leads, administrators and servers with `staff:read`."""
    after = page.after({})
    rows = await use_cases.list_staff(
        session, brand=actor.brand, after=UUID(after[0]) if after else None, limit=page.limit + 1
    )
    shown, following = page.cut(rows, lambda row: (str(row.id),), {})
    return Page(items=[schemas.StaffMember.of(row) for row in shown], next_cursor=following)


@router.post(
    "",
    status_code=201,
    response_model=schemas.StaffMember,
    responses=problems(Forbidden, StaffExists),
)
async def add_member(
    password_hash: Annotated[str, Depends(_password_hash)],
    body: schemas.NewStaffMember,
    session: SessionDep,
    actor: AdminDep,
    ground: GroundDep,
    once: OnceDep,
) -> Response:
    """Add a member of staff; the address is the key: adding it twice is refused, never doubled."""

    async def add() -> Reply:
        row = await use_cases.add_member(
            ground.database,
            session,
            brand=actor.brand,
            admin_id=UUID(actor.id),
            email=body.email,
            name=body.name,
            role=body.role,
            password_hash=password_hash,
            now=ground.clock.now(),
        )
        headers = {"ETag": etag(row.version), "Location": f"{router.prefix}/{row.staff_id}"}
        return Reply(schemas.StaffMember.of(row), headers)

    return await once.answer(add, status=201)


@router.get("/me", responses=problems(Forbidden))
async def show_me(session: SessionDep, actor: StaffDep, response: Response) -> schemas.StaffMember:
    """Show one's own account."""
    return _shown(await use_cases.show_member(session, brand=actor.brand, staff_id=UUID(actor.id)), response)


@router.put("/me/status", responses=problems(Forbidden))
async def set_status(
    body: schemas.StatusWanted, session: SessionDep, actor: StaffDep, ground: GroundDep, response: Response
) -> schemas.StaffMember:
    """Say whether one takes work now."""
    row = await use_cases.set_status(
        session, brand=actor.brand, staff_id=UUID(actor.id), status=body.status, now=ground.clock.now()
    )
    return _shown(row, response)


@router.put("/me/password", status_code=204, responses=problems(BadCredentials, SignInLocked, SignInBusy))
async def change_password(
    body: schemas.PasswordChange,
    request: Request,
    actor: StaffDep,
    digest: DigestDep,
    ground: GroundDep,
    door: DoorwayDep,
) -> Response:
    """Change one's own password; the person's other sessions end, in all brands."""
    await use_cases.change_password(
        ground.database,
        door.settings,
        door.passwords,
        brand=actor.brand,
        staff_id=UUID(actor.id),
        access_digest=digest,
        address=request.state.address,
        current=body.current_password.get_secret_value(),
        new=body.new_password.get_secret_value(),
        now=ground.clock.now(),
    )
    door.forget()
    return Response(status_code=204)


@router.get("/{staff_id}", responses=problems(Forbidden, StaffNotFound))
async def show_member(staff_id: UUID, session: SessionDep, actor: ReaderDep, response: Response) -> schemas.StaffMember:
    """Show one member of the brand's staff."""
    return _shown(await use_cases.show_member(session, brand=actor.brand, staff_id=staff_id), response)


@router.patch("/{staff_id}", responses=problems(Forbidden, StaffNotFound, LastAdmin, Stale))
async def change_member(
    staff_id: UUID,
    body: schemas.StaffChanges,
    session: SessionDep,
    actor: AdminDep,
    expected: IfMatchDep,
    ground: GroundDep,
    door: DoorwayDep,
    response: Response,
) -> schemas.StaffMember:
    """Edit a member of staff; switching one off ends his sessions."""
    row = await use_cases.change_member(
        session,
        brand=actor.brand,
        staff_id=staff_id,
        expected=expected,
        name=body.name,
        role=body.role,
        active=body.active,
        now=ground.clock.now(),
    )
    door.forget()
    return _shown(row, response)


def _shown(row: Member, response: Response) -> schemas.StaffMember:
    response.headers["ETag"] = etag(row.version)
    return schemas.StaffMember.of(row)
