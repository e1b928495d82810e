"""Words that become a ticket of their own."""

from typing import ClassVar

from services.tickets.domain.tickets import Story, Words
from shared.contracts.tickets import MessageAdded
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


def copies(story: Story, words: Words) -> None:
    """Tell words again in their new ticket: the copy has no addressee, for nobody is to hear it twice."""
    story.tells(
        MessageAdded,
        at=words.at,
        message_id=words.id,
        kind=words.kind,
        author=words.author,
        text=words.text,
        automatic=words.automatic,
        copied_from=words.copied_from,
    )
