"""Who owes an answer after the bot, after the queue's choice, and after an edit of the policy."""

from dataclasses import replace
from datetime import timedelta

from services.sla.domain.fold import Outcome, apply, new_ticket
from services.sla.domain.policies import Policy, Source, Target
from shared.contracts.base import Author, AuthorKind
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import Priority, ReasonClass, TicketOpened, TicketStatus
from tests.support.sla import TICKET, Story, at, tell

FIRST, NEXT, SENIOR = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.SENIOR_ACCEPTS
QUEUE = Author(kind=AuthorKind.SYSTEM, id="queue")


def test_the_answer_of_a_senior_whom_the_queue_chose_accepts_the_ticket() -> None:
    story = Story(reason_class=ReasonClass.COMPLEX).opened().assigned(10, "s-1", "senior", by=QUEUE)
    assert tell(story).one(SENIOR).state is ClockState.RUNNING
    assert tell(story.staff_replies(60)).one(SENIOR).met_at == at(60)


def test_words_said_to_the_bot_after_a_person_had_answered_are_owed_from_the_hand_over_on() -> None:
    story = Story().opened().staff_replies(5).becomes(10, TicketStatus.BOT).player_writes(20)
    assert tell(story).all(NEXT) == []
    assert tell(story.becomes(30, TicketStatus.OPEN)).one(NEXT).started_at == at(30)


def test_a_hand_over_without_new_words_owes_nothing() -> None:
    story = Story().opened().staff_replies(5).becomes(10, TicketStatus.BOT).becomes(30, TicketStatus.OPEN)
    assert tell(story).all(NEXT) == []


def test_a_ticket_reopened_by_the_bot_owes_its_first_answer_from_the_hand_over_on() -> None:
    story = Story(status=TicketStatus.BOT).opened().becomes(5, TicketStatus.RESOLVED).player_writes(20)
    assert tell(story.becomes(21, TicketStatus.BOT)).all(FIRST) == []
    assert tell(story.becomes(50, TicketStatus.OPEN)).one(FIRST).started_at == at(50)


def test_another_priority_does_not_bring_the_edits_of_a_policy_to_a_running_clock() -> None:
    target = Target(None, timedelta(seconds=60))
    policy = Policy(TICKET, 1, "Desk", 1, Source.BRAND, targets={FIRST: target})
    edited = replace(policy, version=2, targets={FIRST: Target(None, timedelta(hours=2))})
    opened, prioritised = Story().opened().prioritised(10, Priority.HIGH).events
    assert isinstance(opened, TicketOpened)
    begun = apply(new_ticket(opened), (), opened, sequence=1, policies=(policy,))
    after: Outcome = apply(begun.ticket, begun.open_clocks, prioritised, sequence=2, policies=(edited,))
    (clock,) = after.open_clocks
    assert (clock.policy_version, clock.due_at) == (1, at(60))
