"""What tickets refuses."""

from typing import ClassVar

from shared.errors import DomainError, Kind


class TicketNotFound(DomainError):
    """There is no such ticket for this caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class StaffNotFound(DomainError):
    """There is no such person on this brand's staff."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class StaffInactive(DomainError):
    """The person no longer takes tickets."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class StatusMoveRefused(DomainError):
    """A ticket cannot move from its status to this one by this caller."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TicketFinished(DomainError):
    """A resolved or closed ticket cannot be escalated."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ReasonUnknown(DomainError):
    """The contact reason is not in the taxonomy."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlayerMissing(DomainError):
    """A server must say which player it speaks for."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlayerMismatch(DomainError):
    """The player named is not the player of this ticket or token."""

    kind: ClassVar[Kind] = Kind.INVALID


class MessageKindRefused(DomainError):
    """The caller may not add this kind of message."""

    kind: ClassVar[Kind] = Kind.INVALID


class AssigneeInvalid(DomainError):
    """An assignee is a staff id, `me` for staff, or null."""

    kind: ClassVar[Kind] = Kind.INVALID


class SortRefused(DomainError):
    """The list cannot be ordered so."""

    kind: ClassVar[Kind] = Kind.INVALID


class SearchRefused(DomainError):
    """Only staff and the operator's servers search."""

    kind: ClassVar[Kind] = Kind.INVALID


class ViewNotFound(DomainError):
    """There is no such view for this caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class ViewNotYours(DomainError):
    """Shared views are changed by leads and admins."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class TooManyViews(DomainError):
    """Nobody keeps more than a hundred views."""

    kind: ClassVar[Kind] = Kind.CONFLICT
