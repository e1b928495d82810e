"""Routes of macros: keeping them, and using one in a ticket."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.tickets.api.callers import (
    MACROS,
    ONCE,
    PREFIX,
    EditorDep,
    StaffDep,
    WitnessDep,
    is_inside,
    list_of,
    strongest_role,
)
from services.tickets.domain import errors
from services.tickets.domain.complaints import ComplaintOpen, ConflictOfInterest
from services.tickets.domain.merging import TicketMerged
from services.tickets.domain.safety import SafetyDowngradeRefused
from services.tickets.schemas import macros as schemas
from services.tickets.schemas import tickets as ticket_schemas
from services.tickets.use_cases import keeping_macros, using_macros
from services.tickets.use_cases.keeping_macros import Keeper, Shown
from services.tickets.use_cases.using_macros import Rendered, Wish
from shared.db.session import SessionDep
from shared.ids import new_id
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix=MACROS, tags=["macros"])
using: Final = APIRouter(prefix=PREFIX, tags=["macros"])

_REFUSED: Final = (
    errors.PlaceholderUnknown,
    errors.MacroInvalid,
    errors.ReasonUnknown,
    errors.TagMalformed,
    errors.ShortcutTaken,
    Forbidden,
)
_EDITED: Final = (errors.MacroNotFound, IfMatchMissing, IfMatchMalformed, Stale)


@router.post("", status_code=201, response_model=schemas.Macro, responses=problems(*_REFUSED, errors.MacrosFull, *ONCE))
async def create_macro(
    *,
    body: schemas.CreateMacro,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Create a macro: leads and servers for the brand, everybody at the desk for oneself (`personal`)."""

    async def run() -> Reply:
        keeper = _keeper(actor)
        if body.personal and keeper.id is None:
            raise errors.MacroInvalid("a server has no macros of its own", field="personal")
        macro = body.meant(new_id(), actor.brand, keeper.id if body.personal else None, ground.clock.now())
        shown = await keeping_macros.create_macro(session, keeper=keeper, macro=macro, witness=witness)
        headers = {"ETag": etag(macro.version), "Location": f"{MACROS}/{macro.id}"}
        return Reply(schemas.macro_of(Rendered(shown)), headers=headers)

    return await once.answer(run, status=201)


@router.get("", response_model=Page[schemas.Macro], responses=problems(errors.TicketNotFound, CursorInvalid, Forbidden))
async def list_macros(
    *,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    page: PageDep,
    ground: GroundDep,
    ticket_id: Annotated[UUID | None, Query(description="only those usable there, with what they would say")] = None,
    active: Annotated[bool | None, Query()] = None,
    shortcut: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[schemas.Macro]:
    """List the brand's macros and the caller's own, oldest first."""
    bound = list_of(actor, ("macros", actor.id, ticket_id, active, shortcut))
    rows = await using_macros.list_macros(
        session, brand=actor.brand, keeper=_keeper(actor), reader=actor.author(), ticket_id=ticket_id, active=active,
        shortcut=shortcut, after=page.after(bound), limit=page.limit, witness=witness, now=ground.clock.now(),
    )  # fmt: skip
    shown, next_cursor = page.cut(rows, _key_of_row, bound)
    return Page[schemas.Macro](items=[schemas.macro_of(row) for row in shown], next_cursor=next_cursor)


@router.get("/{macro_id}", response_model=schemas.Macro, responses=problems(errors.MacroNotFound, Forbidden))
async def read_macro(
    *,
    macro_id: UUID,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.Macro:
    """Return a macro; the ETag is its version."""
    shown = await keeping_macros.read_macro(
        session, brand=actor.brand, keeper=_keeper(actor), macro_id=macro_id, witness=witness, now=ground.clock.now()
    )
    return _answer(shown, response)


@router.patch("/{macro_id}", response_model=schemas.Macro, responses=problems(*_REFUSED, *_EDITED))
async def edit_macro(
    *,
    macro_id: UUID,
    body: schemas.EditMacro,
    actor: EditorDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.Macro:
    """Change the version of a macro that was read."""
    shown = await keeping_macros.edit_macro(
        session, brand=actor.brand, keeper=_keeper(actor), macro_id=macro_id, expected_version=expected_version,
        fields=body.wanted(), witness=witness, now=ground.clock.now(),
    )  # fmt: skip
    return _answer(shown, response)


@router.delete("/{macro_id}", status_code=204, responses=problems(*_EDITED, Forbidden))
async def delete_macro(
    macro_id: UUID, actor: EditorDep, witness: WitnessDep, expected_version: IfMatchDep, session: SessionDep
) -> None:
    """Forget the version of a macro that was read; its uses stay counted."""
    await keeping_macros.delete_macro(
        session, brand=actor.brand, keeper=_keeper(actor), macro_id=macro_id, expected_version=expected_version,
        witness=witness,
    )  # fmt: skip


@router.get("/{macro_id}/usage", response_model=schemas.Usage, responses=problems(errors.MacroNotFound, Forbidden))
async def read_usage(
    *,
    macro_id: UUID,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
    days: Annotated[int, Query(ge=1, le=90)] = 30,
) -> schemas.Usage:
    """Return who used a macro how often on each of the last days."""
    rows = await keeping_macros.read_usage(
        session, brand=actor.brand, keeper=_keeper(actor), macro_id=macro_id, days=days, witness=witness,
        now=ground.clock.now(),
    )  # fmt: skip
    return schemas.usage_of(rows)


@using.post(
    "/{ticket_id}/macros/{macro_id}",
    response_model=schemas.UsedMacro,
    responses=problems(
        errors.TicketNotFound,
        TicketMerged,
        errors.MacroNotFound,
        errors.MacroNotUsable,
        errors.MacroTextMissing,
        errors.PlaceholderEmpty,
        errors.PlaceholderUnknown,
        errors.ReasonUnknown,
        errors.StatusMoveRefused,
        errors.FieldsMissing,
        ConflictOfInterest,
        SafetyDowngradeRefused,
        ComplaintOpen,
        errors.TagsFull,
        errors.MentionsRefused,
        errors.StaffNotFound,
        errors.StaffInactive,
        errors.TicketChanged,
        Forbidden,
        *ONCE,
    ),
)
async def use_macro(
    *,
    ticket_id: UUID,
    macro_id: UUID,
    body: schemas.UseMacro,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Say and do what a macro says and does, all of it or nothing; something missing from its words refuses it."""

    async def run() -> Reply:
        used = await using_macros.use_macro(
            session, brand=actor.brand, ticket_id=ticket_id, macro_id=macro_id, user=actor.author(),
            role=strongest_role(actor) or "agent", wish=Wish(**body.model_dump()), witness=witness,
            now=ground.clock.now(),
        )  # fmt: skip
        answer = schemas.UsedMacro(
            ticket=ticket_schemas.ticket_of(used.state, actor.brand, inside=is_inside(actor)),
            message=None if used.message is None else ticket_schemas.message_of(used.message, ticket_id),
        )
        return Reply(answer, headers={"ETag": etag(used.state.version)})

    return await once.answer(run)


def _keeper(actor: Actor) -> Keeper:
    server = actor.kind is ActorKind.SERVER
    return Keeper(None if server else actor.id, lead=server or actor.has_role("lead"))


def _answer(shown: Shown, response: Response) -> schemas.Macro:
    response.headers["ETag"] = etag(shown.macro.version)
    return schemas.macro_of(Rendered(shown))


def _key_of_row(row: Rendered) -> tuple[str, ...]:
    return (str(row.shown.macro.id),)
