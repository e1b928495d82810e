"""Who may ask whom into a conversation, who may let him go, and when it is over by itself."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import participants as rules
from services.tickets.domain.participants import Participant, Step
from services.tickets.domain.queueing import place_after
from services.tickets.domain.tickets import Story, Ticket, Words, unopened
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.tickets import MessageKind, Parting, TicketMerged, TicketState, TicketStatus
from shared.errors import DomainError
from shared.ids import new_id

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ANN = Author(kind=AuthorKind.STAFF, id="ann")
LEA = Author(kind=AuthorKind.STAFF, id="lea")
QUEUE = Author(kind=AuthorKind.SYSTEM, id="queue")
PEOPLE = st.sampled_from(["ann", "bob", "cid", "lea"])


def _state(holder: str | None = "ann", status: TicketStatus = TicketStatus.OPEN) -> TicketState:
    state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.WEB, created_at=NOW)
    return state.model_copy(update={"assignee_id": holder, "status": status})


def _participant(who: str, step: Step = Step.JOINED, by: str = "ann") -> Participant:
    return Participant(who, None, step, by, None, None, NOW, NOW if step is Step.JOINED else None)


@pytest.mark.parametrize(
    ("by", "senior", "whom", "status", "refused"),
    [
        ("ann", False, "bob", TicketStatus.OPEN, None),
        ("ann", False, "bob", TicketStatus.SNOOZED, None),
        ("lea", True, "bob", TicketStatus.OPEN, None),
        ("cid", False, "bob", TicketStatus.OPEN, rules.HolderOnly),
        ("ann", False, "ann", TicketStatus.OPEN, rules.AlreadyThere),
        ("ann", False, "guest", TicketStatus.OPEN, rules.AlreadyThere),
        ("ann", False, "bob", TicketStatus.RESOLVED, rules.ConversationOver),
        ("lea", True, "bob", TicketStatus.CLOSED, rules.ConversationOver),
    ],
)
def test_who_may_ask_whom(
    by: str, senior: bool, whom: str, status: TicketStatus, refused: type[DomainError] | None
) -> None:
    present = [_participant("guest", Step.INVITED)]
    with nullcontext() if refused is None else pytest.raises(refused):
        rules.check_invitation(_state(status=status), present, by=by, senior=senior, whom=whom)


@given(
    by=PEOPLE,
    whom=PEOPLE,
    inviter=PEOPLE,
    lead=st.booleans(),
    step=st.sampled_from(Step),
    holder=st.none() | PEOPLE,
)
def test_who_may_let_whom_go(by: str, whom: str, inviter: str, lead: bool, step: Step, holder: str | None) -> None:
    """Oneself always; the holder and leads everybody; who asked, as long as nobody has come."""
    one = _participant(whom, step, inviter)
    may = by == whom or lead or holder == by or (step is Step.INVITED and inviter == by)
    try:
        cause = rules.check_removal(_state(holder), by=by, lead=lead, whom=one)
    except rules.HolderOnly:
        assert not may
        return
    assert may
    assert (cause is Parting.LEFT) == (by == whom)
    assert (cause is Parting.WITHDRAWN) == (by != whom and step is Step.INVITED)


@pytest.mark.parametrize("holder", [None, "lea"])
def test_what_nobody_else_has_is_not_taken_over(holder: str | None) -> None:
    with pytest.raises(rules.NothingToTakeOver):
        rules.check_takeover(_state(holder), "lea")


def test_what_ends_whose_part_in_a_ticket() -> None:
    """Only what people give; the queue may take back at any time what it gave."""
    story = Story(Ticket("lucky", _state("ann")), actor=ANN, now=NOW)
    story.hands_over("bob", "agent")
    assert rules.partings(story.events) == {"bob": Parting.HOLDS}
    story.hands_over(None, None)
    assert rules.partings(story.events) == {"bob": Parting.HOLDS}
    given_out = Story(Ticket("lucky", _state(None)), actor=QUEUE, now=NOW)
    given_out.hands_over("bob", "agent")
    assert rules.partings(given_out.events) == {}
    given_out.actor = ANN
    given_out.moves(TicketStatus.RESOLVED)
    assert rules.partings(given_out.events) == {}
    given_out.tells(TicketMerged, survivor_id=new_id(), survivor_number="L-1")
    assert rules.partings(given_out.events) == {None: Parting.MERGED}


def test_what_was_taken_over_is_not_given_back_before_a_person_answered() -> None:
    silence = timedelta(minutes=3)
    story = Story(Ticket("lucky", _state(None)), actor=QUEUE, now=NOW)
    story.hands_over("ann", "agent")
    place = place_after(None, story.state, story.events, reason=None, silence=silence, now=NOW)
    over = Story(story.ticket, actor=LEA, now=NOW)
    over.takes_over("lead", "Mine")
    place = place_after(place, over.state, over.events, reason=None, silence=silence, now=NOW)
    assert place is not None
    assert (place.holder_id, place.passed_over, place.silent_at) == ("lea", ("ann",), NOW + silence)
    answer = Story(over.ticket, actor=LEA, now=NOW)
    answer.says(Words(new_id(), MessageKind.REPLY, LEA, "Hello", NOW))
    place = place_after(place, answer.state, answer.events, reason=None, silence=silence, now=NOW)
    assert place is not None
    assert place.passed_over == ()
