"""Whose words go with a ticket that leaves another person's: those said to it while it was merged, and the answers."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from services.tickets.domain.merging import Merge, below, is_nobodys, same_person
from services.tickets.domain.statuses import status_after_answer, status_after_words
from services.tickets.domain.tickets import Ticket, Words
from services.tickets.domain.waiting import ANSWERERS
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import MessageKind, TicketStatus


def is_strangers(one: Ticket, keeper: Ticket) -> bool:
    """True if a ticket is another person's than the one that keeps its words; an internal one is nobody's."""
    return not (is_nobodys(one) or same_person(one, keeper))


def only_kept(
    tickets: Mapping[UUID, Ticket], said: Iterable[tuple[UUID, Ticket]], merges: Collection[Merge]
) -> set[tuple[UUID, UUID]]:
    """Return which words wait for nothing where they are: (who keeps them, whom they were said to).

    They are another person's, whose ticket is merged into the one that keeps them no more: what he was told there
    answers its own player as little as his words ask for him.
    """
    return {
        (keeper, origin.state.id)
        for keeper, origin in said
        if is_strangers(origin, tickets[keeper]) and origin.state.id not in below(keeper, merges)
    }


def going(leaving: Collection[Ticket], group: Iterable[Ticket], survivor: Ticket) -> tuple[set[UUID], set[UUID]]:
    """Return to which tickets the words were said that go with those that leave, and to which the answers.

    An answer to a person counts whichever of his tickets it was written to. The same person's words stay.
    """
    strangers = [one for one in leaving if is_strangers(one, survivor)]
    answered = {one.state.id for one in group if any(same_person(one, other) for other in strangers)}
    ids = {one.state.id for one in strangers}
    return ids, answered | ids


def wait_after(before: datetime | None, words: Iterable[Words]) -> datetime | None:
    """Return since when the player waits after words that are told again in their order."""
    since = before
    for one in words:
        if one.automatic:
            continue
        if one.kind is MessageKind.MESSAGE:
            since = one.at if since is None else min(since, one.at)
        elif one.author.kind in ANSWERERS:
            since = None
    return since


def status_after(before: TicketStatus, words: Iterable[Words]) -> TicketStatus:
    """Return where words put the ticket in which they are told again; the bot, who did not hear them, keeps it not."""
    status = before
    for one in words:
        if one.automatic or one.author.kind is AuthorKind.SYSTEM:
            continue
        if one.kind is MessageKind.MESSAGE:
            status = status_after_words(status)
        else:
            status = status_after_answer(status, one.author.kind)
    return TicketStatus.OPEN if status is TicketStatus.BOT and wait_after(None, words) is not None else status
