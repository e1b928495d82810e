"""Routes of what belongs together."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends

from services.tickets.api.callers import PREFIX, EditorDep, WitnessDep
from services.tickets.domain import errors
from services.tickets.domain import linking as rules
from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.merging import TicketMerged
from services.tickets.queries.links import Link
from services.tickets.schemas import merges as schemas
from services.tickets.use_cases import linking
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])

InsideDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="tickets:read"))]


@router.get(
    "/{ticket_id}/links",
    response_model=schemas.TicketLinks,
    responses=problems(errors.TicketNotFound, Forbidden),
)
async def list_links(
    ticket_id: UUID, actor: InsideDep, witness: WitnessDep, session: SessionDep
) -> schemas.TicketLinks:
    """List what the ticket is linked with; `relation` says what the other one is to this one."""
    found = await linking.links_of(session, brand=actor.brand, ticket_id=ticket_id, witness=witness)
    return schemas.TicketLinks(items=[_link_of(link) for link in found])


@router.put(
    "/{ticket_id}/links/{other_id}",
    response_model=schemas.TicketLink,
    responses=problems(
        errors.TicketNotFound, rules.LinkToItself, rules.LinksFull, TicketMerged, ConflictOfInterest, Forbidden
    ),
)
async def link_tickets(
    *,
    ticket_id: UUID,
    other_id: UUID,
    body: schemas.LinkTickets,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
) -> schemas.TicketLink:
    """Say what the other ticket is to this one; what was said before is replaced."""
    link = await linking.link_tickets(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        other_id=other_id,
        relation=body.relation.value,
        actor=actor.author(),
        witness=witness,
        now=ground.clock.now(),
    )
    return _link_of(link)


@router.delete(
    "/{ticket_id}/links/{other_id}",
    status_code=204,
    responses=problems(errors.TicketNotFound, rules.LinkNotFound, ConflictOfInterest, Forbidden),
)
async def unlink_tickets(
    *,
    ticket_id: UUID,
    other_id: UUID,
    actor: EditorDep,
    witness: WitnessDep,
    session: SessionDep,
    ground: GroundDep,
) -> None:
    """Take back that the two belong together."""
    await linking.unlink_tickets(
        session,
        brand=actor.brand,
        ticket_id=ticket_id,
        other_id=other_id,
        actor=actor.author(),
        witness=witness,
        now=ground.clock.now(),
    )


def _link_of(link: Link) -> schemas.TicketLink:
    return schemas.TicketLink(
        ticket_id=link.ticket_id,
        number=link.number,
        subject=link.subject,
        status=link.status,
        relation=schemas.Relation(link.relation),
        created_at=link.created_at,
    )
