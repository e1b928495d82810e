"""Routes of a ticket's words and timeline."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from services.tickets.api.callers import ONCE, PREFIX, ReaderDep, WitnessDep, WriterDep, is_inside, list_of
from services.tickets.domain import errors
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.timeline import EntryKind
from services.tickets.schemas import tickets as schemas
from services.tickets.use_cases import reading, writing
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.hot import HotRoute
from shared.web.idempotency import OnceDep
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])
hot: Final = APIRouter(prefix=PREFIX, tags=["tickets"], route_class=HotRoute)

_WORDS: Final = frozenset({EntryKind.MESSAGE, EntryKind.REPLY, EntryKind.NOTE})


@hot.post(
    "/{ticket_id}/messages",
    status_code=201,
    response_model=schemas.Message,
    responses=problems(
        errors.TicketNotFound,
        errors.MessageKindRefused,
        errors.PlayerMissing,
        errors.PlayerMismatch,
        errors.MentionsRefused,
        errors.StaffNotFound,
        errors.StaffInactive,
        errors.TicketChanged,
        errors.FilesUndeliverable,
        errors.QuickRepliesRefused,
        ConflictOfInterest,
        Forbidden,
        *ONCE,
    ),
)
async def add_message(
    *,
    ticket_id: UUID,
    body: schemas.AddMessage,
    actor: WriterDep,
    witness: WitnessDep,
    session: SessionDep,
    once: OnceDep,
    ground: GroundDep,
) -> Response:
    """Add words: players and visitors write, staff reply or leave a note that the player never sees.

    A player's words after the time for reopening open a new ticket: `ticket_id` of the answer says which.
    """

    async def run() -> schemas.Message:
        joined, entry = await writing.add_message(
            session,
            brand=actor.brand,
            ticket_id=ticket_id,
            speaker=actor.author(),
            witness=witness,
            text=body.text,
            kind=body.kind,
            player_id=body.player_id,
            now=ground.clock.now(),
            mentions=body.mentions,
            attachments=body.attachments,
            quick_replies=body.quick_replies,
            after_version=body.after_version,
            clear_draft=body.clear_draft,
        )
        return schemas.message_of(entry, joined)

    return await once.answer(run, status=201)


@router.get(
    "/{ticket_id}/messages",
    response_model=Page[schemas.Message],
    responses=problems(errors.TicketNotFound, CursorInvalid, Forbidden),
)
async def list_messages(
    ticket_id: UUID, actor: ReaderDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.Message]:
    """List the words of a ticket, oldest first; players do not see notes.

    Whoever goes on with a cursor is shown first what was recorded since and belongs before it.
    """
    bound = list_of(actor, ticket_id)
    entries, following = await reading.read_timeline(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        reader=actor.author(),
        witness=witness,
        kinds=_WORDS,
        after=page.after(bound),
        limit=page.limit,
    )
    items = [schemas.message_of(entry, ticket_id) for entry in entries]
    return Page[schemas.Message](items=items, next_cursor=page.following(following, bound))


@router.get(
    "/{ticket_id}/timeline",
    response_model=Page[schemas.TimelineEntry],
    responses=problems(errors.TicketNotFound, CursorInvalid, Forbidden),
)
async def list_timeline(
    ticket_id: UUID, actor: ReaderDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.TimelineEntry]:
    """List words and changes in the order in which they happened; players see what concerns them.

    Whoever goes on with a cursor is shown first what was recorded since and belongs before it.
    """
    bound = list_of(actor, ticket_id)
    entries, following = await reading.read_timeline(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        reader=actor.author(),
        witness=witness,
        kinds=(),
        after=page.after(bound),
        limit=page.limit,
    )
    items = [schemas.timeline_entry_of(entry, ticket_id, inside=is_inside(actor)) for entry in entries]
    return Page[schemas.TimelineEntry](items=items, next_cursor=page.following(following, bound))
