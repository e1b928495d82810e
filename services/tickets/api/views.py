"""Routes of saved views."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.tickets.api.callers import ONCE, StaffDep, WitnessDep
from services.tickets.api.lists import listed_page
from services.tickets.domain import errors
from services.tickets.domain.complaints import LicenceRefused
from services.tickets.queries import views as stored
from services.tickets.queries.views import COUNT_LIMIT
from services.tickets.schemas import views as schemas
from services.tickets.schemas.lists import ListedTicket
from services.tickets.use_cases import viewing
from shared.db.session import SessionDep
from shared.ids import new_id
from shared.service import GroundDep
from shared.web.actor import Actor, Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

VIEWS: Final = "/v1/views"
_UNKNOWN: Final = (errors.TeamUnknown, errors.ReasonUnknown, LicenceRefused)
router: Final = APIRouter(prefix=VIEWS, tags=["views"])


async def counts_of(request: Request) -> viewing.Counts:
    """Return what this process has counted."""
    state = request.app.state
    if not hasattr(state, "view_counts"):
        state.view_counts = viewing.Counts()
    counts: viewing.Counts = state.view_counts
    return counts


CountsDep = Annotated[viewing.Counts, Depends(counts_of)]


@router.post(
    "",
    status_code=201,
    response_model=schemas.View,
    responses=problems(errors.ViewNotYours, errors.TooManyViews, errors.SortRefused, *_UNKNOWN, Forbidden, *ONCE),
)
async def make_view(
    *,
    body: schemas.NewView,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Keep a list for yourself, or, as a lead, for everybody."""

    async def run() -> Reply:
        now = ground.clock.now()
        view = stored.View(
            id=new_id(),
            brand=actor.brand,
            owner_id=actor.id,
            shared=body.shared,
            name=body.name,
            filters=_said(body.filters),
            sort=body.sort,
            order=body.order,
            columns=tuple(body.columns),
            position=body.position,
            created_at=now,
            updated_at=now,
        )
        kept = await viewing.make_view(session, view, leads=_leads(actor), witness=witness)
        return Reply(_shown(kept), headers={"ETag": etag(kept.version), "Location": f"{VIEWS}/{kept.id}"})

    return await once.answer(run, status=201)


@router.get("", response_model=Page[schemas.View], responses=problems(Forbidden))
async def list_views(actor: StaffDep, witness: WitnessDep, session: SessionDep) -> Page[schemas.View]:
    """List your own and the shared views, in their order: all on one page."""
    found = await viewing.list_views(session, brand=actor.brand, reader_id=actor.id, witness=witness)
    return Page[schemas.View](items=[_shown(view) for view in found], next_cursor=None)


@router.get("/counts", response_model=schemas.Counts, responses=problems(Forbidden))
async def count_views(
    *, actor: StaffDep, witness: WitnessDep, session: SessionDep, ground: GroundDep, counts: CountsDep
) -> schemas.Counts:
    """Count the tickets of all your views at once; beyond a thousand it says that there are more."""
    found = await stored.views_of(session, actor.brand, actor.id)
    lists = [(view.id, _filters(view).wanted(actor), view.sort) for view in found]
    held = await viewing.counted(session, counts, actor.brand, lists, witness=witness, now=ground.clock.now())
    items = [
        schemas.Count(view_id=view_id, count=min(count, COUNT_LIMIT), at_least=count > COUNT_LIMIT)
        for view_id, count in held.items()
    ]
    return schemas.Counts(items=items)


@router.get("/{view_id}", response_model=schemas.View, responses=problems(errors.ViewNotFound, Forbidden))
async def read_view(
    view_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.View:
    """Return a view; the ETag is its version."""
    view = await viewing.find_view(session, brand=actor.brand, view_id=view_id, reader_id=actor.id, witness=witness)
    response.headers["ETag"] = etag(view.version)
    return _shown(view)


@router.get(
    "/{view_id}/tickets",
    response_model=Page[ListedTicket],
    responses=problems(errors.ViewNotFound, errors.SortRefused, CursorInvalid, Forbidden),
)
async def list_tickets_of_view(
    *, view_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[ListedTicket]:
    """List the tickets of a view; `me` in its filters is whoever looks."""
    view = await viewing.find_view(session, brand=actor.brand, view_id=view_id, reader_id=actor.id, witness=None)
    wanted = _filters(view).wanted(actor)
    return await listed_page(session, actor, wanted, view.sort, view.order, page, witness)


@router.patch(
    "/{view_id}",
    response_model=schemas.View,
    responses=problems(
        errors.ViewNotFound,
        errors.ViewNotYours,
        errors.SortRefused,
        *_UNKNOWN,
        Forbidden,
        IfMatchMissing,
        IfMatchMalformed,
        Stale,
    ),
)
async def edit_view(
    *,
    view_id: UUID,
    body: schemas.EditView,
    actor: StaffDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.View:
    """Change your own view, or, as a lead, a shared one."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "filters" in changes:
        changes["filters"] = _said(body.filters)
    if "columns" in changes:
        changes["columns"] = tuple(body.columns)
    view = await viewing.edit_view(
        session,
        brand=actor.brand,
        view_id=view_id,
        editor_id=actor.id,
        leads=_leads(actor),
        expected_version=expected_version,
        changes=changes,
        witness=witness,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(view.version)
    return _shown(view)


@router.delete("/{view_id}", status_code=204, responses=problems(errors.ViewNotFound, errors.ViewNotYours, Forbidden))
async def drop_view(view_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep) -> None:
    """Forget your own view, or, as a lead, a shared one."""
    await viewing.drop_view(
        session, brand=actor.brand, view_id=view_id, editor_id=actor.id, leads=_leads(actor), witness=witness
    )


def _leads(actor: Actor) -> bool:
    return actor.has_role("lead")


def _said(filters: schemas.ViewFilters) -> Mapping[str, object]:
    return filters.model_dump(mode="json", exclude_defaults=True)


def _filters(view: stored.View) -> schemas.ViewFilters:
    return schemas.ViewFilters.model_validate(view.filters)


def _shown(view: stored.View) -> schemas.View:
    values = {name: getattr(view, name) for name in schemas.View.model_fields}
    return schemas.View.model_validate({**values, "columns": list(view.columns), "filters": dict(view.filters)})
