"""What says that a player may be in danger is not taken off a ticket by one agent alone."""

from typing import ClassVar, Final

from services.tickets.domain.macros import SAFETY_TAG
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import ReasonClass, TicketState
from shared.errors import DomainError, Kind

_MAY: Final = frozenset({"senior", "lead", "admin"})


class SafetyDowngradeRefused(DomainError):
    """A sign that a player is in danger is taken back by a senior."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


def check_lowering(before: TicketState, after: TicketState, *, by: Author, role: str) -> None:
    """Refuse an agent who takes the safety class or the safety tag off a ticket; another safety reason is none."""
    if by.kind is not AuthorKind.STAFF or role in _MAY:
        return
    lost = _signs(before) - _signs(after)
    if lost:
        raise SafetyDowngradeRefused("ask a senior to look at it", field=min(lost))


def _signs(state: TicketState) -> frozenset[str]:
    signs = {"reason": state.reason_class is ReasonClass.SAFETY, "tags": SAFETY_TAG in state.tags}
    return frozenset(name for name, given in signs.items() if given)
