"""What happens to a ticket, told as facts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.errors import StatusMoveRefused
from services.tickets.domain.reasons import Reason
from services.tickets.domain.tickets import Story, Ticket, Words, numbered, unopened
from services.tickets.domain.timeline import EntryKind, entry_of
from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    Priority,
    ReasonClass,
    TicketAssigned,
    TicketEscalated,
    TicketOpened,
    TicketState,
    TicketStatus,
    TicketStatusChanged,
    TicketUpdated,
)
from shared.ids import new_id

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=1)
PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
AGENT = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
CONTACT = ContactRef(channel=Channel.EMAIL, address="kim@example.org")


def _state(**changes: object) -> TicketState:
    state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.WEB, created_at=EARLIER, player_id="p-1")
    return state.model_copy(update={"version": 2, "number": "LUCKY-1001", **changes})


def _story(actor: Author = AGENT, *, contact: ContactRef | None = None, live: bool = False, **changes: object) -> Story:
    return Story(Ticket("lucky", _state(**changes), contact=contact, live=live), actor=actor, now=NOW)


def _words(kind: MessageKind, author: Author = AGENT, *, automatic: bool = False, at: datetime = NOW) -> Words:
    return Words(new_id(), kind, author, "Hello", at, automatic=automatic)


def test_opening_tells_two_facts_with_versions_one_and_two() -> None:
    """TicketOpened is 1, the first words are 2; both carry the number once it is known."""
    reason = Reason("WDR.LATE", ReasonClass.COMPLEX, 2)
    state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.FORM, created_at=NOW, reason=reason)
    story = Story(Ticket("lucky", state), actor=PLAYER, now=NOW)
    story.opens(NOW)
    story.says(_words(MessageKind.MESSAGE, PLAYER))
    numbered(story, "LUCKY-1001")
    opened, said = story.events
    assert isinstance(opened, TicketOpened)
    assert isinstance(said, MessageAdded)
    assert [event.ticket.version for event in story.events] == [1, 2]
    assert {event.ticket.number for event in story.events} == {"LUCKY-1001"}
    assert (story.state.version, story.state.number, story.state.status) == (2, "LUCKY-1001", TicketStatus.NEW)
    assert (story.state.priority, story.state.reason, story.state.reason_class) == ("high", "WDR.LATE", "C")


@pytest.mark.parametrize("before", ["pending", "resolved", "closed"])
def test_the_players_words_reopen(before: str) -> None:
    """Words first, then the move they cause, each one version."""
    story = _story(PLAYER, status=TicketStatus(before))
    story.says(_words(MessageKind.MESSAGE, PLAYER))
    said, moved = story.events
    assert isinstance(said, MessageAdded)
    assert said.ticket.status == before
    assert isinstance(moved, TicketStatusChanged)
    assert (moved.before, moved.after, moved.ticket.version) == (before, TicketStatus.OPEN, 4)
    assert moved.occurred_at == NOW + timedelta(microseconds=1)


@pytest.mark.parametrize("behind", [timedelta(), timedelta(seconds=2)])
def test_whoever_read_his_clock_first_may_come_second(behind: timedelta) -> None:
    """Two deeds whose lock turned them around stand in the order of their versions."""
    first = _story()
    first.moves(TicketStatus.OPEN)
    first.edits({"subject": "Late payout"})
    second = Story(first.ticket, actor=AGENT, now=NOW - behind)
    second.says(_words(MessageKind.REPLY, at=second.moment))
    told = [*first.events, *second.events]
    assert [event.ticket.version for event in told] == [3, 4, 5]
    assert [event.occurred_at - NOW for event in told] == [timedelta(microseconds=n) for n in range(3)]


@pytest.mark.parametrize("status", TicketStatus)
@pytest.mark.parametrize(("kind", "automatic"), [("note", False), ("message", True), ("reply", True)])
def test_notes_and_robots_move_nothing(status: TicketStatus, kind: str, *, automatic: bool) -> None:
    """A note and a robot's message leave the status alone."""
    story = _story(status=status)
    story.says(_words(MessageKind(kind), automatic=automatic))
    assert [type(event) for event in story.events] == [MessageAdded]
    assert story.state.status is status


def test_the_first_answer_takes_a_new_ticket_into_work() -> None:
    """A reply opens what was new, at the message's own time."""
    earlier = NOW - timedelta(seconds=3)
    story = _story(contact=CONTACT, live=True)
    story.says(_words(MessageKind.REPLY, at=earlier))
    said, moved = story.events
    assert isinstance(said, MessageAdded)
    assert (said.occurred_at, said.contact, said.live) == (earlier, CONTACT, True)
    assert isinstance(moved, TicketStatusChanged)
    assert moved.after is TicketStatus.OPEN


