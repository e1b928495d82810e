"""Routes of brands."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway import schemas
from services.gateway.api.access import AdminDep, DoorwayDep
from services.gateway.domain.brands import (
    BrandNotFound,
    BrandTaken,
    LanguagesInconsistent,
    MailboxTaken,
    OriginInvalid,
)
from services.gateway.queries.rows import Brand
from services.gateway.use_cases import brands as use_cases
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import IfMatchDep, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1/brands", tags=["brands"])
_CONTRADICTIONS = (MailboxTaken, LanguagesInconsistent, OriginInvalid)


@router.get("", responses=problems(Forbidden))
async def list_brands(actor: AdminDep, ground: GroundDep, page: PageDep) -> Page[schemas.Brand]:
    """List the brands one administers."""
    after = page.after({})
    rows = await use_cases.list_brands(
        ground.database, staff_id=UUID(actor.id), after=after[0] if after else None, limit=page.limit + 1
    )
    shown, following = page.cut(rows, lambda row: (row.brand,), {})
    return Page(items=[schemas.Brand.of(row) for row in shown], next_cursor=following)


@router.post(
    "", status_code=201, response_model=schemas.Brand, responses=problems(Forbidden, BrandTaken, *_CONTRADICTIONS)
)
async def create_brand(
    body: schemas.NewBrand, session: SessionDep, actor: AdminDep, ground: GroundDep, once: OnceDep
) -> Response:
    """Create a brand; whoever creates it is its first administrator and signs in to it to set it up."""

    async def create() -> Reply:
        row = await use_cases.create_brand(
            ground.database,
            session,
            home=actor.brand,
            staff_id=UUID(actor.id),
            name_of_staff=actor.name or "Administrator",
            values=body.values(),
            now=ground.clock.now(),
        )
        return Reply(schemas.Brand.of(row), {"ETag": etag(row.version), "Location": f"/v1/brands/{row.brand}"})

    return await once.answer(create, status=201)


@router.get("/{brand}", responses=problems(Forbidden, BrandNotFound))
async def show_brand(brand: str, actor: AdminDep, ground: GroundDep, response: Response) -> schemas.Brand:
    """Show a brand to one of its administrators."""
    async with ground.database.begin(brand) as session:
        row = await use_cases.show_brand(session, brand=brand, staff_id=UUID(actor.id))
    return _shown(row, response)


@router.patch("/{brand}", responses=problems(Forbidden, BrandNotFound, Stale, *_CONTRADICTIONS))
async def change_brand(
    brand: str,
    body: schemas.BrandChanges,
    actor: AdminDep,
    expected: IfMatchDep,
    ground: GroundDep,
    door: DoorwayDep,
    response: Response,
) -> schemas.Brand:
    """Edit a brand."""
    async with ground.database.begin(brand) as session:
        row = await use_cases.change_brand(
            session,
            brand=brand,
            staff_id=UUID(actor.id),
            expected=expected,
            changes=body.changes(),
            now=ground.clock.now(),
        )
    door.forget()
    return _shown(row, response)


def _shown(row: Brand, response: Response) -> schemas.Brand:
    response.headers["ETag"] = etag(row.version)
    return schemas.Brand.of(row)
