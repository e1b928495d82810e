"""A breach that was none is taken back: priority, escalation and holder are what they were, unless people went on."""

from datetime import datetime

from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.taking_back import Answer, Since, priority_without, raised
from services.tickets.domain.tickets import Story
from services.tickets.queries import breaches, complaints, copies, escalations
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.sla import ClockWithdrawn
from shared.contracts.tickets import TicketEscalationWithdrawn
from shared.db.engine import Session

SLA = Author(kind=AuthorKind.SYSTEM, id="sla")


async def take_back_breach(session: Session, *, brand: str, withdrawn: ClockWithdrawn, now: datetime) -> None:
    """Undo what a breach did to its ticket, once per clock and as far as nothing else has happened since.

    Who had the ticket before has it again if nobody else has worked on it and he may have it.
    """
    ticket = await locked(session, brand, withdrawn.ticket_id, even_merged=True)
    answer = await breaches.withdraw(session, brand, withdrawn)
    if answer is None or ticket.state.merged_into is not None:
        return
    since = await breaches.since(session, brand, ticket.state.id, answer, by=SLA.id)
    story = Story(ticket, actor=SLA, now=now)
    await _lower(session, story, answer, since)
    if ticket.state.status not in FINISHED and not since.moved:
        await _ask_no_more(session, story, answer, since)
        if not since.acted:
            await _give_back(session, story, answer.holder_id)
    await tell(session, story)


async def _lower(session: Session, story: Story, answer: Answer, since: Since) -> None:
    brand, state = story.ticket.brand, story.state
    later = await breaches.answers_after(session, brand, state.id, answer.version)
    kinds = [kind for _, kind in later]
    if not since.edited:
        story.edits({"priority": priority_without(state.priority, answer, kinds)})
    before = [(clock_id, raised(answer.priority, kinds[:place])) for place, (clock_id, _) in enumerate(later)]
    await breaches.keep_priorities(session, brand, before)


async def _ask_no_more(session: Session, story: Story, answer: Answer, since: Since) -> None:
    """Ask again whom the breach found asked, or nobody."""
    brand, state, asked = story.ticket.brand, story.state, answer.asked
    story.tells(
        TicketEscalationWithdrawn,
        cause=f"sla.{answer.kind}.withdrawn",
        escalated_at=answer.escalated_at,
        senior_id=asked.senior_id if asked else None,
        handed_up_before=since.handed_up > 1,
    )
    if asked is None:
        await escalations.settle(session, brand, state.id)
    else:
        await escalations.ask(
            session,
            brand,
            state.id,
            senior_id=asked.senior_id,
            cause=asked.cause,
            declined=asked.declined,
            asked_at=asked.asked_at,
        )


async def _give_back(session: Session, story: Story, holder_id: str | None) -> None:
    brand = story.ticket.brand
    if holder_id is None:
        story.hands_over(None, None)
        return
    holder = await copies.colleague(session, brand, holder_id)
    barred = await complaints.barred_from(session, brand, story.state)
    if holder is not None and holder.active and holder_id not in barred:
        story.hands_over(holder_id, holder.role)
