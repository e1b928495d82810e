"""Words that become a ticket of their own."""

from typing import ClassVar

from services.tickets.domain.tickets import Words
from shared.errors import DomainError, Kind


class MessageNotFound(DomainError):
    """There is no such message in this ticket."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class MessageSplitBefore(DomainError):
    """The message already became part of another ticket."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class SplitMixed(DomainError):
    """The messages belong to different people and cannot share a ticket."""

    kind: ClassVar[Kind] = Kind.CONFLICT


def told(words: Words) -> dict[str, object]:
    """Return what the fact of a copy says: it has no addressee, for nobody is to hear it again."""
    return {
        "message_id": words.id,
        "kind": words.kind,
        "author": words.author,
        "text": words.text,
        "automatic": words.automatic,
        "copied_from": words.copied_from,
    }
