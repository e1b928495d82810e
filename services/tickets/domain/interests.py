"""Nobody has a hand in a complaint about himself: what he may still do in its ticket is to step back."""

from collections.abc import Collection
from typing import ClassVar

from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.escalation import Colleague, check_assignee
from services.tickets.domain.tickets import Fact, Story
from shared.contracts.base import AuthorKind
from shared.contracts.gateway import StaffRole
from shared.contracts.tickets import ParticipantDeclined, ParticipantLeft, TicketEscalationDeclined
from shared.errors import DomainError, Kind


class InvestigatorUnfit(DomainError):
    """Complaints are investigated by seniors, leads and admins."""

    kind: ClassVar[Kind] = Kind.INVALID


def check_deed(story: Story, accused: Collection[str]) -> None:
    """Refuse whatever somebody does in a ticket whose open complaint is about him: words, edits, hands, all of it."""
    actor = story.actor
    if actor.kind is not AuthorKind.STAFF or actor.id not in accused:
        return
    if not story.events or not _steps_back(story.events[0], actor.id):
        raise ConflictOfInterest("nobody handles a complaint about himself")


def check_investigator(colleague: Colleague) -> None:
    """Refuse as investigator whoever is gone or may not handle complaints."""
    check_assignee(colleague, field="owner_id")
    if colleague.role is StaffRole.AGENT:
        raise InvestigatorUnfit(field="owner_id")


def _steps_back(fact: Fact, staff_id: str) -> bool:
    """True if somebody declines what he was asked to, or leaves."""
    if isinstance(fact, TicketEscalationDeclined):
        return fact.senior_id == staff_id
    return isinstance(fact, ParticipantDeclined | ParticipantLeft) and fact.staff_id == staff_id
