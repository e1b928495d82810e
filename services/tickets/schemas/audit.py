"""The audit trail as the HTTP API shows it."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.tickets.domain.audit import AuditAction
from services.tickets.domain.audit import AuditEntry as Audited
from shared.contracts.base import AuthorKind


class AuditActor(BaseModel):
    """Who did it; `role` is a person's strongest at that time."""

    kind: AuthorKind
    id: str
    name: str | None
    role: str | None


class AuditEntry(BaseModel):
    """Something that staff or a server saw or changed.

    `filter` is what a list was narrowed to, `reason` what the caller gave in `X-Pitboss-Reason`. `position` is its
    place in the brand's chain, null in the first second.
    """

    id: UUID
    occurred_at: AwareDatetime
    actor: AuditActor
    action: str = Field(examples=[action.value for action in AuditAction])
    ticket_id: UUID | None
    player_id: str | None
    filter: dict[str, object] | None
    reason: str | None
    request_id: str
    trace_id: str | None
    position: int | None


def audit_entry_of(entry: Audited, position: int | None) -> AuditEntry:
    """Return an entry of the audit trail as the API shows it."""
    names = AuditEntry.model_fields.keys() - {"actor", "position", "filter"}
    return AuditEntry(
        **{name: getattr(entry, name) for name in names},
        actor=AuditActor(
            kind=AuthorKind(entry.actor_kind), id=entry.actor_id, name=entry.actor_name, role=entry.actor_role
        ),
        filter=None if entry.filter is None else dict(entry.filter),
        position=position,
    )
