"""Routes of the complaints register."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from services.tickets.api.callers import ONCE, PREFIX, EditorDep, WitnessDep, list_of
from services.tickets.domain import complaints as domain
from services.tickets.domain import errors, returns
from services.tickets.domain.complaints import Complaint
from services.tickets.domain.interests import InvestigatorUnfit
from services.tickets.domain.merging import TicketMerged
from services.tickets.queries.complaints import Filters
from services.tickets.schemas import complaints as schemas
from services.tickets.schemas.fields import Id, Language, Moment
from services.tickets.settings import licences
from services.tickets.use_cases import complaining, revising
from shared.contracts.tickets import ComplaintStep
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

COMPLAINTS: Final = "/v1/complaints"
router: Final = APIRouter(prefix=COMPLAINTS, tags=["complaints"])
by_hand: Final = APIRouter(prefix=PREFIX, tags=["complaints"])

_INSIDE: Final = (ActorKind.STAFF, ActorKind.SERVER)
ReaderDep = Annotated[Actor, Depends(require(*_INSIDE, role="agent", scope="complaints:read"))]
HandlerDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="senior"))]
LeadDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="lead"))]
ReporterDep = Annotated[Actor, Depends(require(*_INSIDE, role="lead", scope="complaints:read"))]


async def keep_from_accused(complaint_id: UUID, actor: ReaderDep, witness: WitnessDep, ground: GroundDep) -> None:
    """Hide an open complaint from whom it is about; his try is recorded, so in a transaction of its own."""
    async with ground.database.begin(actor.brand) as session:
        kept = await complaining.is_kept_from(
            session, brand=actor.brand, complaint_id=complaint_id, reader=actor.author(), witness=witness
        )
    if kept:
        raise domain.ComplaintNotFound


_HIDDEN: Final = Depends(keep_from_accused)
_REFUSALS: Final = (
    domain.ComplaintNotFound,
    domain.ComplaintMoveRefused,
    domain.ConflictOfInterest,
    Forbidden,
    *ONCE,
)


@by_hand.post(
    "/{ticket_id}/complaint",
    status_code=201,
    response_model=schemas.ComplaintView,
    responses=problems(
        errors.TicketNotFound, TicketMerged, domain.ComplaintTypeUnknown, domain.ConflictOfInterest, Forbidden, *ONCE
    ),
)
async def register_complaint(
    *,
    ticket_id: UUID,
    body: schemas.RegisterComplaint,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Register the ticket's complaint; it is as old as the player's first words. An open one stays the one."""

    async def run() -> Reply:
        return _reply(
            await complaining.register_complaint(
                session, brand=actor.brand, ticket_id=ticket_id, caller=actor.author(), witness=witness,
                type_=body.type, details=body.details, now=ground.clock.now(),
            )
        )  # fmt: skip

    return await once.answer(run, status=201)


@router.get("", response_model=Page[schemas.ComplaintView], responses=problems(CursorInvalid, Forbidden))
async def list_complaints(
    *,
    actor: ReaderDep,
    witness: WitnessDep,
    session: SessionDep,
    page: PageDep,
    state: Annotated[ComplaintStep | None, Query()] = None,
    jurisdiction: Annotated[Id | None, Query()] = None,
    type_: Annotated[Id | None, Query(alias="type")] = None,
    owner_id: Annotated[Id | None, Query()] = None,
    due_before: Annotated[Moment | None, Query(description="open ones whose final response is due before")] = None,
    month: Annotated[schemas.Month | None, Query(description="received in this month (UTC), as 2026-11")] = None,
) -> Page[schemas.ComplaintView]:
    """List the register, newest first."""
    since, until = returns.period_of(month, None) if month else (None, None)
    filters = Filters(
        step=state, jurisdiction=jurisdiction, type=type_, owner_id=owner_id, due_before=due_before, since=since,
        until=until,
    )  # fmt: skip
    bound = list_of(actor, filters)
    found = await complaining.list_complaints(
        session,
        brand=actor.brand,
        filters=filters,
        reader=actor.author(),
        after=page.after(bound),
        limit=page.limit,
        witness=witness,
    )
    shown, following = page.cut(found, _key, bound)
    return Page[schemas.ComplaintView](items=[schemas.complaint_view(one) for one in shown], next_cursor=following)


