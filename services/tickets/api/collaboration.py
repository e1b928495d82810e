"""Routes of working together: mentions, watchers, tags, drafts."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.tickets.api.callers import (
    AGENTS,
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
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.merging import TicketMerged
from services.tickets.domain.safety import SafetyDowngradeRefused
from services.tickets.queries.collaboration import Mention
from services.tickets.queries.watching import Watched
from services.tickets.schemas import collaboration as schemas
from services.tickets.schemas import tickets as ticket_schemas
from services.tickets.schemas.fields import Id
from services.tickets.use_cases import collaborating
from services.tickets.use_cases.editing import ME
from shared.contracts.tickets import TicketState
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, Forbidden
from shared.web.conditional import etag
from shared.web.idempotency import OnceDep
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])
agents: Final = APIRouter(prefix=AGENTS, tags=["agents"])

TagPath = Annotated[str, Path(min_length=1, max_length=200)]
_TAGGED: Final = problems(
    errors.TicketNotFound,
    TicketMerged,
    errors.TagMalformed,
    errors.TagsFull,
    ConflictOfInterest,
    SafetyDowngradeRefused,
    Forbidden,
)


@agents.get("/me/mentions", response_model=Page[schemas.Mention], responses=problems(CursorInvalid, Forbidden))
async def list_mentions(
    *,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    page: PageDep,
    unread: Annotated[bool, Query(description="only those not read yet")] = False,
) -> Page[schemas.Mention]:
    """List the notes that call the caller, newest first."""
    bound = list_of(actor, ("mentions", actor.id, unread))
    rows = await collaborating.list_mentions(
        session, brand=actor.brand, staff_id=actor.id, witness=witness, unread=unread, after=page.after(bound),
        limit=page.limit,
    )  # fmt: skip
    shown, next_cursor = page.cut(rows, _key_of_mention, bound)
    return Page[schemas.Mention](items=[schemas.mention_of(row) for row in shown], next_cursor=next_cursor)


@agents.post(
    "/me/mentions/{mention_id}/read", status_code=204, responses=problems(errors.MentionNotFound, Forbidden, *ONCE)
)
async def read_mention(
    *, mention_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep, once: OnceDep, ground: GroundDep
) -> Response:
    """Mark a mention as read; `mention_id` is the note's id."""

    async def run() -> None:
        await collaborating.read_mention(
            session, brand=actor.brand, staff_id=actor.id, entry_id=mention_id, witness=witness, now=ground.clock.now()
        )

    return await once.answer(run, status=204)


@agents.get("/me/watched", response_model=Page[schemas.Watched], responses=problems(CursorInvalid, Forbidden))
async def list_watched(
    actor: StaffDep, witness: WitnessDep, session: SessionDep, page: PageDep
) -> Page[schemas.Watched]:
    """List the tickets that the caller follows, the newest followed first."""
    bound = list_of(actor, ("watched", actor.id))
    rows = await collaborating.list_watched(
        session, brand=actor.brand, staff_id=actor.id, witness=witness, after=page.after(bound), limit=page.limit
    )
    shown, next_cursor = page.cut(rows, _key_of_watched, bound)
    return Page[schemas.Watched](items=[schemas.watched_of(row) for row in shown], next_cursor=next_cursor)


@router.get("/{ticket_id}/watchers", responses=problems(errors.TicketNotFound, Forbidden))
async def list_watchers(ticket_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep) -> schemas.Watchers:
    """List who follows a ticket."""
    rows = await collaborating.read_watchers(session, brand=actor.brand, ticket_id=ticket_id, witness=witness)
    return schemas.watchers_of(rows)


@router.put(
    "/{ticket_id}/watchers/{staff_id}",
    responses=problems(errors.TicketNotFound, errors.StaffNotFound, errors.StaffInactive, Forbidden),
)
async def watch_ticket(
    *,
    ticket_id: UUID,
    staff_id: Id,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
) -> schemas.Watchers:
    """Follow a ticket (`me`); leads let others follow it. The ticket itself does not change."""
    watcher = _person(actor, staff_id)
    rows = await collaborating.watch(
        session, brand=actor.brand, ticket_id=ticket_id, staff_id=watcher, known=watcher == actor.id, witness=witness,
        now=ground.clock.now(),
    )  # fmt: skip
    return schemas.watchers_of(rows)


@router.delete(
    "/{ticket_id}/watchers/{staff_id}", status_code=204, responses=problems(errors.TicketNotFound, Forbidden)
)
async def unwatch_ticket(
    ticket_id: UUID, staff_id: Id, actor: StaffDep, witness: WitnessDep, session: SessionDep
) -> None:
    """Follow a ticket no more (`me`); leads end it for others."""
    watcher = _person(actor, staff_id)
    await collaborating.unwatch(session, brand=actor.brand, ticket_id=ticket_id, staff_id=watcher, witness=witness)


