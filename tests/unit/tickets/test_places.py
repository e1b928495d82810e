"""What words do to the place of a ticket in the queue."""

from datetime import timedelta

import pytest

from services.tickets.domain.queueing import place_after
from services.tickets.domain.waiting import waiting_after
from shared.contracts.base import SAMPLE_TIME, AuthorKind
from shared.contracts.tickets import MessageAdded, MessageKind, TicketStatus
from shared.contracts.tickets.state import SAMPLE_TICKET

HELD = SAMPLE_TICKET.model_copy(update={"status": TicketStatus.OPEN, "assignee_id": "s-1", "merged_into": None})


def said(kind: MessageKind, by: AuthorKind) -> MessageAdded:
    sample = MessageAdded.sample()
    author = sample.author.model_copy(update={"kind": by})
    return sample.model_copy(update={"kind": kind, "author": author, "automatic": False, "occurred_at": SAMPLE_TIME})


@pytest.mark.parametrize("by", [AuthorKind.STAFF, AuthorKind.SERVER, AuthorKind.BOT, AuthorKind.SYSTEM])
def test_the_queue_says_answered_when_the_player_waits_no_more(by: AuthorKind) -> None:
    """Only a person answers, here as for `unanswered` and the clocks of sla."""
    asked, reply = said(MessageKind.MESSAGE, AuthorKind.PLAYER), said(MessageKind.REPLY, by)
    place = place_after(None, HELD, [asked, reply], reason=None, silence=timedelta(minutes=1), now=SAMPLE_TIME)
    assert place is not None
    assert place.answered is (waiting_after(waiting_after(None, asked), reply) is None) is (by is AuthorKind.STAFF)
