"""What may be done to many tickets at once."""

from collections.abc import Collection, Iterable
from typing import ClassVar

from services.tickets.domain.macros import is_safety
from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tags import new_tag, tag_of, with_tags
from shared.contracts.tickets import TicketState, TicketStatus
from shared.errors import DomainError, Kind


class BulkRefused(DomainError):
    """The ticket must be looked at by itself."""

    kind: ClassVar[Kind] = Kind.CONFLICT


def check_bulk(state: TicketState, *, status: TicketStatus | None, merges: bool, recodes: bool = False) -> None:
    """Refuse complaints altogether, and finishing or recoding what concerns a player's safety."""
    if state.complaint_id is not None:
        raise BulkRefused("a complaint is never changed among many")
    if is_safety(state) and (merges or status in FINISHED):
        raise BulkRefused("what concerns a player's safety is never finished among many")
    if is_safety(state) and recodes:
        raise BulkRefused("what concerns a player's safety keeps its reason among many")


def retagged(tags: Iterable[str], add: Iterable[str], remove: Collection[str]) -> tuple[str, ...]:
    """Return the tags without those removed and with those added at the end, each once and in its one spelling."""
    gone = tuple(map(tag_of, remove))
    return with_tags(tuple(tags), tuple(tag for tag in map(new_tag, add) if tag not in gone), gone)
