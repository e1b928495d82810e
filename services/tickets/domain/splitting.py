"""Words that become a ticket of their own."""

import re
from collections.abc import Iterable
from typing import ClassVar

from services.tickets.domain.complaints import Complaint
from services.tickets.domain.phrases import is_complaint
from services.tickets.domain.tickets import Story, Words
from services.tickets.domain.timeline import Entry
from shared.contracts.tickets import MessageAdded, MessageKind
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


class ComplaintKeepsWords(DomainError):
    """An open complaint keeps the words that it is about."""

    kind: ClassVar[Kind] = Kind.CONFLICT


def check_complaint(entries: Iterable[Entry], complaint: Complaint, lexicon: re.Pattern[str]) -> None:
    """Refuse to split off what complains while the complaint is open.

    In another ticket it would be a second complaint, without the clock and the conflicts of interest of the first one.
    """
    said = [one for one in entries if one.kind == MessageKind.MESSAGE.value and not one.automatic]
    received_at = complaint.state.received_at
    if any(one.occurred_at == received_at or is_complaint(one.text or "", lexicon) for one in said):
        raise ComplaintKeepsWords("a complaint keeps its words: split off the others", field="message_ids")


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
        origin_id=words.origin_id,
        copied_from=words.copied_from,
        attachments=words.attachments,
    )
