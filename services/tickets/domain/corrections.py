"""Words in a timeline are corrected or withdrawn: by whom, for how long, and what they said before.

Players correct what they said live, by the rules of chat; staff correct their own replies and notes for a while, and
seniors withdraw any reply at any time, with a reason. Nothing changes when words were said, and no clock follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from services.tickets.domain.tickets import Ticket
from services.tickets.domain.timeline import Entry, EntryKind
from services.tickets.domain.words import subject_line
from shared.contracts.base import Author, AuthorKind
from shared.errors import DomainError, Kind

MOST_CORRECTIONS: Final = 20
_NO_TIME: Final = timedelta(0)


class WordsOfAnother(DomainError):
    """Only whoever said the words corrects them; seniors withdraw any reply."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class CorrectionsSwitchedOff(DomainError):
    """The brand lets nobody correct what was said."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class CorrectionTooLate(DomainError):
    """The time in which words may be corrected is over."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WordsHaveLeft(DomainError):
    """The words have left by e-mail or another channel: nobody can take them back there."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WordsWithdrawn(DomainError):
    """The words were withdrawn and are not said again."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WordsAreCopied(DomainError):
    """The words are a copy: correct them where they were said, and every copy follows."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WithdrawalUnexplained(DomainError):
    """Whoever withdraws words of somebody else, or late, says why."""

    kind: ClassVar[Kind] = Kind.INVALID


class TooManyCorrections(DomainError):
    """The words were corrected as often as they may be; they can still be withdrawn."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Corrector:
    """Who wants to correct words and what he may; `reason` is why, as far as he says it."""

    author: Author
    is_senior: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """What words said until `replaced_at`, and who replaced them."""

    id: UUID
    text: str
    actor: Author
    replaced_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """What words said from `since` on, by whose hand; `text` None: they were withdrawn."""

    text: str | None
    author: Author
    since: datetime
    reason: str | None = None


def heard_in(entry: Entry, ticket: Ticket) -> tuple[UUID, ...]:
    """Return the live conversations that were given a reply; those from before this was kept were given their own."""
    if entry.kind is not EntryKind.REPLY:
        return ()
    return entry.heard_in or ((ticket.state.id,) if ticket.live else ())


def subject_after(entry: Entry, ticket: Ticket, text: str | None) -> dict[str, str]:
    """Return the subject as a change if the player's words had made it: what he withdrew must not live on there."""
    made_it = entry.kind is EntryKind.MESSAGE and ticket.state.subject == subject_line(None, entry.text or "")
    return {"subject": subject_line(None, text or "")} if made_it else {}


def says(entry: Entry, text: str | None) -> bool:
    """True if words already say this, or nothing (None)."""
    return entry.is_withdrawn if text is None else not entry.is_withdrawn and entry.text == text


def stands_already(entry: Entry, corrector: Corrector, text: str | None) -> bool:
    """True if a repetition changes nothing: it is one's own words, or a senior's withdrawal, that already stand so."""
    return says(entry, text) and (_is_own(entry, corrector) or (text is None and corrector.is_senior))


def check_correction(
    entry: Entry,
    ticket: Ticket,
    corrector: Corrector,
    *,
    text: str | None,
    made: int,
    within: timedelta,
    now: datetime,
) -> None:
    """Refuse what may not be. `made` counts the corrections so far, `text` None withdraws.

    Whoever may not correct is told so before he is told anything else.
    """
    own = _is_own(entry, corrector)
    until = entry.occurred_at + within
    in_time = own and within > _NO_TIME and now <= until
    as_senior = not in_time and text is None and corrector.is_senior and entry.kind is EntryKind.REPLY
    if not own and not as_senior:
        raise WordsOfAnother
    _check_reach(entry, ticket)
    if entry.is_withdrawn:
        raise WordsWithdrawn
    if as_senior and not corrector.reason:
        raise WithdrawalUnexplained(field="#header/X-Pitboss-Reason")
    if not in_time and not as_senior:
        raise CorrectionsSwitchedOff if within <= _NO_TIME else CorrectionTooLate(until=until.isoformat())
    if text is not None and made >= MOST_CORRECTIONS:
        raise TooManyCorrections


def versions_of(entry: Entry, revisions: Sequence[Revision]) -> list[Version]:
    """Return everything words ever said, the first ones first; `revisions` are in their order."""
    texts = [*(one.text for one in revisions), None if entry.is_withdrawn else entry.text]
    hands = [Version(None, entry.author, entry.occurred_at)]
    hands += [Version(None, one.actor, one.replaced_at, one.reason) for one in revisions]
    return [Version(text, hand.author, hand.since, hand.reason) for text, hand in zip(texts, hands, strict=True)]


def _is_own(entry: Entry, corrector: Corrector) -> bool:
    return entry.author.kind is AuthorKind.STAFF and entry.author.id == corrector.author.id


def _check_reach(entry: Entry, ticket: Ticket) -> None:
    if entry.copied_from is not None:
        raise WordsAreCopied(message_id=str(entry.copied_from))
    left = entry.sent_out or (ticket.contact is not None and not heard_in(entry, ticket))
    if entry.kind is EntryKind.REPLY and left:
        raise WordsHaveLeft
