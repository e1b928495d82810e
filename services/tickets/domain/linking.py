"""Tickets that belong together."""

from typing import ClassVar, Final

from shared.errors import DomainError, Kind

LINKS_LIMIT: Final = 100


class LinkToItself(DomainError):
    """A ticket cannot be linked with itself."""

    kind: ClassVar[Kind] = Kind.INVALID


class LinkNotFound(DomainError):
    """The tickets are not linked."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class LinksFull(DomainError):
    """One of the two tickets has its 100 links already."""

    kind: ClassVar[Kind] = Kind.CONFLICT
