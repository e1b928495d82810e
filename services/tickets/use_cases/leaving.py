"""A person's words of the meantime go with his ticket when it leaves another person's."""

from collections.abc import Collection, Iterable
from uuid import UUID

from services.tickets.domain.leaving import going
from services.tickets.domain.splitting import copies
from services.tickets.domain.tickets import Story, Ticket, Words
from services.tickets.domain.timeline import Entry
from services.tickets.queries import timeline
from services.tickets.use_cases.splitting import copy_of
from shared.db.engine import Session
from shared.ids import new_id


async def words_leaving(
    session: Session, survivor: Ticket, staying: Collection[Ticket], leaving: Collection[Ticket]
) -> list[Entry]:
    """Return what was said to those that leave, and answered, in tickets that stay; the survivor's own comes last."""
    group = (survivor, *staying, *leaving)
    messages_to, replies_to = going(leaving, group, survivor)
    if not messages_to:
        return []
    return await timeline.words_said_to(
        session,
        survivor.brand,
        [one.state.id for one in staying],
        survivor.state.id,
        messages_to=messages_to,
        replies_to=replies_to,
    )


def told_again(entries: Iterable[Entry], ticket_id: UUID) -> list[Words]:
    """Return the words as the ticket tells them again; those of somebody who was merged into it stay his."""
    return [copy_of(one, new_id(), None if one.origin_id == ticket_id else one.origin_id) for one in entries]


async def tell_again(session: Session, story: Story, entries: Collection[Entry], words: Iterable[Words]) -> None:
    """Tell the words in their ticket; where they were said they bear a mark."""
    for one in words:
        copies(story, one)
    if entries:
        await timeline.mark_moved(session, story.ticket.brand, [one.id for one in entries], story.state.id)
