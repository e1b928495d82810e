"""Routes of what a brand decides about its tickets: contact reasons and fields."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from services.tickets.api.callers import ONCE, DeciderDep, InsideReaderDep, WitnessDep, list_of
from services.tickets.domain import errors
from services.tickets.domain.fields import TicketField
from services.tickets.schemas import catalogues as schemas
from services.tickets.schemas.fields import FieldKey, OwnReasonCode
from services.tickets.use_cases import deciding
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

REASONS: Final = "/v1/reasons"
FIELDS: Final = "/v1/ticket-fields"
_CONDITIONAL: Final = (IfMatchMissing, IfMatchMalformed, Stale)

reasons: Final = APIRouter(prefix=REASONS, tags=["tickets"])
fields: Final = APIRouter(prefix=FIELDS, tags=["tickets"])


@reasons.get("", response_model=schemas.ContactReasons, responses=problems(Forbidden))
async def list_reasons(
    actor: InsideReaderDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.ContactReasons:
    """List all contact reasons of the brand: the built-in ones with its own over them, those out of use too."""
    taxonomy = await deciding.read_taxonomy(session, brand=actor.brand, witness=witness)
    response.headers["ETag"] = etag(taxonomy.version)
    return schemas.reasons_of(taxonomy)


@reasons.put(
    "/{code}",
    response_model=schemas.ContactReason,
    responses=problems(errors.ReasonNotFound, errors.TooManyReasons, errors.TeamUnknown, Forbidden, *_CONDITIONAL),
)
async def replace_reason(
    *,
    code: Annotated[OwnReasonCode, Path()],
    body: schemas.ReplaceReason,
    actor: DeciderDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.ContactReason:
    """Replace a reason for this brand, or add one with `If-Match: "0"`; tickets keep the class they were given."""
    reason = await deciding.replace_reason(
        session,
        brand=actor.brand,
        witness=witness,
        reason=body.reason(code),
        by=actor.id,
        expected_version=expected_version,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(reason.version)
    return schemas.reason_of(reason)


@fields.get("", response_model=Page[schemas.FieldView], responses=problems(CursorInvalid, Forbidden))
async def list_fields(
    actor: InsideReaderDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.FieldView]:
    """List the brand's own fields in the order of their keys, those out of use too."""
    bound = list_of(actor, FIELDS)
    after = page.after(bound)
    found = await deciding.read_fields(session, brand=actor.brand, witness=witness)
    following = [field for field in found if after is None or field.key > after[0]]
    shown, next_cursor = page.cut(following, _key_of_field, bound)
    return Page[schemas.FieldView](items=[schemas.field_of(field) for field in shown], next_cursor=next_cursor)


@fields.post(
    "",
    status_code=201,
    response_model=schemas.FieldView,
    responses=problems(
        errors.FieldExists, errors.TooManyFields, errors.FieldChoicesInvalid, errors.ReasonUnknown, Forbidden, *ONCE
    ),
)
async def add_field(
    *,
    body: schemas.NewField,
    actor: DeciderDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Add a field; tickets of the reasons in `required_for` are resolved by staff only once it is filled in."""

    async def run() -> Reply:
        field = await deciding.add_field(
            session, brand=actor.brand, witness=witness, field=body.field(), by=actor.id, now=ground.clock.now()
        )
        return Reply(schemas.field_of(field), headers={"ETag": etag(field.version)})

    return await once.answer(run, status=201)


@fields.patch(
    "/{key}",
    response_model=schemas.FieldView,
    responses=problems(
        errors.FieldNotFound, errors.FieldChoicesInvalid, errors.ReasonUnknown, Forbidden, *_CONDITIONAL
    ),
)
async def edit_field(
    *,
    key: Annotated[FieldKey, Path()],
    body: schemas.EditField,
    actor: DeciderDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.FieldView:
    """Edit a field or put it out of use; tickets keep the values they have."""
    field = await deciding.edit_field(
        session,
        brand=actor.brand,
        witness=witness,
        key=key,
        revise=body.revise,
        by=actor.id,
        expected_version=expected_version,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(field.version)
    return schemas.field_of(field)


def _key_of_field(field: TicketField) -> tuple[str, ...]:
    return (field.key,)
