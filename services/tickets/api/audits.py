"""The route of the audit trail."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from services.tickets.api.callers import AUDIT, AuditorDep, AuditorWitnessDep, list_of
from services.tickets.domain.audit import AuditAction, AuditEntry
from services.tickets.queries.audit import AuditFilters
from services.tickets.schemas import audit as schemas
from services.tickets.schemas.fields import Id, Moment
from services.tickets.use_cases import auditing
from shared.db.session import SessionDep
from shared.web.actor import Forbidden
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix=AUDIT, tags=["audit"])


@router.get("", response_model=Page[schemas.AuditEntry], responses=problems(CursorInvalid, Forbidden))
async def list_audit(
    *,
    actor: AuditorDep,
    witness: AuditorWitnessDep,
    session: SessionDep,
    page: PageDep,
    actor_id: Annotated[Id | None, Query(alias="actor", description="a staff or API-key id")] = None,
    action: Annotated[AuditAction | None, Query()] = None,
    ticket_id: Annotated[UUID | None, Query()] = None,
    player_id: Annotated[Id | None, Query(description="whose data was seen or changed")] = None,
    since: Annotated[Moment | None, Query(description="this moment and later")] = None,
    until: Annotated[Moment | None, Query(description="before this moment")] = None,
) -> Page[schemas.AuditEntry]:
    """List what staff and servers saw and changed, newest first; for leads, admins and keys with `audit:read`.

    Reading the trail becomes an entry of the trail.
    """
    filters = AuditFilters(
        actor_id=actor_id, action=action, ticket_id=ticket_id, player_id=player_id, since=since, until=until
    )
    bound = list_of(actor, filters)
    rows = await auditing.read_audit(
        session, brand=actor.brand, filters=filters, after=page.after(bound), limit=page.limit, witness=witness
    )
    shown, next_cursor = page.cut(rows, _key_of_row, bound)
    items = [schemas.audit_entry_of(entry, position) for entry, position in shown]
    return Page[schemas.AuditEntry](items=items, next_cursor=next_cursor)


def _key_of_row(row: tuple[AuditEntry, int | None]) -> tuple[str, ...]:
    entry, _position = row
    return entry.occurred_at.isoformat(), str(entry.id)