@pytest.mark.parametrize("kind", [MessageKind.MESSAGE, MessageKind.NOTE])
def test_only_answers_carry_where_to_send_them(kind: MessageKind) -> None:
    """The player's words and notes go nowhere outside."""
    story = _story(PLAYER, contact=CONTACT, live=True, status=TicketStatus.OPEN)
    story.says(_words(kind, PLAYER))
    said = story.events[0]
    assert isinstance(said, MessageAdded)
    assert (said.contact, said.live) == (None, False)


def test_edits_are_one_fact_with_before_and_after() -> None:
    """What is the same as before is no change, and no change is no fact."""
    story = _story()
    story.edits({"priority": Priority.NORMAL, "subject": "Payout"})
    assert story.events == []
    story.edits({"priority": Priority.HIGH, "subject": "Payout", "language": "de", "reason_class": ReasonClass.SAFETY})
    (updated,) = story.events
    assert isinstance(updated, TicketUpdated)
    assert updated.changes == {"priority": ("normal", "high"), "language": (None, "de")}
    assert updated.ticket.reason_class is ReasonClass.SAFETY


def test_a_refused_move_tells_nothing() -> None:
    """Nobody puts a ticket back to new, and a player moves nothing at all."""
    story = _story(status=TicketStatus.OPEN)
    with pytest.raises(StatusMoveRefused, match="open → new"):
        story.moves(TicketStatus.NEW)
    with pytest.raises(StatusMoveRefused):
        _story(PLAYER).moves(TicketStatus.RESOLVED)
    story.moves(TicketStatus.OPEN)
    assert story.events == []


def test_an_assignment_names_who_had_it_before() -> None:
    """Assigning to the same person again is no fact."""
    story = _story(assignee_id="s-2")
    story.hands_over("s-2", "agent")
    assert story.events == []
    story.hands_over(None, None)
    (assigned,) = story.events
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.assignee_id, assigned.previous_assignee_id, assigned.ticket.assignee_id) == (None, "s-2", None)


_STEPS = st.sampled_from(["words", "reply", "note", "robot", "edit", "assign", "escalate", *TicketStatus])


@given(st.lists(_STEPS, max_size=30))
def test_versions_have_no_gaps_and_states_agree(steps: list[str]) -> None:
    """Whatever happens: versions count up by one, times never run backwards, the last fact is the ticket."""
    story = _story()
    for number, step in enumerate(steps):
        _take(story, step, number)
    assert [event.ticket.version for event in story.events] == list(range(3, 3 + len(story.events)))
    assert story.events == [] or story.events[-1].ticket == story.state
    changes = [event.occurred_at for event in story.events if not isinstance(event, MessageAdded)]
    assert changes == sorted(set(changes))
    assert all(event.ticket.id == event.ticket_id for event in story.events)


def _take(story: Story, step: str, number: int) -> None:
    match step:
        case "words":
            story.says(_words(MessageKind.MESSAGE, PLAYER))
        case "reply" | "note":
            story.says(_words(MessageKind(step)))
        case "robot":
            story.says(_words(MessageKind.MESSAGE, PLAYER, automatic=True))
        case "edit":
            story.edits({"subject": f"Subject {number}"})
        case "assign":
            story.hands_over(f"s-{number % 3}", "agent")
        case "escalate":
            story.escalates("staff: help", None)
        case status:
            try:
                story.moves(TicketStatus(status))
            except StatusMoveRefused:
                assert story.state.status is not TicketStatus(status)


def test_every_fact_has_its_line_in_the_timeline() -> None:
    """Words keep their id; changes say what changed; only what concerns the player is public."""
    story = _story(PLAYER, status=TicketStatus.RESOLVED)
    story.says(_words(MessageKind.MESSAGE, PLAYER))
    story.says(_words(MessageKind.NOTE))
    story.edits({"subject": "Late payout"})
    story.hands_over("s-9", "senior")
    story.escalates("staff: help", "s-9")
    story.opens(NOW)
    entries = [entry_of(event, new_id()) for event in story.events]
    assert [entry.version for entry in entries] == [3, 4, 5, 6, 7, 8, 9]
    assert [(entry.kind, entry.public) for entry in entries] == [
        (EntryKind.MESSAGE, True),
        (EntryKind.CHANGE, True),
        (EntryKind.NOTE, False),
        (EntryKind.CHANGE, False),
        (EntryKind.CHANGE, False),
        (EntryKind.CHANGE, False),
        (EntryKind.CHANGE, True),
    ]
    said = story.events[0]
    assert isinstance(said, MessageAdded)
    assert entries[0].id == said.message_id
    assert [entry.change for entry in entries if entry.change] == [
        {"what": "status", "before": "resolved", "after": "open"},
        {"what": "fields", "changes": {"subject": ["Payout", "Late payout"]}},
        {"what": "assignee", "before": None, "after": "s-9"},
        {"what": "escalation", "cause": "staff: help", "senior_id": "s-9"},
        {"what": "opened", "status": "open"},
    ]
    assert isinstance(story.events[5], TicketEscalated)
