"""What a broken promise does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.errors import StaffInactive, TicketFinished
from services.tickets.domain.escalation import (
    Colleague,
    check_assignee,
    check_escalation,
    choose_senior,
    raised_priority,
    tell_breach,
)
from services.tickets.domain.tickets import Story, Ticket, unopened
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import Priority, TicketAssigned, TicketEscalated, TicketStatus, TicketUpdated
from shared.ids import new_id

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SLA = Author(kind=AuthorKind.SYSTEM, id="sla")


def _one(id_: str, status: str = "online", role: str = "senior", load: int = 0, *, active: bool = True) -> Colleague:
    return Colleague(id_, id_, StaffRole(role), StaffStatus(status), active, NOW, load)


def _story(**changes: object) -> Story:
    state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.WEB, created_at=NOW)
    return Story(Ticket("lucky", state.model_copy(update={"version": 2, **changes})), actor=SLA, now=NOW)


@pytest.mark.parametrize(
    ("before", "breached", "after"),
    [
        ("low", "first_response", "urgent"),
        ("urgent", "first_response", "urgent"),
        ("low", "next_response", "high"),
        ("normal", "next_response", "high"),
        ("high", "next_response", "urgent"),
        ("urgent", "next_response", "urgent"),
        ("normal", "resolution", "high"),
        ("high", "senior_accepts", "urgent"),
    ],
)
def test_the_priority_after_a_breach(before: str, breached: str, after: str) -> None:
    """One step up and at least high; urgent if nobody answered at all."""
    assert raised_priority(Priority(before), ClockKind(breached)) == after


@given(st.sampled_from(list(Priority)), st.sampled_from(list(ClockKind)))
def test_a_breach_never_lowers_the_priority(before: Priority, breached: ClockKind) -> None:
    """The ladder goes up only."""
    ladder = list(Priority)
    assert ladder.index(raised_priority(before, breached)) >= ladder.index(before)


@pytest.mark.parametrize(
    ("staff", "chosen"),
    [
        ([], None),
        ([_one("a", role="agent"), _one("z", role="admin")], None),
        ([_one("a", active=False)], None),
        ([_one("a", "offline"), _one("b", "away", load=9)], "b"),
        ([_one("a", "away"), _one("b", "busy", load=9)], "b"),
        ([_one("a", "busy"), _one("b", "online", load=9)], "b"),
        ([_one("a", load=2), _one("b", load=1)], "b"),
        ([_one("b", role="lead"), _one("c")], "c"),
        ([_one("b"), _one("a")], "a"),
        ([_one("a", "offline")], "a"),
    ],
)
def test_who_takes_an_escalated_ticket(staff: list[Colleague], chosen: str | None) -> None:
    """Present first, then least loaded, then seniors before leads, then by id; somebody offline beats nobody."""
    found = choose_senior(staff)
    assert (found.id if found else None) == chosen


def test_the_holder_keeps_it_among_the_equally_present() -> None:
    """Handing on between equals would only lose time; the one left out is never chosen."""
    staff = [_one("a"), _one("b", load=7), _one("c", "away")]
    assert choose_senior(staff, holder="b") == staff[1]
    assert choose_senior(staff, holder="c") == staff[0]
    assert choose_senior([_one("a")], without="a") is None


_STAFF = st.lists(
    st.builds(
        _one,
        st.text("abcdef", min_size=1, max_size=3),
        st.sampled_from([s.value for s in StaffStatus]),
        st.sampled_from([r.value for r in StaffRole]),
        st.integers(0, 5),
    ),
    unique_by=lambda one: one.id,
)


@given(_STAFF, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order(staff: list[Colleague], random: object) -> None:
    """The same staff gives the same senior, in whatever order the database returns it."""
    shuffled = list(staff)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose_senior(staff) == choose_senior(shuffled)


def test_a_breach_tells_three_facts() -> None:
    """Priority, escalation, assignment: in this order, one version each."""
    story = _story(assignee_id="a-1")
    tell_breach(story, [_one("s-1")], breached=ClockKind.FIRST_RESPONSE)
    updated, escalated, assigned = story.events
    assert isinstance(updated, TicketUpdated)
    assert isinstance(escalated, TicketEscalated)
    assert isinstance(assigned, TicketAssigned)
    assert (escalated.cause, escalated.senior_id) == ("sla.first_response.breached", "s-1")
    assert (assigned.assignee_id, assigned.assignee_role, assigned.previous_assignee_id) == ("s-1", "senior", "a-1")
    assert [event.ticket.version for event in story.events] == [3, 4, 5]


def test_without_a_senior_it_goes_back_to_the_queue() -> None:
    """The cause is recorded although nobody could be found."""
    story = _story(assignee_id="a-1", priority=Priority.URGENT)
    tell_breach(story, [], breached=ClockKind.NEXT_RESPONSE)
    escalated, assigned = story.events
    assert isinstance(escalated, TicketEscalated)
    assert escalated.senior_id is None
    assert isinstance(assigned, TicketAssigned)
    assert assigned.assignee_id is None


def test_a_senior_who_did_not_accept_is_not_asked_again() -> None:
    """The clock of acceptance looks for somebody else."""
    story = _story(assignee_id="s-1")
    tell_breach(story, [_one("s-1"), _one("s-2", "away", load=5)], breached=ClockKind.SENIOR_ACCEPTS)
    assert story.state.assignee_id == "s-2"


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_finished_tickets_are_left_alone(status: str) -> None:
    """There is nothing left to hurry, and nothing to escalate by hand."""
    story = _story(status=TicketStatus(status))
    tell_breach(story, [_one("s-1")], breached=ClockKind.RESOLUTION)
    assert story.events == []
    with pytest.raises(TicketFinished):
        check_escalation(story.state)
    check_escalation(_story().state)


def test_an_inactive_colleague_takes_nothing() -> None:
    """Whoever was switched off gets no tickets."""
    check_assignee(_one("a"))
    with pytest.raises(StaffInactive):
        check_assignee(_one("a", active=False))
