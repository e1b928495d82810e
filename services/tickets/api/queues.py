"""Routes of the queue."""

from itertools import groupby
from typing import Final
from uuid import UUID

from fastapi import APIRouter

from services.tickets.api.callers import PREFIX, ReaderDep, StaffDep, WitnessDep, list_of
from services.tickets.domain import errors
from services.tickets.domain.lines import Standing, longest, name_of
from services.tickets.schemas import queue as schemas
from services.tickets.use_cases import queuing_up
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(tags=["queue"])


@router.get("/v1/queues", response_model=list[schemas.Queue], responses=problems(Forbidden))
async def list_queues(
    actor: StaffDep, witness: WitnessDep, session: SessionDep, ground: GroundDep
) -> list[schemas.Queue]:
    """List where tickets wait, by rank, language and team."""
    lines = await queuing_up.read_lines(session, brand=actor.brand, witness=witness, now=ground.clock.now())
    ordered = sorted(lines, key=lambda one: (one.place.rank, name_of(one.place)))
    return [_queue_of(name, list(own)) for name, own in groupby(ordered, key=lambda one: name_of(one.place))]


@router.get("/v1/queues/tickets", response_model=Page[schemas.Waiting], responses=problems(CursorInvalid, Forbidden))
async def list_waiting(
    actor: StaffDep, witness: WitnessDep, session: SessionDep, ground: GroundDep, page: PageDep
) -> Page[schemas.Waiting]:
    """List what waits for somebody, in serving order."""
    bound = list_of(actor, "queue")
    lines = await queuing_up.read_lines(session, brand=actor.brand, witness=witness, now=ground.clock.now())
    after = page.after(bound)
    begin = next((n + 1 for n, one in enumerate(lines) if after and str(one.place.ticket_id) == after[0]), 0)
    shown, next_cursor = page.cut(lines[begin : begin + page.limit + 1], _key_of, bound)
    return Page[schemas.Waiting](items=[schemas.waiting_of(one) for one in shown], next_cursor=next_cursor)


@router.get(
    PREFIX + "/{ticket_id}/queue",
    response_model=schemas.QueuePosition,
    responses=problems(errors.TicketNotFound, Forbidden),
)
async def read_position(
    ticket_id: UUID, actor: ReaderDep, witness: WitnessDep, session: SessionDep, ground: GroundDep
) -> schemas.QueuePosition:
    """Return a ticket's position and about how long it waits; players and visitors ask for their own."""
    found = await queuing_up.position_of(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        reader=actor.author(),
        witness=witness,
        now=ground.clock.now(),
    )
    position, eta = (found.position, found.eta_seconds) if found else (None, None)
    return schemas.QueuePosition(ticket_id=ticket_id, position=position, eta_seconds=eta)


def _queue_of(name: str, lines: list[Standing]) -> schemas.Queue:
    return schemas.Queue(
        queue=name,
        waiting=len(lines),
        stalled=sum(one.place.stalled_at is not None for one in lines),
        oldest_at=min(one.place.enqueued_at for one in lines),
        eta_seconds=longest(lines),
    )


def _key_of(standing: Standing) -> tuple[str, ...]:
    return (str(standing.place.ticket_id),)