@router.get(
    "/export",
    response_model=None,
    responses={
        200: {"content": {"application/json": {}, "text/csv": {}}, "description": "the export"},
        **problems(domain.ConflictOfInterest, Forbidden),
    },
)
async def export_complaints(
    *,
    actor: ReporterDep,
    witness: WitnessDep,
    session: SessionDep,
    licence: Annotated[Id, Query(description=f"one of {', '.join(licences())}")],
    month: Annotated[schemas.Month, Query(description="the month; for CW the half year it lies in")],
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Response | dict[str, object]:
    """Export the complaints received in a period under a licence, with the counters that regulators ask for."""
    since, until = returns.period_of(month, licence)
    found = await complaining.export_complaints(
        session, brand=actor.brand, filters=Filters(jurisdiction=licence, since=since, until=until),
        reader=actor.author(), witness=witness,
    )  # fmt: skip
    rows = returns.rows_of(found, {str(one.state.id): domain.paused_seconds(one) for one in found})
    if form == "csv":
        return Response(returns.as_csv(rows), media_type="text/csv; charset=utf-8")
    return {
        "licence": licence, "since": since, "until": until, "counters": returns.counters(found),
        "volumes": returns.volumes(found), "adr": returns.adr_report(found), "complaints": rows,
    }  # fmt: skip


@router.get(
    "/{complaint_id}",
    response_model=schemas.ComplaintWithHistory,
    responses=problems(domain.ComplaintNotFound, Forbidden),
    dependencies=[_HIDDEN],
)
async def read_complaint(
    complaint_id: UUID, actor: ReaderDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.ComplaintWithHistory:
    """Return a complaint with its history; the ETag is its version."""
    complaint, moves = await complaining.find_complaint(
        session, brand=actor.brand, complaint_id=complaint_id, witness=witness
    )
    response.headers["ETag"] = etag(complaint.state.version)
    return schemas.with_history(complaint, moves)


@router.patch(
    "/{complaint_id}",
    response_model=schemas.ComplaintView,
    responses=problems(
        domain.ComplaintNotFound, domain.ComplaintTypeUnknown, domain.ComplaintDowngradeRefused,
        domain.ComplaintMoveRefused, domain.ConflictOfInterest, InvestigatorUnfit, errors.StaffNotFound,
        errors.StaffInactive, Forbidden, IfMatchMissing, IfMatchMalformed, Stale,
    ),
)  # fmt: skip
async def edit_complaint(
    *,
    complaint_id: UUID,
    body: schemas.EditComplaint,
    actor: HandlerDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.ComplaintView:
    """Change type, investigator, who is complained about, and what the register says."""
    complaint = await revising.edit_complaint(
        session, brand=actor.brand, complaint_id=complaint_id, editor=actor.author(), witness=witness,
        expected_version=expected_version, fields=body.wanted(), now=ground.clock.now(),
    )  # fmt: skip
    response.headers["ETag"] = etag(complaint.state.version)
    return schemas.complaint_view(complaint)


@router.get(
    "/{complaint_id}/letter",
    response_model=schemas.Letter,
    responses=problems(domain.ComplaintNotFound, Forbidden),
    dependencies=[_HIDDEN],
)
async def draft_letter(
    complaint_id: UUID,
    actor: ReaderDep,
    witness: WitnessDep,
    session: SessionDep,
    language: Annotated[Language | None, Query(description="else the player's")] = None,
) -> schemas.Letter:
    """Draft the letter that ends the procedure."""
    complaint, text = await complaining.letter_of(
        session, brand=actor.brand, complaint_id=complaint_id, witness=witness, language=language
    )
    return schemas.Letter(complaint_id=complaint.state.id, text=text)


@router.post("/{complaint_id}/acknowledge", response_model=schemas.ComplaintView, responses=problems(*_REFUSALS))
async def acknowledge_complaint(
    complaint_id: UUID, actor: HandlerDep, witness: WitnessDep, session: SessionDep, once: OnceDep, ground: GroundDep
) -> Response:
    """Tell the player that the complaint is registered, where the register has not done so itself."""

    async def run() -> Reply:
        return _reply(
            await complaining.acknowledge(
                session, brand=actor.brand, complaint_id=complaint_id, caller=actor.author(), witness=witness,
                now=ground.clock.now(),
            )
        )  # fmt: skip

    return await once.answer(run)


@router.post(
    "/{complaint_id}/extension",
    response_model=schemas.ComplaintView,
    responses=problems(domain.ComplaintExtensionForbidden, *_REFUSALS),
)
async def extend_complaint(
    complaint_id: UUID,
    body: schemas.Extend,
    actor: HandlerDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Tell the player that the answer takes longer; once, in time, and where the licence allows it."""

    async def run() -> Reply:
        return _reply(
            await complaining.extend(
                session, brand=actor.brand, complaint_id=complaint_id, caller=actor.author(), witness=witness,
                reason=body.reason, days=body.days, now=ground.clock.now(),
            )
        )  # fmt: skip

    return await once.answer(run)


@router.post("/{complaint_id}/withdrawal", response_model=schemas.ComplaintView, responses=problems(*_REFUSALS))
async def ask_withdrawal(
    complaint_id: UUID,
    body: schemas.Withdraw,
    actor: HandlerDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Say that this is no complaint; it stays one until another person approves."""

    async def run() -> Reply:
        return _reply(
            await complaining.ask_withdrawal(
                session, brand=actor.brand, complaint_id=complaint_id, caller=actor.author(), witness=witness,
                reason_code=body.reason_code, reason=body.reason, now=ground.clock.now(),
            )
        )  # fmt: skip

    return await once.answer(run)


@router.post(
    "/{complaint_id}/withdrawal/approval",
    response_model=schemas.ComplaintView,
    responses=problems(domain.WithdrawalNotRequested, domain.ApprovalNeedsAnother, *_REFUSALS),
)
async def approve_withdrawal(
    complaint_id: UUID, actor: LeadDep, witness: WitnessDep, session: SessionDep, once: OnceDep, ground: GroundDep
) -> Response:
    """Withdraw the complaint, as a lead other than who asked for it; every recorded time stays."""

    async def run() -> Reply:
        return _reply(
            await complaining.approve_withdrawal(
                session, brand=actor.brand, complaint_id=complaint_id, caller=actor.author(), witness=witness,
                now=ground.clock.now(),
            )
        )  # fmt: skip

    return await once.answer(run)


def _move(
    path: str,
    body_type: type[BaseModel],
    after: ComplaintStep,
    what: str,
    *more: type[Exception],
    start: ComplaintStep | None = None,
) -> None:
    """Add a route that moves a complaint."""

    async def move(
        complaint_id: UUID,
        body: body_type,  # type: ignore[valid-type]
        actor: HandlerDep,
        witness: WitnessDep,
        session: SessionDep,
        once: OnceDep,
        ground: GroundDep,
    ) -> Response:
        async def run() -> Reply:
            content = _content(body)
            reason = content.pop("reason", None)
            return _reply(
                await complaining.move_complaint(
                    session, brand=actor.brand, complaint_id=complaint_id, mover=actor.author(), witness=witness,
                    after=after, start=start, reason=str(reason) if reason else None, content=content,
                    now=ground.clock.now(),
                )
            )  # fmt: skip

        return await once.answer(run)

    move.__doc__ = what
    router.post(
        f"/{{complaint_id}}/{path}",
        name=path.replace("-", "_"),
        response_model=schemas.ComplaintView,
        responses=problems(*more, *_REFUSALS),  # type: ignore[arg-type]
    )(move)


_S: Final = ComplaintStep
_move("investigate", schemas.Because, _S.INVESTIGATING, "Begin to investigate; who begins investigates unless an "
      "investigator is named.", start=_S.ACKNOWLEDGED)  # fmt: skip
_move("pause", schemas.Pause, _S.PAUSED, "Let the clock stand still while the player's evidence is awaited; only where "
      "the licence allows it. The player's next words end it.", domain.ComplaintPauseForbidden)  # fmt: skip
_move("resume", schemas.Because, _S.INVESTIGATING, "Let the clock go on.", start=_S.PAUSED)
_move("decision", schemas.Decision, _S.DECISION_DRAFTED, "Draft the decision.")
_move("final-response", schemas.FinalResponse, _S.FINAL_RESPONSE_SENT, "Send the final response to the player: the "
      "letter with decision, reasons, remedy and the way on.", domain.FinalResponseIncomplete)  # fmt: skip
_move("accepted", schemas.Because, _S.CLOSED_ACCEPTED, "The player accepts the final response.")
_move("deadlock", schemas.Because, _S.DEADLOCK, "The player does not accept it.")
_move("adr-offer", schemas.AdrOffer, _S.ADR_OFFERED, "Offer alternative dispute resolution.")
_move("adr-referral", schemas.Because, _S.ADR_OPEN, "The player went to the ADR entity: hand the case over.")
_move("adr-outcome", schemas.AdrOutcome, _S.ADR_DECIDED, "Record what the ADR entity decided.")
_move("close", schemas.Reason, _S.CLOSED, "Close a complaint that the ADR entity decided, or that never went there.")


def _content(body: BaseModel) -> dict[str, object]:
    if isinstance(body, schemas.FinalResponse):
        return body.content()
    return {name: getattr(body, name) for name in body.model_fields_set}


def _reply(complaint: Complaint) -> Reply:
    headers = {"ETag": etag(complaint.state.version), "Location": f"{COMPLAINTS}/{complaint.state.id}"}
    return Reply(schemas.complaint_view(complaint), headers=headers)


def _key(complaint: Complaint) -> tuple[str, ...]:
    return complaint.state.received_at.isoformat(), str(complaint.state.id)
