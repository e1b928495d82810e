"""Statuses beyond open and shut, and what merges do: told as stories of one ticket."""

from datetime import timedelta

import pytest

from services.sla.domain.policies import Policy, Source, Target
from services.sla.domain.tracked import Party, time_spent
from services.sla.queries.defaults import default_policies
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import BackOffice, ReasonClass, TicketStatus
from tests.support.sla import AGENT, TICKET, Story, at, fire_all, tell

FIRST, NEXT, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION
BACK_OFFICE, PERIODIC = ClockKind.BACK_OFFICE, ClockKind.PERIODIC_UPDATE
BOT, OPEN, PENDING, WAITING = TicketStatus.BOT, TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.WAITING
SNOOZED, RESOLVED = TicketStatus.SNOOZED, TicketStatus.RESOLVED


def promising(*metrics: ClockKind, seconds: float = 600) -> list[Policy]:
    target = Target(timedelta(seconds=seconds / 2), timedelta(seconds=seconds))
    targets = dict.fromkeys(metrics, target)
    return [
        Policy(id=TICKET, version=1, name="Own", position=1, source=Source.BRAND, targets=targets),
        *default_policies(),
    ]


@pytest.mark.parametrize("status", [PENDING, WAITING, SNOOZED])
def test_resolution_stands_still_while_somebody_else_is_awaited(status: TicketStatus) -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(60, status).becomes(660, OPEN)
    clock = tell(story).one(RESOLUTION)
    assert (clock.state, clock.due_at, clock.paused_for) == (ClockState.RUNNING, at(1500), timedelta(minutes=10))


def test_one_wait_after_another_is_one_pause() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(60, PENDING).becomes(100, WAITING)
    told = tell(story.becomes(200, SNOOZED).becomes(660, OPEN))
    assert told.facts(RESOLUTION) == ["Started", "Paused", "Started"]
    assert told.one(RESOLUTION).paused_for == timedelta(minutes=10)


@pytest.mark.parametrize("status", [PENDING, WAITING, SNOOZED])
def test_answers_are_owed_whatever_else_is_awaited(status: TicketStatus) -> None:
    assert tell(Story().opened().becomes(10, status)).one(FIRST).state is ClockState.RUNNING
    story = Story().opened().staff_replies(5).becomes(10, status).player_writes(20)
    assert (tell(story).one(NEXT).started_at, tell(story).one(NEXT).state) == (at(20), ClockState.RUNNING)


def test_time_with_the_bot_is_not_held_against_people() -> None:
    story = Story(status=BOT).opened().bot_replies(1).player_writes(100).becomes(400, OPEN)
    clock = tell(story).one(FIRST)
    assert (clock.started_at, clock.due_at) == (at(400), at(700))


def test_a_ticket_the_bot_takes_begins_its_first_response_at_the_hand_over() -> None:
    story = Story().opened().bot_replies(2).becomes(2, BOT).player_writes(300).becomes(400, OPEN).staff_replies(430)
    early, late = tell(story).all(FIRST)
    assert (early.state, early.ended_at) == (ClockState.CANCELLED, at(2))
    assert (late.started_at, late.met_at, late.state) == (at(400), at(430), ClockState.MET)
    assert tell(story).all(NEXT) == []


def test_a_person_who_steps_in_before_the_bot_hands_over_has_kept_nobody_waiting() -> None:
    clock = tell(Story(status=BOT).opened().staff_replies(50).becomes(50, OPEN)).one(FIRST)
    assert (clock.started_at, clock.met_at, clock.state) == (at(50), at(50), ClockState.MET)


def test_a_merge_is_no_answer() -> None:
    told = tell(Story(reason_class=ReasonClass.COMPLEX).opened().merged(60))
    assert {clock.state for clock in told.clocks.values()} == {ClockState.CANCELLED}
    assert told.facts(FIRST) == ["Started", "Cancelled"]


def test_a_merge_does_not_mend_what_was_broken() -> None:
    assert tell(Story().opened().merged(301)).one(FIRST).state is ClockState.BREACHED