@router.get("/tags", responses=problems(Forbidden))
async def list_tags(actor: EditorDep, witness: WitnessDep, session: SessionDep) -> schemas.Tags:
    """List the tags in use, most used first, 200 at most."""
    rows = await collaborating.list_tags(session, brand=actor.brand, witness=witness)
    return schemas.Tags(items=[schemas.Tag(tag=tag, tickets=count) for tag, count in rows])


@router.put("/{ticket_id}/tags/{tag}", response_model=ticket_schemas.Ticket, responses=_TAGGED)
async def add_tag(
    *,
    ticket_id: UUID,
    tag: TagPath,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> ticket_schemas.Ticket:
    """Put a tag on a ticket, in its one spelling: case folded, blanks as hyphens. There already, nothing changes."""
    state = await collaborating.change_tag(
        session, brand=actor.brand, ticket_id=ticket_id, editor=actor.author(), tag=tag, wanted=True, witness=witness,
        role=strongest_role(actor) or "agent", now=ground.clock.now(),
    )  # fmt: skip
    return _ticket(state, actor, response)


@router.delete("/{ticket_id}/tags/{tag}", response_model=ticket_schemas.Ticket, responses=_TAGGED)
async def remove_tag(
    *,
    ticket_id: UUID,
    tag: TagPath,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> ticket_schemas.Ticket:
    """Take a tag off a ticket; not there, nothing changes."""
    state = await collaborating.change_tag(
        session, brand=actor.brand, ticket_id=ticket_id, editor=actor.author(), tag=tag, wanted=False, witness=witness,
        role=strongest_role(actor) or "agent", now=ground.clock.now(),
    )  # fmt: skip
    return _ticket(state, actor, response)


@router.put("/{ticket_id}/draft", responses=problems(errors.TicketNotFound, Forbidden))
async def save_draft(
    *,
    ticket_id: UUID,
    body: schemas.SaveDraft,
    actor: StaffDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
) -> schemas.Draft:
    """Keep what the caller has written so far; one draft per person and ticket, the newest counts."""
    draft = await collaborating.save_draft(
        session, brand=actor.brand, ticket_id=ticket_id, staff_id=actor.id, kind=body.kind, text=body.text,
        witness=witness, now=ground.clock.now(),
    )  # fmt: skip
    return schemas.draft_of(draft)


@router.get("/{ticket_id}/draft", responses=problems(errors.TicketNotFound, errors.DraftNotFound, Forbidden))
async def read_draft(ticket_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep) -> schemas.Draft:
    """Return the caller's draft."""
    draft = await collaborating.own_draft(
        session, brand=actor.brand, ticket_id=ticket_id, staff_id=actor.id, witness=witness
    )
    return schemas.draft_of(draft)


@router.delete("/{ticket_id}/draft", status_code=204, responses=problems(errors.TicketNotFound, Forbidden))
async def drop_draft(ticket_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep) -> None:
    """Forget the caller's draft."""
    await collaborating.drop_draft(session, brand=actor.brand, ticket_id=ticket_id, staff_id=actor.id, witness=witness)


@router.get("/{ticket_id}/drafts", responses=problems(errors.TicketNotFound, Forbidden))
async def list_drafts(ticket_id: UUID, actor: StaffDep, witness: WitnessDep, session: SessionDep) -> schemas.Drafts:
    """List who is drafting for a ticket; others' words are for leads alone."""
    rows = await collaborating.read_drafts(
        session, brand=actor.brand, ticket_id=ticket_id, reader_id=actor.id, lead=actor.has_role("lead"),
        witness=witness,
    )  # fmt: skip
    return schemas.Drafts(items=[schemas.draft_of(row) for row in rows])


def _person(actor: Actor, staff_id: str) -> str:
    if staff_id in {ME, actor.id}:
        return actor.id
    if not actor.has_role("lead"):
        raise Forbidden("leads decide for others")
    return staff_id


def _ticket(state: TicketState, actor: Actor, response: Response) -> ticket_schemas.Ticket:
    response.headers["ETag"] = etag(state.version)
    return ticket_schemas.ticket_of(state, actor.brand, inside=is_inside(actor))


def _key_of_mention(row: Mention) -> tuple[str, ...]:
    return row.mentioned_at.isoformat(), str(row.entry_id)


def _key_of_watched(row: Watched) -> tuple[str, ...]:
    return row.since_at.isoformat(), str(row.ticket_id)