def test_words_that_come_by_a_merge_wait_from_their_own_time() -> None:
    clock = tell(Story().opened().staff_replies(10).absorbed(100, waiting_since=40)).one(NEXT)
    assert (clock.started_at, clock.due_at) == (at(40), at(340))
    assert tell(Story().opened(actor=AGENT).absorbed(100, waiting_since=40)).one(FIRST).started_at == at(40)


def test_a_merge_adds_no_second_wait() -> None:
    assert tell(Story().opened().absorbed(100, waiting_since=40)).all(NEXT) == []
    assert tell(Story().opened().staff_replies(10).absorbed(100)).all(NEXT) == []


def test_a_finished_survivor_waits_from_the_words_once_it_is_reopened() -> None:
    story = Story().opened().staff_replies(5).becomes(10, RESOLVED).absorbed(100, waiting_since=40).becomes(100, OPEN)
    assert tell(story).one(NEXT).started_at == at(40)


def test_a_merge_taken_back_takes_its_wait_with_it() -> None:
    story = Story().opened().staff_replies(10).absorbed(100, waiting_since=40).released(120)
    assert tell(story).one(NEXT).state is ClockState.CANCELLED
    own = Story().opened().staff_replies(10).player_writes(20).absorbed(100, waiting_since=40).released(120)
    assert tell(own).one(NEXT).state is ClockState.RUNNING


def test_words_of_the_meantime_are_owed_an_answer_of_their_own_after_an_undo() -> None:
    story = Story().opened().staff_replies(10).absorbed(100, waiting_since=40).player_writes(110).released(120)
    borrowed, own = tell(story).all(NEXT)
    assert (borrowed.started_at, borrowed.state) == (at(40), ClockState.CANCELLED)
    assert (own.started_at, own.due_at, own.state) == (at(110), at(410), ClockState.RUNNING)
    assert tell(story.staff_replies(200)).all(NEXT)[1].met_at == at(200)


def test_a_first_response_that_was_owed_to_borrowed_words_is_owed_to_the_tickets_own() -> None:
    story = Story().opened(actor=AGENT).absorbed(100, waiting_since=40).player_writes(110).released(120)
    told = tell(story)
    assert [clock.started_at for clock in told.all(FIRST)] == [at(40), at(110)]
    assert told.all(NEXT) == []


def test_a_wait_that_came_by_a_merge_survives_a_merge_of_the_survivor() -> None:
    story = Story().opened().staff_replies(10).absorbed(100, waiting_since=40).merged(120).unmerged(130)
    assert [clock.open for clock in tell(story).all(NEXT)] == [False, True]
    assert [clock.open for clock in tell(story.released(140)).all(NEXT)] == [False, False]


def test_words_said_to_the_bot_are_owed_an_answer_after_an_undo() -> None:
    story = Story(status=BOT).opened().player_writes(50).absorbed(100, waiting_since=40).released(120)
    assert tell(story).ticket.waiting_since == at(0)


def test_words_told_again_before_an_undo_are_owed_an_answer_from_their_own_time() -> None:
    """Older ones, from before the merge, would wait from the undo."""
    story = Story().opened().merged(60).player_writes(80).player_writes(90).unmerged(130)
    assert tell(story).one(NEXT).started_at == at(80)
    assert tell(Story().opened().merged(60).unmerged(130)).one(NEXT).started_at == at(130)


def test_words_told_again_with_their_answer_are_owed_none() -> None:
    story = Story().opened().merged(60).player_writes(80).staff_replies(90).unmerged(130)
    assert tell(story).all(NEXT) == []
    assert tell(story.player_writes(140)).one(NEXT).started_at == at(140)


def test_another_persons_words_are_owed_nothing_once_his_ticket_has_left() -> None:
    """Whether the merge brought unanswered words or not."""
    for waiting_since in (None, 40):
        story = Story().opened().staff_replies(10).absorbed(100, waiting_since=waiting_since)
        told = tell(story.stranger_writes(110).released(120))
        assert told.one(NEXT).state is ClockState.CANCELLED


def test_a_ticket_taken_out_of_a_merge_is_promised_a_resolution_again() -> None:
    told = tell(Story(reason_class=ReasonClass.SIMPLE).opened().merged(60).unmerged(500))
    assert [clock.started_at for clock in told.all(RESOLUTION)] == [at(0), at(500)]
    assert told.one(NEXT).started_at == at(500)


def test_a_back_office_is_timed_while_the_ticket_waits_for_it() -> None:
    story = Story().opened().becomes(60, WAITING, BackOffice.PAYMENTS).becomes(300, OPEN)
    clock = tell(story, policies=promising(BACK_OFFICE)).one(BACK_OFFICE)
    assert (clock.started_at, clock.due_at, clock.met_at) == (at(60), at(660), at(300))


def test_another_back_office_has_its_own_time() -> None:
    story = Story().opened().becomes(60, WAITING, BackOffice.PAYMENTS).updated(100, waiting_on=BackOffice.RISK)
    first, second = tell(story, policies=promising(BACK_OFFICE)).all(BACK_OFFICE)
    assert (first.state, second.started_at, second.state) == (ClockState.CANCELLED, at(100), ClockState.RUNNING)


def test_every_answer_promises_the_next_news() -> None:
    story = Story().opened().staff_replies(10).becomes(20, WAITING, BackOffice.KYC).staff_replies(500)
    first, second = tell(story, policies=promising(PERIODIC)).all(PERIODIC)
    assert (first.state, first.met_at) == (ClockState.MET, at(500))
    assert (second.started_at, second.state) == (at(500), ClockState.RUNNING)
    ended = tell(story.becomes(700, RESOLVED), policies=promising(PERIODIC)).all(PERIODIC)[1]
    assert ended.state is ClockState.CANCELLED


@pytest.mark.parametrize("status", [PENDING, SNOOZED])
def test_no_news_is_owed_while_the_player_is_awaited(status: TicketStatus) -> None:
    story = Story().opened().staff_replies(10).becomes(20, status)
    told = tell(story, policies=promising(PERIODIC))
    fire_all(told, at(99_999))
    assert told.one(PERIODIC).state is ClockState.PAUSED


def test_time_is_booked_on_whoever_has_the_ticket() -> None:
    story = (
        Story(status=BOT)
        .opened()
        .becomes(30, OPEN)
        .assigned(100, "s-1", "agent")
        .becomes(300, PENDING)
        .becomes(700, WAITING, BackOffice.KYC)
        .becomes(1500, SNOOZED)
        .becomes(3100, RESOLVED)
        .becomes(9000, OPEN)
    )
    spent = time_spent(tell(story).ticket, at(9010))
    assert {party.value: time.total_seconds() for party, time in spent.items()} == {
        "bot": 30, "queue": 70, "agent": 210, "player": 400, "back_office": 800, "snoozed": 1600,
    }  # fmt: skip
    assert Party.QUEUE in spent


def test_an_escalation_that_was_for_nothing_asks_nobody_any_more() -> None:
    story = Story().opened().player_writes(0).staff_replies(10).escalated(20, "s-9").escalation_withdrawn(30, 20)
    told = tell(story)
    assert told.one(ClockKind.SENIOR_ACCEPTS).state is ClockState.CANCELLED
    assert (told.ticket.escalated, told.ticket.accepted, told.ticket.asked_id) == (False, False, None)


def test_an_escalation_by_hand_goes_on_when_one_for_nothing_is_withdrawn() -> None:
    story = Story().opened().escalated(5, "s-8").escalated(20, "s-9")
    story.escalation_withdrawn(30, 20, "s-8", before=True)
    told = tell(story)
    clock = told.one(ClockKind.SENIOR_ACCEPTS)
    assert (clock.state, clock.started_at) == (ClockState.RUNNING, at(5))
    assert (told.ticket.escalated, told.ticket.accepted, told.ticket.asked_id) == (True, False, "s-8")
    accepted = Story().opened().escalated(5, "s-8").accepted(8, "s-8").escalated(20, "s-9")
    again = tell(accepted.escalation_withdrawn(30, 20, before=True))
    assert (again.ticket.escalated, again.ticket.accepted, again.ticket.asked_id) == (True, True, None)
